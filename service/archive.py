"""Archives: every row of a file in, every row out, each with its answer or a named error.

Rows stream through in chunks, so that memory does not grow with the file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from models.classifier import Classifier
from models.decision import Decision
from models.errors import InputError, RowUnusable
from models.tables import Row, Table, open_table
from models.tables.columns import ID, TEXT, TITLE, find_column
from models.text import Petition
from service.results import Outcome, open_sink

CHUNK_ROWS = 256
"""Rows classified at once: enough to spread the cost of a call, few enough to stay in the cache."""

Progress = Callable[["Summary", int], None]
"""Called after every chunk with the counts so far and the bytes read so far."""


@dataclass
class Summary:
    """What became of the rows; they add up: rows = auto + review + errors."""

    rows: int = 0
    auto: int = 0
    review: int = 0
    errors: int = 0
    by_area: dict[str, int] = field(default_factory=dict)

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


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; None takes the first of the usual names that is there."""

    text: str | None = None
    title: str | None = None
    id: str | None = None


def classify_file(
    source: Path,
    out: Path,
    classifier: Classifier,
    progress: Progress,
    *,
    columns: Columns | None = None,
    encoding: str | None = None,
) -> Summary:
    """Classify a CSV, TSV or JSONL file into ``out``, whose suffix chooses its format.

    Raises FileError where the input cannot be read or the output cannot be written; a row that
    fails never stops the others.
    """
    summary = Summary()
    with open_table(source, encoding) as table, open_sink(out, table) as sink:
        petitions = _Petitions(table, columns or Columns())
        rows = iter(table.rows)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            for row, outcome in zip(chunk, _classify(chunk, petitions, classifier), strict=True):
                sink.write(row, petitions.id(row), outcome, classifier.version)
                summary.add(outcome)
            progress(summary, table.read_bytes())
    return summary


class _Petitions:
    """Turns the rows of one table into petitions."""

    def __init__(self, table: Table, columns: Columns) -> None:
        text = _find(table, columns.text, TEXT)
        self._text = table.column(TEXT[0]) if text is None else text
        self._title = _find(table, columns.title, TITLE)
        self._id = _find(table, columns.id, ID)

    def petition(self, row: Row) -> Petition:
        """Raises RowUnusable for a row that does not fit the header."""
        if row.problem:
            raise RowUnusable(f"line {row.line}: {row.problem}", remedy="mend this row in the file")
        title = row.values[self._title] if self._title is not None else ""
        return Petition(row.values[self._text], title or None, self.id(row))

    def id(self, row: Row) -> str | None:
        """The row's own id, where there is one."""
        known = self._id is not None and self._id < len(row.values)
        return row.values[self._id] or None if known and self._id is not None else None


def _find(table: Table, wanted: str | None, usual: Sequence[str]) -> int | None:
    if wanted is not None:
        return table.column(wanted)
    return find_column(table.header, usual)


def _classify(
    chunk: Sequence[Row], petitions: _Petitions, classifier: Classifier
) -> Iterator[Outcome]:
    """An outcome per row, in order."""
    usable: list[Petition | InputError] = []
    for row in chunk:
        try:
            usable.append(petitions.petition(row))
        except InputError as error:
            usable.append(error)
    asked = [entry for entry in usable if isinstance(entry, Petition)]
    answers = iter(classifier.classify_batch(asked))
    for entry in usable:
        yield next(answers) if isinstance(entry, Petition) else entry
