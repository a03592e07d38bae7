"""Shards: consecutive rows of a table, and all that is needed to classify them elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from models import versions
from models.classifier import Classifier
from models.errors import RowUnusable
from models.tables import Row, Table
from models.tables.columns import ID, TEXT, TITLE
from models.text import Petition
from service.archive.results import check_cells

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
    table: int = 0
    """Its number among the tables of the run."""
    first: int = 0
    """How many rows of the table stand before these."""


def layout_of(table: Table, columns: Columns, kind: str) -> Layout:
    """Raises ColumnMissing where there is no text."""
    text = table.find(columns.text, TEXT)
    return Layout(
        table.column(TEXT[0]) if text is None else text,
        table.find(columns.title, TITLE),
        table.find(columns.id, ID),
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
