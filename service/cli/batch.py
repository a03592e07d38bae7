"""``batch``: archives in, results out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import click

from models.errors import FileError
from models.store import Store
from models.tables.columns import told_columns
from service.archive import (
    Columns,
    Model,
    Options,
    Progress,
    Summary,
    classify_archive,
    find_inputs,
    make_plan,
    preview,
)
from service.cli.options import EXIT_ROW_ERRORS, FILE, store_option

_MAX_TOLD = 20
_SHOWN_CHARS = 20
_PAUSE_S = 30


@click.command("batch")
@click.argument("sources", nargs=-1, required=True, type=FILE, metavar="IN...")
@click.option("--out", type=FILE, help="A file (.csv, .tsv, .xlsx, .jsonl) or a folder.")
@click.option("--text-column", help="Column of the text.")
@click.option("--title-column", help="Column of the title.")
@click.option("--id-column", help="Column of the petition's id.")
@click.option("--encoding", help="Encoding of the input, where it is guessed wrong.")
@click.option(
    "--format", "suffix", type=click.Choice(["csv", "xlsx", "jsonl"]), help="Format of results."
)
@click.option("--workers", default=1, type=click.IntRange(1, 256), show_default=True)
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler, instead of --workers.")
@click.option(
    "--resume/--restart", default=True, help="Go on with an unfinished run, or start over."
)
@click.option(
    "--preview", "only_preview", is_flag=True, help="Show how IN would be read, and stop."
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--version", help="Another version than the promoted one.")
@store_option
def command(
    sources: tuple[Path, ...],
    out: Path | None,
    text_column: str | None,
    title_column: str | None,
    id_column: str | None,
    encoding: str | None,
    suffix: str | None,
    workers: int,
    cluster: str | None,
    resume: bool,
    only_preview: bool,
    quiet: bool,
    version: str | None,
    store: Store,
) -> None:
    """Classify every row of IN (files, folders, wildcards) and write all of them, with answers.

    One table and an OUT with a suffix give a file, everything else a folder with a summary. After
    a crash or Ctrl-C the same command goes on where it was.
    """
    columns = Columns(text_column, title_column, id_column)
    if only_preview:
        _show_previews(sources, encoding, columns)
        return
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    plan = make_plan(sources, out, suffix, encoding=encoding, named=columns.named())
    _tell_left_out(plan.left_out)
    if plan.is_folder and out.suffix:
        click.echo(f"{len(plan.jobs)} tables: their results go into the folder {out}", err=True)
    model = Model(store.folder / store.resolve(version))
    options = Options(columns, encoding, workers, cluster, restart=not resume)
    with _Display(quiet) as display:
        try:
            summary = classify_archive(plan, model, options, display.update)
        except KeyboardInterrupt:
            click.echo("\nstopped; the same command goes on where it was", err=True)
            sys.exit(1)
    _tell(summary)
    failed = any(isinstance(found, FileError) for found in summary.files.values())
    if failed or summary.errors:
        sys.exit(EXIT_ROW_ERRORS)


def _show_previews(sources: tuple[Path, ...], encoding: str | None, columns: Columns) -> None:
    """On standard output, for whoever gave the file: it shows the beginnings of petitions."""
    inputs, left_out = find_inputs(sources)
    _tell_left_out(left_out)
    for each in inputs:
        for found in preview(each.path, encoding, columns):
            click.echo(f"{found.name}: {found.error or found.encoding or 'workbook'}")
            if found.error:
                continue
            click.echo(f"  columns: {', '.join(found.header)}")
            click.echo(f"  text: {found.text_column}, title: {found.title_column}, "
                       f"id: {found.id_column}")  # fmt: skip
            for row in found.rows:
                click.echo("  | " + " | ".join(cell[:_SHOWN_CHARS] for cell in row))
            for warning in found.warnings:
                click.echo(f"  warning: {warning}")


def _tell_left_out(names: Sequence[str]) -> None:
    if not names:
        return
    told = ", ".join(names[:_MAX_TOLD]) + (", …" if len(names) > _MAX_TOLD else "")
    click.echo(f"{len(names)} files of other kinds are left out: {told}", err=True)


class _Display:
    """Progress on standard error: how each table is read, then one line that moves."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._table = ""
        self._is_terminal = sys.stderr.isatty()
        self._width = 0
        self._told_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._width:
            click.echo(err=True)

    def update(self, progress: Progress) -> None:
        """Show it; where standard error is no terminal, a line now and then."""
        if self._quiet:
            return
        if progress.table != self._table:
            self._table = progress.table
            self._line(_reading(progress), moves=False)
            return
        if self._is_terminal:
            self._line(_state(progress), moves=True)
        elif progress.seconds - self._told_at >= _PAUSE_S:
            self._told_at = progress.seconds
            self._line(_state(progress), moves=False)

    def _line(self, text: str, *, moves: bool) -> None:
        if moves:
            click.echo("\r" + text.ljust(self._width), err=True, nl=False)
            self._width = len(text)
            return
        if self._width:
            click.echo(err=True)
            self._width = 0
        click.echo(text, err=True)


def _reading(progress: Progress) -> str:
    others = [
        f"{what}: {told_columns([name])}"
        for what, name in (("title", progress.title_column), ("id", progress.id_column))
        if name is not None
    ]
    columns = ", ".join([f"text: {told_columns([progress.text_column])}", *others])
    encoding = f", {progress.encoding}" if progress.encoding else ""
    size = f"{progress.total_bytes / 1e6:.1f} MB in all"
    return f"{progress.table}: {columns}{encoding} ({size})"


def _state(progress: Progress) -> str:
    share = progress.read_bytes / max(progress.total_bytes, 1)
    left = progress.seconds_left
    told_left = "" if left is None else f", {_duration(left)} left"
    return (
        f"{share:4.0%} {progress.rows} rows, {progress.rows_per_s:.0f}/s{told_left}: "
        f"{progress.auto} auto, {progress.review} review, {progress.errors} errors"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _tell(summary: Summary) -> None:
    """One line a result, and one for all of them."""
    for name, found in summary.files.items():
        if isinstance(found, FileError):
            click.echo(f"{name}: not read. {found.code}: {found}", err=True)
            continue
        for note in found.notes:
            click.echo(f"warning: {note}", err=True)
        click.echo(f"{name}: {_counts(found)}", err=True)
    if len(summary.files) > 1:
        click.echo(f"{len(summary.files)} tables: {_counts(summary)}", err=True)


def _counts(found: Summary) -> str:
    out = found.auto + found.review + found.errors
    return (
        f"{found.rows} rows in, {out} rows out: "
        f"{found.auto} auto, {found.review} review, {found.errors} errors"
    )
