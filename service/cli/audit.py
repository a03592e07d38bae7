"""``audit``: what looks wrong with labelled rows."""

import json
from collections import Counter
from pathlib import Path

import click

from models.files import write_whole
from service.cli.options import FILE, Steps


@click.command("audit")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="TABLE...")
@click.option("--taxonomy", type=FILE, help="Another set of areas (TOML).")
@click.option("--text-column", help="Column of the text.")
@click.option("--area-column", help="Column of the area.")
@click.option("--json", "json_file", type=FILE, help="Write the findings to this file.")
def command(
    files: tuple[Path, ...],
    taxonomy: Path | None,
    text_column: str | None,
    area_column: str | None,
    json_file: Path | None,
) -> None:
    """List duplicates, contradictions, probable label errors, leakage and thin topics."""
    from training.audit import audit
    from training.corpus import read_corpus

    columns = {"text": text_column, "area": area_column}
    dataset, lexicon = read_corpus(
        files, only=True, taxonomy=taxonomy, columns={k: v for k, v in columns.items() if v}
    )
    with Steps() as progress:
        findings = audit(dataset, lexicon, progress)
    for finding in findings:
        click.echo(f"{finding.kind}\t{finding.where}\t{finding.detail}")
    if json_file:
        listed = [vars(finding) for finding in findings]
        write_whole(json_file, json.dumps(listed, ensure_ascii=False, indent=1).encode())
    counts = Counter(finding.kind for finding in findings)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"
    click.echo(f"{len(dataset.rows)} rows read, found: {told}", err=True)
