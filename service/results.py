"""Results of an archive: original columns with answers behind them, or one JSON object a line.

A result is written aside and takes its place when it is whole.
"""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TextIO

from models.errors import InputError, OutputRefused
from models.files import replace
from models.prediction import Prediction
from models.tables import Row, Table
from models.tables.delimited import DELIMITERS
from models.tables.guards import ANSWER_COLUMNS, guard

Outcome = Prediction | InputError


class Sink(Protocol):
    """Where outcomes go, one at a time."""

    def write(self, row: Row, petition_id: str | None, outcome: Outcome, version: str) -> None:
        """Append one row."""


@contextmanager
def open_sink(out: Path, table: Table) -> Iterator[Sink]:
    """A sink that becomes ``out`` when the context ends well, and nothing when it does not.

    Raises OutputRefused for a suffix that cannot be written, or a folder that cannot be written to.
    """
    suffix = out.suffix.lower()
    if suffix not in (*DELIMITERS, ".jsonl"):
        raise OutputRefused(f"cannot write {out.name}", expected="a name in .csv, .tsv or .jsonl")
    aside = out.with_name(f".{out.name}.{os.getpid()}.partial")
    encoding = "utf-8" if suffix == ".jsonl" else "utf-8-sig"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding=encoding, newline="") as file:
            yield (
                JsonlSink(file) if suffix == ".jsonl" else CsvSink(file, table, DELIMITERS[suffix])
            )
        replace(aside, out)
    except OSError as error:
        raise OutputRefused(
            f"{out}: {error.strerror}", remedy="free space, or choose another --out"
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink()


class CsvSink:
    """The original columns and, behind them, ``ANSWER_COLUMNS``, as Excel opens them."""

    def __init__(self, file: TextIO, table: Table, delimiter: str) -> None:
        """Write the header; an answer's name that is taken gets the prefix ``pt_``."""
        self._writer = csv.writer(file, delimiter=delimiter)
        self._width = len(table.header)
        answers = [_free_name(name, table.header) for name in ANSWER_COLUMNS]
        self._writer.writerow([guard(name) for name in table.header] + answers)

    def write(self, row: Row, petition_id: str | None, outcome: Outcome, version: str) -> None:
        """Append the row with its answer or error."""
        del petition_id  # it stands in its own column already
        original = [guard(value) for value in fit_width(row.values, self._width)]
        self._writer.writerow(original + answer_cells(outcome, version))


class JsonlSink:
    """One answer a line, under the names of the HTTP API."""

    def __init__(self, file: TextIO) -> None:
        """``file`` is open for writing."""
        self._file = file

    def write(self, row: Row, petition_id: str | None, outcome: Outcome, version: str) -> None:
        """Append the answer, or the id and the error."""
        del row
        answer: dict[str, Any]
        if isinstance(outcome, InputError):
            error = {"code": outcome.code, "detail": str(outcome)}
            answer = {"id": petition_id, "error": error, "version": version}
        else:
            answer = outcome.answer()
        self._file.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name = f"pt_{name}"
    return name


def fit_width(values: Sequence[str], width: int) -> list[str]:
    """The values under ``width`` columns: missing ones empty, surplus ones kept in the last."""
    if len(values) <= width:
        return [*values, *[""] * (width - len(values))]
    return [*values[: width - 1], ",".join(values[width - 1 :])]


def answer_cells(outcome: Outcome, version: str) -> list[str]:
    """The cells under ``ANSWER_COLUMNS``."""
    if isinstance(outcome, InputError):
        return [""] * (len(ANSWER_COLUMNS) - 2) + [version, f"{outcome.code}: {outcome}"]
    best, second = (*outcome.ranking[:2], None, None)[:2]
    return [
        best.area if best else "",
        best.name if best else "",
        outcome.topic or "",
        f"{best.confidence:.4f}" if best else "",
        outcome.decision.value,
        "|".join(outcome.reasons),
        second.area if second else "",
        f"{second.confidence:.4f}" if second else "",
        outcome.version,
        "",
    ]
