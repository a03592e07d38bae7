"""A result that people corrected in Excel: read, and its reviews written once somebody agrees."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from models.errors import FileError
from models.files import write_whole
from models.store import Store
from models.tables import find_tables, open_table, with_texts
from service.jobs.classifying import SUMMARY, Teller
from service.jobs.downloads import ID_COLUMN
from service.jobs.job import Choices, Job
from service.jobs.reading import PREVIEW
from service.reviews.corrections import Corrections, Judged, Places, read_corrections
from service.reviews.corrections import write_corrections as write_reviews
from service.reviews.database import open_database
from service.settings import Settings

MAX_TOLD = 50


def read(folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]) -> None:
    """Write down what the file says; no review is written. Raises FileError, OperatorError."""
    del should_stop
    told: dict[str, Any] = {"tables": [], "shown": []}
    for name, found in _corrections(folder, job, settings):
        if isinstance(found, FileError):
            error = {"code": found.code, "detail": str(found)}
            told["tables"].append({"name": name, "error": error})
            continue
        told["tables"].append({"name": name, **_described(found)})
        told["shown"] += [_shown(each) for each in found.corrected]
    told["shown"] = told["shown"][:MAX_TOLD]
    write_whole(folder / PREVIEW, json.dumps(told, ensure_ascii=False).encode())


def write(
    folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]
) -> dict[str, Any] | None:
    """Write the reviews in the name of whoever agreed; what is written already stays."""
    db, classifier = open_database(settings), Store(settings.versions).load()
    teller, done, refused = Teller(folder), 0, []
    for _, found in _corrections(folder, job, settings):
        if isinstance(found, FileError):
            continue
        for reason in write_reviews(db, found, job.by, classifier.classify):
            done += reason is None
            refused += [reason] if reason else []
            teller.tell({"rows": done + len(refused)})
            if should_stop():
                return {"stopped": True}
    document = {"written": done, "refused": refused[:MAX_TOLD], "refused_count": len(refused)}
    write_whole(folder / SUMMARY, json.dumps(document, ensure_ascii=False).encode())
    return None


def _corrections(
    folder: Path, job: Job, settings: Settings
) -> Iterator[tuple[str, Corrections | FileError]]:
    """What each table says, or why it could not be read."""
    choices = job.choices
    db, classifier = open_database(settings), Store(settings.versions).load()
    answers = partial(classifier.classify)
    places = find_tables(folder / job.stored)
    encoding = choices.encoding or None
    for place in with_texts(places, encoding, choices.named()):
        try:
            with open_table(place, encoding, choices.named()) as table:
                where = Places.of(table, _id_column(table.header, choices), choices.text or None)
                yield place.name, read_corrections(db, table, where, classifier.taxonomy, answers)
        except FileError as error:
            yield place.name, error


def _id_column(header: object, choices: Choices) -> str | None:
    """The column that was chosen, else that which results have."""
    return choices.id or (ID_COLUMN if ID_COLUMN in header else None)  # type: ignore[operator]


def _described(found: Corrections) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "corrected": len(found.corrected),
        "confirmed": len(found.confirmed),
        "unchanged": found.unchanged,
        "new": found.new,
        "problems": found.problems[:MAX_TOLD],
        "problem_count": len(found.problems),
        "error": None,
    }


def _shown(each: Judged) -> dict[str, str]:
    label = each.label
    return {
        "id": each.petition_id,
        "area": label.area if label else "",
        "topic": (label.topic or "") if label else "",
    }
