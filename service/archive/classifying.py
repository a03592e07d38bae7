"""Classifying a shard, so that no row stops another, whatever its classification does."""

from collections.abc import Callable, Iterator, Sequence

from models.classifier import Classifier
from models.errors import InputError, RowFailed
from models.tables import Row
from models.text import Petition
from service.archive.parts import write_part
from service.archive.results import Outcome
from service.archive.shards import CHUNK_ROWS, Layout, Shard
from service.archive.summary import Summary

Keep = Callable[[Shard, Sequence[Outcome]], object]


def run_shard(shard: Shard, keep: Keep | None = None) -> Summary:
    """Classify the rows and write their part, which is whole or absent.

    ``keep`` is called with the outcomes before; after a crash perhaps a second time.

    A mark stands beside the part meanwhile. Where one is found, whoever left it died at work, and
    perhaps of these rows: another process tries them then, so that this one lives on.
    """
    from service.archive.apart import classify_apart

    mark = shard.part.with_suffix(".begun")
    is_suspect = mark.exists() and shard.model.folder is not None
    mark.touch()
    try:
        outcomes = (classify_apart if is_suspect else classify_rows)(shard)
        summary = Summary()
        for outcome in outcomes:
            summary.add(outcome)
        if keep:
            keep(shard, outcomes)
        write_part(shard, outcomes, summary)
    finally:
        mark.unlink(missing_ok=True)
    return summary


def classify_rows(shard: Shard) -> list[Outcome]:
    """An outcome per row, in order."""
    classifier = shard.model.load()
    outcomes: list[Outcome] = []
    for start in range(0, len(shard.rows), CHUNK_ROWS):
        outcomes += _classify(shard.rows[start : start + CHUNK_ROWS], shard.layout, classifier)
    return outcomes


def _classify(chunk: Sequence[Row], layout: Layout, classifier: Classifier) -> Iterator[Outcome]:
    usable: list[Petition | InputError] = []
    for row in chunk:
        try:
            usable.append(layout.petition(row))
        except InputError as error:
            usable.append(error)
    asked = [entry for entry in usable if isinstance(entry, Petition)]
    try:
        answers = iter(classifier.classify_batch(asked))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic in Rust is no Exception; below is found whose it is
        answers = iter([_classify_one(petition, classifier) for petition in asked])
    for entry in usable:
        yield next(answers) if isinstance(entry, Petition) else entry


def _classify_one(petition: Petition, classifier: Classifier) -> Outcome:
    try:
        return classifier.classify_batch([petition])[0]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - one row must not stop the others
        return RowFailed(
            f"classification failed ({type(error).__name__}), text of {len(petition.text)}",
            remedy="classify this one by hand, and report it",
        )
