"""What became of the rows: counted, added up, and written down."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from models.decision import Decision
from models.errors import FileError, InputError
from models.files import write_whole
from service.archive.results import Outcome


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


def write_summary(path: Path, total: Summary) -> None:
    """``summary.json``: what became of each table, or why it was not read."""
    document = {
        name: {"error": {"code": found.code, "detail": str(found)}}
        if isinstance(found, FileError)
        else {**found.counts(), "notes": found.notes}
        for name, found in total.files.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, ensure_ascii=False, indent=1).encode())
