"""Results as people take them with them: CSV and Excel, in one zip file where there are several."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any

from models.errors import CellTooLong
from models.files import replace
from models.tables import Row
from models.tables.guards import ANSWER_COLUMNS, guard, unguard
from service.archive import Plan
from service.archive.books import write_book
from service.archive.results import check_cells
from service.jobs.job import Job

ID_COLUMN = "petition_id"
SUFFIXES = ("xlsx", "csv")
_AREA, _DECISION, _ERROR = (ANSWER_COLUMNS.index(name) for name in ("area", "decision", "error"))

Ids = Callable[[int], list[str]]


def download_path(folder: Path, suffix: str) -> Path | None:
    """The result in this format, plain or in a zip file; None where there is none."""
    found = [folder / f"result.{suffix}", folder / f"result-{suffix}.zip"]
    return next((path for path in found if path.exists()), None)


def is_packed(folder: Path) -> bool:
    """Whether there are several results, in a zip file."""
    return (folder / f"result-{SUFFIXES[0]}.zip").exists()


def download_name(job: Job, path: Path) -> str:
    """The name under which a browser saves it."""
    return f"{_stem(job.file)}_分类结果{path.suffix}"


def write_downloads(folder: Path, job: Job, plan: Plan, ids: Ids | None) -> dict[str, Any]:
    """Write the results in every format; how many rows there are of each area and decision."""
    made = [(number, each) for number, each in enumerate(plan.jobs) if each.out.exists()]
    counts: Counter[tuple[str, str]] = Counter()
    errors: Counter[str] = Counter()
    for aside in folder.glob("aside-*.zip"):
        aside.unlink()  # an earlier try left it
    for number, each in made:
        for suffix in SUFFIXES:
            table = _Result(each.out, ids(number) if ids else None)
            _write(folder / f"part.{suffix}", table, folder)
            if len(made) == 1:
                replace(folder / f"part.{suffix}", folder / f"result.{suffix}")
            else:
                name = _inner_name(job, each.name, suffix)
                _pack(folder / f"aside-{suffix}.zip", folder / f"part.{suffix}", name)
        counts += table.counts
        errors += table.errors
    for suffix in SUFFIXES if len(made) > 1 else ():
        replace(folder / f"aside-{suffix}.zip", folder / f"result-{suffix}.zip")
    return {
        "counts": [[area, decision, n] for (area, decision), n in sorted(counts.items())],
        "errors": dict(errors),
    }


class _Result:
    """A result as it was written, read row by row with the ids of its petitions."""

    def __init__(self, path: Path, ids: Sequence[str] | None) -> None:
        self._path, self._ids = path, ids
        self.counts: Counter[tuple[str, str]] = Counter()
        self.errors: Counter[str] = Counter()
        with path.open(encoding="utf-8-sig", newline="") as file:
            self._header = next(csv.reader(file))

    @property
    def header(self) -> list[str]:
        """The columns, that of the ids before those of the answer."""
        name = ID_COLUMN
        while name in self._header:
            name = f"pt_{name}"
        return self._with_id(self._header, name)

    def rows(self) -> Iterator[list[str]]:
        """The rows, as they stand in a CSV."""
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for cells, petition_id in zip_longest(reader, self._ids or (), fillvalue=""):
                self._count(cells[-len(ANSWER_COLUMNS) :])
                yield self._with_id(list(cells), guard(petition_id))

    def _with_id(self, cells: list[str], cell: str) -> list[str]:
        at = len(cells) - len(ANSWER_COLUMNS)
        return cells if self._ids is None else [*cells[:at], cell, *cells[at:]]

    def _count(self, answer: Sequence[str]) -> None:
        if answer[_ERROR]:
            self.errors[answer[_ERROR].partition(":")[0]] += 1
        else:
            self.counts[answer[_AREA], answer[_DECISION]] += 1


def _write(path: Path, table: _Result, folder: Path) -> None:
    if path.suffix == ".xlsx":
        with path.open("wb") as book:
            header = [unguard(name) for name in table.header]
            write_book(book, header, _book_lines(table), folder)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.header)
        writer.writerows(table.rows())


def _book_lines(table: _Result) -> Iterator[bytes]:
    """Rows as Excel shows them; a cell that it cannot hold is named and cut off."""
    for line, cells in enumerate(table.rows(), 2):
        width = len(cells) - len(ANSWER_COLUMNS)
        values = [*map(unguard, cells[:width]), *cells[width:]]
        try:
            check_cells(Row(line, values), ".xlsx")
        except CellTooLong as error:
            values[-1] = values[-1] or f"{error.code}: {error}"
        yield json.dumps(values, ensure_ascii=False).encode()


def _pack(packed: Path, part: Path, name: str) -> None:
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as file:
        file.write(part, name)
    part.unlink()


def _inner_name(job: Job, name: str, suffix: str) -> str:
    """The place in the zip file: that in the folder of results, under the upload's own name."""
    path = PurePosixPath(name)
    parts = [_stem(job.file) if part == "upload" else part for part in path.with_suffix("").parts]
    return "/".join(parts) + f".{suffix}"


def _stem(name: str) -> str:
    """The name without what says its kind."""
    path = PurePosixPath(name)
    return path.with_suffix("").stem if path.suffix.lower() == ".gz" else path.stem
