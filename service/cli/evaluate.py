"""``evaluate``: metrics of a version on labelled rows."""

from pathlib import Path

import click

from models.files import write_whole
from models.store import Store
from service.cli.options import FILE, store_option


@click.command("evaluate")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="TABLE...")
@click.option("--version", help="Another version than the promoted one.")
@click.option("--json", "json_file", type=FILE, help="Write the metrics to this file.")
@click.option("--report", type=FILE, help="Write report.html, .json and .txt here.")
@click.option("--with-texts", is_flag=True, help="Show misjudged texts in the report.")
@click.option("--text-column", help="Column of the text.")
@click.option("--area-column", help="Column of the area.")
@store_option
def command(
    files: tuple[Path, ...],
    version: str | None,
    json_file: Path | None,
    report: Path | None,
    with_texts: bool,
    text_column: str | None,
    area_column: str | None,
    store: Store,
) -> None:
    """Compare what a version answers with the labels of the rows in TABLE."""
    from training.evaluate import evaluate
    from training.page import build_page
    from training.report import render_report, to_json

    columns = {"text": text_column, "area": area_column}
    classifier = store.load(version)
    renamed = {k: v for k, v in columns.items() if v}
    found = evaluate(classifier, files, renamed, with_texts=with_texts)
    if json_file:
        write_whole(json_file, to_json(found).encode())
    if report:
        report.mkdir(parents=True, exist_ok=True)
        write_whole(report / "report.json", to_json(found).encode())
        page = build_page(found, classifier.taxonomy)
        write_whole(report / "report.html", page.encode())
        write_whole(report / "report.txt", render_report(found).encode())
    click.echo(render_report(found), nl=False)
