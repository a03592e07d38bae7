"""``reviews``: what the office kept, and what its people said of it."""

import csv
import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.files import write_whole
from models.store import Store
from service.cli.options import EXIT_ROW_ERRORS, FILE, by_option, database_option, store_option

if TYPE_CHECKING:
    from service.reviews.corrections import Corrections
    from service.reviews.database import Database

MAX_TOLD = 20
"""Problems of a file that are told one by one."""


@click.group("reviews")
def command() -> None:
    """List, export, import, count and keep what people confirmed or corrected."""


@command.command("list")
@click.option("--by", help="Only what this person said.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@database_option
def list_reviews(by: str | None, limit: int, db: "Database") -> None:
    """List the latest confirmations and corrections, newest first, as tab-separated values."""
    from service.reviews.judgement import recent

    out = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    out.writerow(["id", "at", "by", "action", "old", "new", "source", "sample"])
    for petition_id, each in recent(db, by=by, limit=limit):
        labels = [
            "/".join(filter(None, pair))
            for pair in ((each.old_area, each.old_topic), (each.new_area, each.new_topic))
        ]
        at = each.at.isoformat(timespec="seconds")
        sample = int(each.sample)
        out.writerow([petition_id, at, each.by, each.action, *labels, each.source, sample])


@command.command("show")
@click.argument("petition_ids", nargs=-1, required=True, metavar="ID...")
@database_option
def show(petition_ids: tuple[str, ...], db: "Database") -> None:
    """Print all that is kept of the petitions of these IDs, as one JSON object a line."""
    from service.reviews.judgement import history
    from service.reviews.records import get

    for petition_id in petition_ids:
        told = vars(get(db, petition_id)) | {
            "reviews": [vars(each) for each in history(db, petition_id)]
        }
        click.echo(json.dumps(told, ensure_ascii=False, default=str))


@command.command("export")
@click.option("--out", required=True, type=FILE, help="The CSV file to write.")
@by_option
@database_option
def export(out: Path, by: str, db: "Database") -> None:
    """Write what people confirmed or corrected as rows that `train` takes."""
    from service.reviews.training_rows import export_rows, to_csv

    rows = export_rows(db, by)
    write_whole(out, to_csv(rows))
    sampled = sum(bool(row["sample"]) for row in rows)
    click.echo(f"{out}: {len(rows)} rows, {sampled} of them of the honest sample", err=True)


@command.command("import")
@click.argument("source", type=FILE, metavar="FILE")
@click.option("--id-column", help="Column of the petition's id.")
@click.option("--text-column", help="Column of the text, for petitions not kept yet.")
@click.option("--encoding", help="Encoding of the file, where it is guessed wrong.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be written.")
@by_option
@database_option
@store_option
def import_reviews(
    source: Path,
    id_column: str | None,
    text_column: str | None,
    encoding: str | None,
    yes: bool,
    dry_run: bool,
    by: str,
    db: "Database",
    store: Store,
) -> None:
    """Take a result of `batch`, corrected in Excel, as reviews.

    A row whose area or topic was changed is a correction; an unchanged one is a confirmation only
    where a column `confirmed` says so.
    """
    from service.archive import Columns
    from service.reviews.corrections import read_file, write_corrections

    classifier = store.load()
    columns = Columns(text=text_column, id=id_column)
    found = read_file(db, source, classifier, columns, encoding)
    _tell(source, found)
    count = len(found.corrected) + len(found.confirmed)
    if count and not dry_run and (yes or click.confirm(f"Write {count} reviews?", err=True)):
        with click.progressbar(
            write_corrections(db, found, by, classifier.classify), length=count, file=sys.stderr
        ) as written:
            refused = [reason for reason in written if reason]
        found.problems += refused
        click.echo(f"written: {count - len(refused)} reviews", err=True)
        for reason in refused[:MAX_TOLD]:
            click.echo(f"  {reason}", err=True)
    if found.problems:
        sys.exit(EXIT_ROW_ERRORS)


def _tell(source: Path, found: "Corrections") -> None:
    click.echo(
        f"{source.name}: {found.rows} rows: {len(found.corrected)} corrected, "
        f"{len(found.confirmed)} confirmed, {found.unchanged} unchanged (no review), "
        f"{len(found.problems)} with problems",
        err=True,
    )
    if found.new:
        click.echo(f"{found.new} petitions were not kept yet and will be", err=True)
    for problem in found.problems[:MAX_TOLD]:
        click.echo(f"  {problem}", err=True)
    if len(found.problems) > MAX_TOLD:
        click.echo(f"  … and {len(found.problems) - MAX_TOLD} more", err=True)


@command.command("stats")
@click.option("--week", is_flag=True, help="By week instead of day.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only from this day on.")
@database_option
def stats(week: bool, since: dt.datetime | None, db: "Database") -> None:
    """Count petitions by area and day, and say how right the model was."""
    from service.reviews import figures

    day = since.date() if since else None
    for period in figures.over_time(db, "week" if week else "day", since=day):
        areas = ", ".join(f"{area or 'none'} {n}" for area, n in sorted(_by_name(period.areas)))
        click.echo(f"{period.start}  {period.total} ({period.auto} auto): {areas}")
    judged, changed = figures.judged(db, since=day)
    click.echo(f"judged by people: {judged}, of which corrected: {changed}")
    for each in figures.overruled(db, since=day):
        share = "" if each.share is None else f" ({each.share:.1%})"
        click.echo(
            f"honest sample of {each.area}: {each.checked} checked, "
            f"{each.overruled} overruled{share}, {each.waiting} waiting"
        )
    age = figures.ageing(db)
    oldest = f", oldest of {age.oldest.date()}" if age.oldest else ""
    click.echo(f"waiting for a person: {sum(age.counts)}{oldest}")


def _by_name(areas: dict[str | None, int]) -> list[tuple[str, int]]:
    return [(area or "", n) for area, n in areas.items()]


@command.command("backup")
@click.argument("target", type=FILE, metavar="FILE")
@by_option
@database_option
def backup(target: Path, by: str, db: "Database") -> None:
    """Copy the whole database to FILE while the service goes on."""
    from service.reviews.keeping import backup

    backup(db, target, by)
    click.echo(f"backup: {target}", err=True)


@command.command("restore")
@click.argument("source", type=FILE, metavar="FILE")
@click.option("--yes", is_flag=True, help="Replace what is there without asking.")
@by_option
@database_option
def restore(source: Path, yes: bool, by: str, db: "Database") -> None:
    """Put a backup in place of the database, after checking it."""
    from service.reviews.keeping import restore

    if not yes:
        click.confirm("Replace the database by this backup?", abort=True, err=True)
    kept = restore(db, source, by)
    click.echo(f"restored: {source}" + (f"; before: {kept}" if kept else ""), err=True)


@command.command("purge")
@click.option("--days", type=click.IntRange(1), help="[default: the setting retention_days]")
@by_option
@database_option
@click.pass_context
def purge(ctx: click.Context, days: int | None, by: str, db: "Database") -> None:
    """Remove petitions, with their reviews, that are older than the office keeps them."""
    from service.reviews.keeping import purge

    keep = days or db.rules.retention_days
    if not keep:
        message = "nothing is purged without --days or the setting retention_days"
        raise click.UsageError(message, ctx)
    click.echo(f"purged: {purge(db, by, keep)} petitions older than {keep} days", err=True)


@command.command("delete")
@click.argument("petition_ids", nargs=-1, required=True, metavar="ID...")
@by_option
@database_option
def delete(petition_ids: tuple[str, ...], by: str, db: "Database") -> None:
    """Remove the petitions of these IDs with their reviews."""
    from service.reviews.records import delete_petition

    for petition_id in petition_ids:
        delete_petition(db, petition_id, by)
        click.echo(f"deleted: {petition_id}", err=True)


@command.command("verify")
@database_option
def verify(db: "Database") -> None:
    """Check that no entry of the audit log was changed, and print its last hash."""
    from service.reviews import audit

    count, last = audit.verify(db)
    click.echo(f"verified: {count} entries, last {last}")
