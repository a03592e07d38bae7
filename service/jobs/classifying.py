"""All rows of an uploaded file classified, kept for review where that is wanted, and written."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from models.errors import FileError
from models.files import write_whole
from models.prediction import Prediction
from models.store import Store
from models.text import Petition
from service.archive import Model, Options, Plan, Progress, Summary, classify_archive, make_plan
from service.archive.plan import SUMMARY_NAME
from service.archive.results import Outcome
from service.archive.shards import Shard
from service.archive.work import work_folder
from service.jobs.downloads import write_downloads
from service.jobs.job import Job, read_document
from service.jobs.reading import columns_of, counts
from service.reviews.database import Database, open_database
from service.reviews.records import Record, record_all
from service.settings import Settings

PROGRESS = "progress.json"
RESULTS = "results"
IDS = "ids"
SUMMARY = "summary.json"
_PAUSE_S = 0.3


def classify(
    folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]
) -> dict[str, Any] | None:
    """Classify, or go on with it; raises FileError, OperatorError."""
    if (folder / SUMMARY).exists():
        return None  # an earlier process died after its work
    plan = _plan(folder, job)
    teller = Teller(folder)
    if not _is_classified(plan):
        keeper = _Keeper(folder, job, open_database(settings)) if job.choices.record else None

        def progress(told: Progress) -> None:
            if keeper:
                keeper.id_column = told.id_column
            teller.tell(asdict(told))

        options = Options(
            columns_of(job.choices),
            job.choices.encoding or None,
            keep=keeper.keep if keeper else None,
        )
        model = Model(Store(settings.versions).folder / job.version)
        summary = classify_archive(plan, model, options, progress, should_stop)
        if summary.stopped:
            return {"stopped": True}
        _refuse_nothing(plan, summary)
    teller.tell({"phase": "writing"}, now=True)
    told = write_downloads(folder, job, plan, _ids(folder) if job.choices.record else None)
    told["tables"] = read_document(plan.out / SUMMARY_NAME) or {}
    told["recorded"] = _recorded(folder)
    write_whole(folder / SUMMARY, json.dumps(told, ensure_ascii=False).encode())
    for name in (RESULTS, IDS):
        shutil.rmtree(folder / name, ignore_errors=True)
    return None


def _refuse_nothing(plan: Plan, summary: Summary) -> None:
    """Raise the error of the first table where none could be read."""
    errors = [found for found in summary.files.values() if isinstance(found, FileError)]
    if errors and len(errors) == len(summary.files):
        shutil.rmtree(plan.out, ignore_errors=True)
        raise errors[0]


class Teller:
    """Writes down how far it is, not more often than anybody looks."""

    def __init__(self, folder: Path) -> None:
        """Nothing has been told yet."""
        self._path = folder / PROGRESS
        self._at = 0.0

    def tell(self, document: dict[str, Any], *, now: bool = False) -> None:
        """Tell it, unless something was told a moment ago."""
        if now or time.monotonic() - self._at > _PAUSE_S:
            self._at = time.monotonic()
            write_whole(self._path, json.dumps(document, ensure_ascii=False).encode())


def _plan(folder: Path, job: Job) -> Plan:
    choices = job.choices
    plan = make_plan(
        [folder / job.stored],
        folder / RESULTS,
        "csv",
        encoding=choices.encoding or None,
        named=choices.named(),
    )
    if not choices.tables:
        return plan
    return replace(plan, jobs=[each for each in plan.jobs if each.place.name in choices.tables])


def _is_classified(plan: Plan) -> bool:
    """Whether an earlier process came to the end of the rows."""
    return (plan.out / SUMMARY_NAME).exists() and not work_folder(plan).exists()


class _Keeper:
    """Keeps the petitions of every shard for review, under ids that are written down."""

    def __init__(self, folder: Path, job: Job, db: Database) -> None:
        self._folder, self._job, self._db = folder / IDS, job, db
        self.id_column: str | None = None
        """Of the table at work."""

    def keep(self, shard: Shard, outcomes: Sequence[Outcome]) -> None:
        """One transaction, and one more for ids that another text has already."""
        ids: list[str] = [""] * len(outcomes)
        wanted = [
            (at, self._petition(shard, at, own=True), outcome)
            for at, outcome in enumerate(outcomes)
            if isinstance(outcome, Prediction)
        ]
        refused = self._record(wanted, ids)
        again = [(at, self._petition(shard, at, own=False), found) for at, _, found in refused]
        self._record(again, ids)
        path = self._folder / f"{shard.table:05}" / f"{shard.first:09}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(ids, ensure_ascii=False).encode())

    def _record(
        self, wanted: Sequence[tuple[int, Petition, Prediction]], ids: list[str]
    ) -> list[tuple[int, Petition, Prediction]]:
        """Keep them and set their ids; those that could not be kept."""
        if not wanted:
            return []
        answered = [(petition, prediction) for _, petition, prediction in wanted]
        refused = []
        for each, found in zip(wanted, record_all(self._db, answered, "upload"), strict=True):
            if isinstance(found, Record):
                ids[each[0]] = found.id
            else:
                refused.append(each)
        return refused

    def _petition(self, shard: Shard, at: int, *, own: bool) -> Petition:
        """The petition of a row under its own id, else under that of its place in this file."""
        petition = shard.layout.petition(shard.rows[at])
        chosen = self._job.choices
        no_id = chosen.no_id or (counts(self.id_column) and not chosen.id)
        if own and petition.id and not no_id:
            return petition
        table = f"{shard.table + 1}:" if shard.table else ""
        return replace(petition, id=f"{self._job.id}:{table}{shard.first + at + 1}")


def _ids(folder: Path) -> Callable[[int], list[str]]:
    """The ids of a table's rows in order."""

    def read(table: int) -> list[str]:
        parts = sorted((folder / IDS / f"{table:05}").glob("*.json"))
        return [each for part in parts for each in json.loads(part.read_bytes())]

    return read


def _recorded(folder: Path) -> int:
    parts = (folder / IDS).glob("*/*.json")
    return sum(bool(each) for part in parts for each in json.loads(part.read_bytes()))
