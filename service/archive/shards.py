"""Shards: a bounded number of rows, classified, rendered and written as one part."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from models import versions
from models.classifier import Classifier
from models.decision import Decision
from models.errors import FileError, InputError, RowFailed, RowUnusable
from models.files import replace
from models.tables import Row, Table
from models.tables.columns import ID, TEXT, TITLE, find_column
from models.text import Petition
from service.archive.results import Outcome, check_cells, render

CHUNK_ROWS = 256
"""Rows classified at once: enough to spread the cost of a call, few enough to stay in the cache."""
SHARD_ROWS = 4 * CHUNK_ROWS
SHARD_CHARS = 4_000_000


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; None takes the first of the usual names that is there."""

    text: str | None = None
    title: str | None = None
    id: str | None = None

    def named(self) -> tuple[str, ...]:
        """Those that were chosen."""
        return tuple(name for name in (self.text, self.title, self.id) if name is not None)


@dataclass(frozen=True)
class Model:
    """A version by its folder; ``classifier`` is the same, where it is loaded already."""

    folder: Path | None
    """None for a classifier that was never saved: no other process can work with it."""
    classifier: Classifier | None = None

    @property
    def version(self) -> str:
        """The version's id, which ends in the hash of its content."""
        return self.load().version if self.folder is None else self.folder.name

    def load(self) -> Classifier:
        """The verified classifier, read once in each process."""
        if self.classifier is not None:
            return self.classifier
        if self.folder is None:
            raise ValueError("a model needs a folder or a classifier")
        return _load(self.folder)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Classifier:
    return versions.load(folder)


@dataclass
class Summary:
    """What became of the rows; they add up: rows = auto + review + errors.

    That of a whole run has one for each table in ``files``, or the error that kept it from being
    read, and says whether the run was ``stopped`` before its end.
    """

    rows: int = 0
    auto: int = 0
    review: int = 0
    errors: int = 0
    by_area: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: dict[str, "Summary | FileError"] = field(default_factory=dict)
    stopped: bool = False

    def add(self, outcome: Outcome) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(outcome, InputError):
            self.errors += 1
            return
        if outcome.decision is Decision.AUTO:
            self.auto += 1
        else:
            self.review += 1
        area = outcome.area.area if outcome.area else ""
        self.by_area[area] = self.by_area.get(area, 0) + 1

    def include(self, other: "Summary") -> None:
        """Count all rows of ``other``."""
        self.rows += other.rows
        self.auto += other.auto
        self.review += other.review
        self.errors += other.errors
        for area, count in other.by_area.items():
            self.by_area[area] = self.by_area.get(area, 0) + count

    def counts(self) -> dict[str, object]:
        """The counts of one table, ready for JSON."""
        names = ("rows", "auto", "review", "errors", "by_area")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Layout:
    """Where a table's rows have what is read of them, and how they are written."""

    text: int
    title: int | None
    id: int | None
    width: int
    kind: str

    def petition(self, row: Row) -> Petition:
        """Raises RowUnusable for a row that does not fit the header, CellTooLong for the format."""
        if row.problem:
            raise RowUnusable(f"line {row.line}: {row.problem}", remedy="mend this row in the file")
        check_cells(row, self.kind)
        title = row.values[self.title] if self.title is not None else ""
        return Petition(row.values[self.text], title or None, self.petition_id(row))

    def petition_id(self, row: Row) -> str | None:
        """The row's own id, where there is one."""
        if self.id is None or self.id >= len(row.values):
            return None
        return row.values[self.id] or None


@dataclass(frozen=True)
class Shard:
    """Consecutive rows of one table and the file that their part goes into."""

    part: Path
    rows: Sequence[Row]
    layout: Layout
    model: Model


def layout_of(table: Table, columns: Columns, kind: str) -> Layout:
    """Raises ColumnMissing where there is no text."""
    text = _find(table, columns.text, TEXT)
    return Layout(
        table.column(TEXT[0]) if text is None else text,
        _find(table, columns.title, TITLE),
        _find(table, columns.id, ID),
        len(table.header),
        kind,
    )


def cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in shards; where they are cut depends on nothing but the rows."""
    shard: list[Row] = []
    chars = 0
    for row in rows:
        shard.append(row)
        chars += sum(map(len, row.values))
        if len(shard) == SHARD_ROWS or chars >= SHARD_CHARS:
            yield shard
            shard, chars = [], 0
    if shard:
        yield shard


def run_shard(shard: Shard) -> Summary:
    """Classify the rows and write their part, which is whole or absent.

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


def write_part(shard: Shard, outcomes: Sequence[Outcome], summary: Summary) -> None:
    """The part: a line with its counts and hash, then the rendered rows."""
    ids = [shard.layout.petition_id(row) for row in shard.rows]
    entries = zip(shard.rows, ids, outcomes, strict=True)
    body = render(shard.layout.kind, shard.layout.width, entries, shard.model.version)
    head = {"sha256": hashlib.sha256(body).hexdigest(), **summary.counts()}
    aside = shard.part.with_suffix(f".{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + body)
    replace(aside, shard.part, durable=False)


def read_part(part: Path) -> tuple[Summary, bytes] | None:
    """What a part holds, or None where it is absent or not whole.

    Parts are not flushed to the disk one by one: what a power cut has torn is seen by its hash.
    """
    try:
        first, _, body = part.read_bytes().partition(b"\n")
        head = json.loads(first)
        sound = head.pop("sha256") == hashlib.sha256(body).hexdigest()
        return (Summary(**head), body) if sound else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _find(table: Table, wanted: str | None, usual: Sequence[str]) -> int | None:
    return table.column(wanted) if wanted is not None else find_column(table.header, usual)


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
    except Exception:  # noqa: BLE001 - it is found out below whose fault it is
        answers = iter([_classify_one(petition, classifier) for petition in asked])
    for entry in usable:
        yield next(answers) if isinstance(entry, Petition) else entry


def _classify_one(petition: Petition, classifier: Classifier) -> Outcome:
    try:
        return classifier.classify_batch([petition])[0]
    except Exception as error:  # noqa: BLE001 - one row must not stop the others
        return RowFailed(
            f"classification failed ({type(error).__name__}), text of {len(petition.text)}",
            remedy="classify this one by hand, and report it",
        )
