"""A result that people corrected in Excel: read, and its reviews written once somebody agrees."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.classifier import Classifier
from models.files import write_whole
from models.store import Store
from service.jobs.classifying import SUMMARY, Teller
from service.jobs.job import Job
from service.jobs.reading import PREVIEW, columns_of
from service.reviews.corrections import Corrections, read_file, write_corrections
from service.reviews.database import Database, open_database
from service.settings import Settings

MAX_TOLD = 50


def read(folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]) -> None:
    """Write down what the file says; no review is written. Raises FileError, OperatorError."""
    del should_stop
    classifier = Store(settings.versions).load()
    found = _corrections(folder, job, open_database(settings), classifier)
    write_whole(folder / PREVIEW, json.dumps(_told(found), ensure_ascii=False).encode())


def write(
    folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]
) -> dict[str, Any] | None:
    """Write the reviews in the name of whoever agreed; what is written already stays."""
    db, classifier = open_database(settings), Store(settings.versions).load()
    found = _corrections(folder, job, db, classifier)
    teller, total = Teller(folder), len(found.corrected) + len(found.confirmed)
    written, refused = 0, []
    for reason in write_corrections(db, found, job.by, classifier.classify):
        written += reason is None
        refused += [reason] if reason else []
        teller.tell({"rows": written + len(refused), "of": total})
        if should_stop():
            return {"stopped": True}
    document = {"written": written, "refused": refused[:MAX_TOLD], "refused_count": len(refused)}
    write_whole(folder / SUMMARY, json.dumps(document, ensure_ascii=False).encode())
    return None


def _corrections(folder: Path, job: Job, db: Database, classifier: Classifier) -> Corrections:
    columns, encoding = columns_of(job.choices), job.choices.encoding or None
    return read_file(db, folder / job.stored, classifier, columns, encoding)


def _told(found: Corrections) -> dict[str, Any]:
    labels = [(each.petition_id, each.label) for each in found.corrected[:MAX_TOLD]]
    return {
        "rows": found.rows,
        "corrected": len(found.corrected),
        "confirmed": len(found.confirmed),
        "unchanged": found.unchanged,
        "new": found.new,
        "problems": found.problems[:MAX_TOLD],
        "problem_count": len(found.problems),
        "shown": [
            {"id": petition_id, "area": label.area, "topic": label.topic}
            for petition_id, label in labels
            if label
        ],
    }
