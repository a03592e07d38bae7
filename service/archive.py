"""Archives: every row of a file in, every row out, each with its answer or a named error.

Rows stream through in chunks, so that memory does not grow with the file. The result is written
aside and takes its place when it is whole.
"""

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TextIO

from models.classifier import Classifier
from models.decision import Decision
from models.errors import FileUnreadable, InputError, OutputRefused
from models.files import replace
from models.prediction import Prediction
from models.tables import DELIMITERS, Row, Table, open_csv, open_jsonl
from models.text import Petition

CHUNK_ROWS = 256
"""Rows classified at once: enough to spread the cost of a call, few enough to stay in the cache."""

TEXT_COLUMNS = ("text", "内容", "诉求", "诉求内容", "来信内容", "信访内容", "留言内容", "正文")
TITLE_COLUMNS = ("title", "标题", "主题")
ID_COLUMNS = ("id", "编号", "ID")

ANSWER_COLUMNS = (
    "area", "area_name", "topic", "confidence", "decision", "reasons",
    "second_area", "second_confidence", "version", "error",
)  # fmt: skip

_FORMULA_STARTS = tuple("=+-@\t\r\0＝＋－＠")
"""A cell that starts so is run by Excel (CWE-1236)."""

Outcome = Prediction | InputError
Progress = Callable[["Summary", int], None]
"""Called after every chunk with the counts so far and the bytes read so far."""


class RowUnusable(InputError):
    """A record that is not shaped as its file promises."""

    code = "row-unusable"


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


def open_table(path: Path, encoding: str | None = None) -> AbstractContextManager[Table]:
    """The file as a table, read as its suffix says. Raises FileUnreadable for other suffixes."""
    suffix = path.suffix.lower()
    if suffix in DELIMITERS:
        return open_csv(path, encoding)
    if suffix == ".jsonl":
        return open_jsonl(path, encoding)
    raise FileUnreadable(
        f"{path.name}: files of kind {suffix or '(no suffix)'} are not read",
        expected=".csv, .tsv or .jsonl",
        remedy="save the table as CSV",
    )


class _Petitions:
    """Turns the rows of one table into petitions."""

    def __init__(self, table: Table, columns: Columns) -> None:
        text = _find(table, columns.text, TEXT_COLUMNS)
        self._text = table.column(columns.text or TEXT_COLUMNS[0]) if text is None else text
        self._title = _find(table, columns.title, TITLE_COLUMNS)
        self._id = _find(table, columns.id, ID_COLUMNS)

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
    return next((table.header.index(name) for name in usual if name in table.header), None)


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
        taken = set(table.header)
        answers = [f"pt_{name}" if name in taken else name for name in ANSWER_COLUMNS]
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


def guard(cell: str) -> str:
    """The cell with an apostrophe before it where Excel would run it as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


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
