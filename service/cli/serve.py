"""``serve``: the HTTP API and the page."""

from contextlib import suppress

import click

from models.errors import SettingsError, TriageError
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
    _check_accounts(settings)
    store = Store(settings.versions)
    if store.current() is None:
        click.echo("No version yet: training one from the shipped corpus first.", err=True)
        train_first(store)
    app = create_app(settings, gate)
    with suppress(TriageError):  # the log tells; the service is alive and waits for a good one
        app.extensions["running"].classifier()
    app.extensions["jobs"].start()
    try:
        serve(app, settings)
    finally:
        app.extensions["jobs"].stop()


def gate(store: Store, version: str) -> None:
    """Raise GateRefused where ``version`` must not replace the promoted one."""
    from training.gate import check_gate

    check_gate(store, version)


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


def _check_accounts(settings: Settings) -> None:
    """Migrate the database, and refuse to listen to others before anybody can log in."""
    from service.reviews.accounts import has_administrator
    from service.reviews.database import open_database

    db = open_database(settings)
    try:
        has_one = has_administrator(db)
    finally:
        db.close()
    if settings.is_local:
        return
    if not has_one:
        raise SettingsError(
            "people log in here, by `host`, `trusted_proxy` or `login`, and there is no "
            "administrator yet",
            remedy="run `petition-triage accounts add NAME --role administrator` first",
        )
    if not settings.insecure_cookies:
        click.echo(
            "Browsers keep a login over HTTPS only: put a proxy with TLS in front, or set "
            "insecure_cookies = true on a network where nobody listens.",
            err=True,
        )
