"""``models``: the version store."""

import json
from pathlib import Path

import click

from models import versions
from models.errors import TriageError
from models.store import Store
from service.cli.options import FILE, store_option


@click.group("models")
def command() -> None:
    """List, promote, verify and export versions."""


@command.command("list")
@store_option
def list_versions(store: Store) -> None:
    """List all versions, oldest first; a star marks the one that answers."""
    current = store.current()
    for version in store.ids():
        star = "*" if version == current else " "
        click.echo(f"{star} {version}  {_metrics(store, version)}")


def _metrics(store: Store, version: str) -> str:
    try:
        metrics = versions.read_manifest(store.folder / version)["metrics"]
    except TriageError as error:
        return str(error)
    return f"macro-F1 {metrics['macro_f1']:.3f}  rows {metrics['n']}"


@command.command("show")
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="The manifest as JSON.")
@store_option
def show(version: str | None, as_json: bool, store: Store) -> None:
    """Show the report of a VERSION, by default of the one that answers."""
    folder = store.folder / store.resolve(version)
    versions.verify_files(folder)
    manifest = versions.read_manifest(folder)
    if as_json:
        click.echo(json.dumps(manifest, ensure_ascii=False, indent=1))
        return
    click.echo(f"version {manifest['id']}, saved {manifest['saved_at']}")
    click.echo((folder / "report.txt").read_text(encoding="utf-8"), nl=False)


@command.command("compare")
@click.argument("running", metavar="A")
@click.argument("new", metavar="B")
@store_option
def compare(running: str, new: str, store: Store) -> None:
    """Compare versions A and B on their common rows, held out from both, labelled as by A."""
    from training import outcomes
    from training.compare import compare, render

    names = store.resolve(running), store.resolve(new)
    one, other = (outcomes.load(store.folder / name) for name in names)
    for line in render(compare(one, other), *names):
        click.echo(line)


@command.command("history")
@store_option
def history(store: Store) -> None:
    """List all promotions, oldest first: when, by whom, from, to, why."""
    for entry in store.history():
        click.echo(f"{entry.at}  {entry.by}  {entry.before or '-'} → {entry.after}  {entry.why}")


@command.command("promote")
@click.argument("version")
@click.option("--why", default="by hand", show_default=True, help="Kept with the promotion.")
@click.option("--accept-relabelled", is_flag=True, help="Let changed labels pass the gate.")
@click.option("--force", is_flag=True, help="Pass by the gate; kept with the promotion.")
@store_option
def promote(version: str, why: str, accept_relabelled: bool, force: bool, store: Store) -> None:
    """Let VERSION answer from now on, where the gate allows."""
    from training.gate import check_gate

    name = store.resolve(version)
    if not force:
        check_gate(store, name, accept_relabelled=accept_relabelled)
    done = store.promote(name, f"forced: {why}" if force else why)
    click.echo(f"promoted: {done.after} (before: {done.before or 'none'})")


@command.command("rollback")
@store_option
def rollback(store: Store) -> None:
    """Let the version before the present one answer again."""
    done = store.rollback()
    click.echo(f"rolled back: {done.after} (before: {done.before})")


@command.command("verify")
@click.argument("version", required=False)
@store_option
def verify(version: str | None, store: Store) -> None:
    """Check the files and golden examples of a VERSION, by default of the one that answers."""
    click.echo(f"verified: {store.load(version).version}")


@command.command("export")
@click.argument("version")
@click.option("--out", required=True, type=FILE, help="The joblib file to write.")
@store_option
def export(version: str, out: Path, store: Store) -> None:
    """Write VERSION as a scikit-learn pipeline for notebooks."""
    from training.export import export_pipeline

    export_pipeline(store.load(version), out)
    click.echo(f"exported: {out}")
