"""``serve``: the HTTP API and the page."""

from contextlib import suppress

import click

from models.errors import TriageError
from models.store import Store
from service.cli.options import FILE, Steps
from service.settings import Settings, load_settings


@click.command("serve")
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on. [default: 8000]")
@click.option("--threads", type=int, help="Requests answered at the same time. [default: 4]")
@click.option("--models", help="Folder of the version store.")
@click.option("--config", type=FILE, help="A TOML file with settings.")
def command(config: object, **options: object) -> None:
    """Serve on this machine; the first start trains a version when there is none."""
    from service.app import create_app
    from service.log import start_log
    from service.server import serve

    settings = load_settings(config, options=options)  # type: ignore[arg-type]
    start_log(settings.log_file, settings.log_days)
    _warn_if_open(settings)
    store = Store(settings.versions)
    if store.current() is None:
        click.echo("No version yet: training one from the shipped corpus first.", err=True)
        train_first(store)
    app = create_app(settings)
    with suppress(TriageError):  # the log tells; the service is alive and waits for a good one
        app.extensions["running"].classifier()
    serve(app, settings)


def train_first(store: Store) -> None:
    """Train, save and promote a version from the shipped corpus with the committed recipe."""
    from training.corpus import read_corpus
    from training.train import Options, train

    dataset, lexicon = read_corpus(())
    with Steps() as progress:
        trained = train(dataset, lexicon, Options(), progress)
    version = trained.save(store.folder)
    store.promote(version, "first start")
    click.echo(f"Trained and promoted {version}.", err=True)


def _warn_if_open(settings: Settings) -> None:
    if not settings.is_local:
        click.echo(
            f"Warning: everyone who reaches {settings.host} can use this service without a login.",
            err=True,
        )
