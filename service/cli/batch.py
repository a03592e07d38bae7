"""``batch``: archives in, results out."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Self

import click

from models.errors import FileError, OutputRefused
from models.files import write_whole
from models.store import Store
from service.archive import Columns, Summary, classify_file
from service.cli.options import EXIT_ROW_ERRORS, FILE, store_option


@click.command("batch")
@click.argument("sources", nargs=-1, required=True, type=FILE, metavar="IN...")
@click.option("--out", required=True, type=FILE, help="A file (.csv, .tsv, .jsonl) or a folder.")
@click.option("--text-column", help="Column of the text.")
@click.option("--title-column", help="Column of the title.")
@click.option("--id-column", help="Column of the petition's id.")
@click.option("--encoding", help="Encoding of the input, where it is guessed wrong.")
@click.option("--format", "suffix", type=click.Choice(["csv", "jsonl"]), help="Format of results.")
@click.option("--restart", is_flag=True, help="Replace a result that is there already.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--version", help="Another version than the promoted one.")
@store_option
def command(
    sources: tuple[Path, ...],
    out: Path,
    text_column: str | None,
    title_column: str | None,
    id_column: str | None,
    encoding: str | None,
    suffix: str | None,
    restart: bool,
    quiet: bool,
    version: str | None,
    store: Store,
) -> None:
    """Classify every row of the files IN and write all of them, with answers, to OUT."""
    plan = list(_plan(sources, out, suffix))
    _check_plan(plan, restart)
    classifier = store.load(version)
    columns = Columns(text_column, title_column, id_column)
    summaries: dict[str, Summary | FileError] = {}
    for source, result in plan:
        with _Bar(source, quiet) as bar:
            try:
                summaries[result.name] = classify_file(
                    source, result, classifier, bar.update, columns=columns, encoding=encoding
                )
            except FileError as error:
                if len(plan) == 1:
                    raise
                summaries[result.name] = error
    _tell(summaries)
    if len(plan) > 1 or not out.suffix:
        _write_summary(out / "summary.json", summaries)
    if any(isinstance(found, FileError) or found.errors for found in summaries.values()):
        sys.exit(EXIT_ROW_ERRORS)


def _plan(sources: tuple[Path, ...], out: Path, suffix: str | None) -> Iterator[tuple[Path, Path]]:
    """Each input with its result: OUT itself, or a file of the same name in the folder OUT."""
    if len(sources) == 1 and out.suffix:
        if suffix and out.suffix.lower() != f".{suffix}":
            raise OutputRefused(f"{out.name} is not {suffix}", remedy="leave --format out")
        yield sources[0], out
        return
    for source in sources:
        yield source, out / (f"{source.stem}.{suffix}" if suffix else source.name)


def _check_plan(plan: list[tuple[Path, Path]], restart: bool) -> None:
    """Raise OutputRefused where a result would replace an input, another result, or an old one."""
    inputs = {source.resolve() for source, _ in plan}
    planned: set[str] = set()
    for source, result in plan:
        name = str(result.resolve()).casefold()  # Windows takes a.csv and A.csv for the same
        if name in planned:
            raise OutputRefused(
                f"two inputs would become {result}", remedy="classify them into different folders"
            )
        planned.add(name)
        if result.resolve() in inputs:
            raise OutputRefused(f"{source} would be replaced", remedy="choose another --out")
        if result.exists() and not restart:
            raise OutputRefused(f"{result} is there already", remedy="add --restart to replace it")


class _Bar:
    """Progress of one file on standard error: share of its bytes, and counts of rows."""

    def __init__(self, source: Path, quiet: bool) -> None:
        size = source.stat().st_size if source.is_file() else 0
        self._bar = click.progressbar(
            length=max(size, 1),
            label=source.name,
            file=sys.stderr,
            item_show_func=lambda counts: counts,
            hidden=quiet,
        )
        self._bytes = 0

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.__exit__(None, None, None)

    def update(self, summary: Summary, read_bytes: int) -> None:
        counts = f"{summary.rows} rows, {summary.auto} auto, {summary.review} review"
        if summary.errors:
            counts += f", {summary.errors} errors"
        self._bar.update(read_bytes - self._bytes, counts)
        self._bytes = read_bytes


def _tell(summaries: dict[str, Summary | FileError]) -> None:
    for name, found in summaries.items():
        if isinstance(found, FileError):
            click.echo(f"{name}: not read. {found.code}: {found}", err=True)
            continue
        click.echo(
            f"{name}: {found.rows} rows in, {found.rows} rows out: {found.auto} auto, "
            f"{found.review} review, {found.errors} errors",
            err=True,
        )


def _write_summary(path: Path, summaries: dict[str, Summary | FileError]) -> None:
    document = {
        name: {"error": {"code": found.code, "detail": str(found)}}
        if isinstance(found, FileError)
        else asdict(found)
        for name, found in summaries.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, ensure_ascii=False, indent=1).encode())
