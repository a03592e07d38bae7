"""How far a run is, and how long it will take."""

import time
from dataclasses import dataclass
from typing import Any

from models.tables import Table
from service.archive.shards import Layout


@dataclass(frozen=True)
class Progress:
    """How far a run is. All values are ready for JSON; ``asdict`` makes a document of it."""

    table: str
    """The one at work."""
    tables_done: int
    tables: int
    rows: int
    auto: int
    review: int
    errors: int
    read_bytes: int
    total_bytes: int
    seconds: float
    rows_per_s: float
    """Of this run; rows that an earlier try had done count for nothing here."""
    seconds_left: float | None
    """None until there is anything to guess by."""
    encoding: str
    """Of the table, empty where its kind leaves no choice."""
    text_column: str
    title_column: str | None
    id_column: str | None


class Clock:
    """Rates and guesses."""

    def __init__(self, total_bytes: int) -> None:
        """It runs from now on."""
        self.total_bytes = total_bytes
        self.rows = 0
        self._started = time.monotonic()
        self._first_bytes: int | None = None

    def guess(self, read_bytes: int) -> dict[str, Any]:
        """What a report says of time."""
        seconds = time.monotonic() - self._started
        if self._first_bytes is None:
            self._first_bytes = read_bytes
        done = read_bytes - self._first_bytes
        left = (self.total_bytes - read_bytes) * seconds / done if done > 0 else None
        rate = self.rows / seconds if seconds else 0.0
        return {"seconds": seconds, "rows_per_s": rate, "seconds_left": left}


def read_columns(table: Table, layout: Layout) -> dict[str, Any]:
    """What a report says of the table: how it is read."""
    return {
        "encoding": table.encoding,
        "text_column": table.header[layout.text],
        "title_column": None if layout.title is None else table.header[layout.title],
        "id_column": None if layout.id is None else table.header[layout.id],
    }
