"""``train``: labelled rows in, a validated version out."""

from pathlib import Path

import click

from models.store import Store
from models.taxonomy import Taxonomy
from service.cli.options import FILE, Steps, store_option


@click.command("train")
@click.argument("files", nargs=-1, type=FILE, metavar="[TABLE]...")
@click.option("--only", is_flag=True, help="Leave the shipped corpus out.")
@click.option("--taxonomy", type=FILE, help="Another set of areas (TOML); implies --only.")
@click.option("--text-column", help="Column of the text.")
@click.option("--area-column", help="Column of the area.")
@click.option("--promote/--no-promote", default=True, help="Default: promote when the gate allows.")
@click.option("--accept-relabelled", is_flag=True, help="Let changed labels pass the gate.")
@click.option(
    "--target-precision", default=0.95, type=click.FloatRange(0.5, 0.999), show_default=True
)
@click.option("--seed", default=0, type=click.IntRange(0, 2**32 - 1), show_default=True)
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="AREA=SHARE",
    help="An area's share of the office's petitions, for example other=0.7; repeatable.",
)
@click.option("--archive", type=FILE, help="Estimate the shares from this unlabelled table.")
@click.option("--curve", is_flag=True, help="Add the learning curve to the report.")
@store_option
def command(
    files: tuple[Path, ...],
    only: bool,
    taxonomy: Path | None,
    text_column: str | None,
    area_column: str | None,
    promote: bool,
    accept_relabelled: bool,
    target_precision: float,
    seed: int,
    shares: tuple[str, ...],
    archive: Path | None,
    curve: bool,
    store: Store,
) -> None:
    """Train on the shipped corpus and the files given, validate on unseen authors, promote."""
    from training.corpus import read_corpus, read_texts
    from training.gate import check_gate
    from training.report import render_report
    from training.train import Options, train

    only = only or taxonomy is not None
    if only and not files:
        raise click.UsageError("without the shipped corpus, give at least one table")
    if shares and archive:
        raise click.UsageError("give --share or --archive, not both")
    columns = {"text": text_column, "area": area_column}
    dataset, lexicon = read_corpus(
        files, only=only, taxonomy=taxonomy, columns={k: v for k, v in columns.items() if v}
    )
    click.echo(f"{len(dataset.rows)} rows from {len(dataset.sources)} files", err=True)
    options = Options(
        target_precision,
        seed,
        curve,
        shares=_read_shares(shares, dataset.taxonomy),
        archive=read_texts(archive, text_column) if archive else None,
    )
    with Steps() as progress:
        trained = train(dataset, lexicon, options, progress)
    version = trained.save(store.folder)
    click.echo(render_report(trained.report))
    click.echo(f"version {version}")
    if not promote:
        return
    check_gate(store, version, accept_relabelled=accept_relabelled)
    store.promote(version, "trained")
    click.echo(f"promoted: {version} answers from now on")


def _read_shares(stated: tuple[str, ...], taxonomy: Taxonomy) -> dict[str, float]:
    shares: dict[str, float] = {}
    for each in stated:
        name, _, share = (part.strip() for part in each.partition("="))
        area = taxonomy.area(name)
        code = area.code if area else name
        if code in shares:
            raise click.BadParameter(f"{name} stands twice", param_hint="--share")
        try:
            shares[code] = float(share)
        except ValueError as error:
            raise click.BadParameter(
                f"{each!r}: expected for example other=0.7", param_hint="--share"
            ) from error
    return shares
