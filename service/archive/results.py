"""How rows and answers are written: CSV, TSV, Excel or JSON Lines, plain or packed.

A shard is rendered into the bytes of its part; a result is assembled from all parts in order,
aside, and takes its place when it is whole.
"""

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from models.errors import CellTooLong, FileUnreadable, InputError, OutputRefused
from models.files import replace
from models.prediction import Prediction
from models.tables import Row
from models.tables.delimited import DELIMITERS
from models.tables.guards import ANSWER_COLUMNS, guard
from service.archive.books import MAX_CELL_UNITS, MAX_SHEET_COLUMNS, units, write_book

Outcome = Prediction | InputError

KINDS = (*DELIMITERS, ".xlsx", ".jsonl")
PACKINGS = (".gz", ".zip")

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Format:
    """``kind`` is .csv, .tsv, .xlsx or .jsonl, ``packing`` empty, .gz or .zip."""

    kind: str
    packing: str = ""


def format_of(name: str, suffix: str | None = None) -> Format:
    """The format that a result's name asks for, or ``suffix`` where that is given.

    Raises OutputRefused for a name that asks for none, or for another.
    """
    path = PurePosixPath(name.lower())
    packing = path.suffix if path.suffix in PACKINGS else ""
    inner = PurePosixPath(path.stem).suffix if packing else path.suffix
    if packing == ".zip" and inner not in KINDS:
        inner = f".{suffix or 'csv'}"
    if inner not in KINDS:
        raise OutputRefused(
            f"cannot write {name}",
            expected="a name in .csv, .tsv, .xlsx or .jsonl, also with .gz or .zip behind",
        )
    if suffix and inner != f".{suffix}":
        raise OutputRefused(f"{name} is not {suffix}", remedy="leave --format out")
    return Format(inner, packing)


def full_header(header: Sequence[str]) -> list[str]:
    """The original columns and the answer's; a name that is taken gets the prefix ``pt_``."""
    return [*header, *(_free_name(name, header) for name in ANSWER_COLUMNS)]


def check_cells(row: Row, kind: str) -> None:
    """Raise CellTooLong for a cell that Excel cannot hold."""
    if kind != ".xlsx":
        return
    for at, value in enumerate(row.values, 1):
        if units(value) > MAX_CELL_UNITS:
            raise CellTooLong(
                f"line {row.line}, column {at}: {len(value)} characters",
                expected=f"at most {MAX_CELL_UNITS} in a cell of Excel; the cell is cut off here",
                remedy="write CSV or JSON Lines",
            )


def render(
    kind: str, width: int, rows: Iterable[tuple[Row, str | None, Outcome]], version: str
) -> bytes:
    """The part of a result that these rows make, each with its id and outcome."""
    if kind == ".jsonl":
        answers = (_json_answer(id_, outcome, version) for _, id_, outcome in rows)
        return "".join(f"{answer}\n" for answer in answers).encode()
    cells = ((fit_width(row.values, width), answer_cells(outcome, version))
             for row, _, outcome in rows)  # fmt: skip
    if kind == ".xlsx":
        lines = (json.dumps(original + answer, ensure_ascii=False) for original, answer in cells)
        return "".join(f"{line}\n" for line in lines).encode()
    return _csv_lines(kind, ([*map(guard, original), *answer] for original, answer in cells))


def assemble(
    out: Path, format_: Format, header: Sequence[str], parts: Iterable[bytes], aside: Path
) -> None:
    """Write the whole result at ``aside``, then let it take its place. Raises OutputRefused."""
    if format_.kind == ".xlsx" and len(header) > MAX_SHEET_COLUMNS:
        raise FileUnreadable(
            f"{out.name}: {len(header)} columns",
            expected=f"at most {MAX_SHEET_COLUMNS} in Excel",
            remedy="write CSV",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _packed(aside, out, format_) as file:
            _write(file, format_, header, parts, aside.parent)
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        replace(aside, out)
    except OSError as error:
        raise unwritable(out, error) from error


def _write(
    file: IO[bytes],
    format_: Format,
    header: Sequence[str],
    parts: Iterable[bytes],
    folder: Path,
) -> None:
    if format_.kind == ".xlsx":
        book = io.BytesIO() if format_.packing else file
        write_book(book, header, parts, folder)
        if isinstance(book, io.BytesIO):
            file.write(book.getbuffer())
        return
    file.write(_beginning(format_.kind, header))
    for part in parts:
        file.write(part)


def unwritable(out: Path, error: OSError) -> OutputRefused:
    """The error for a disk that is full, a folder that cannot be written to, and the like."""
    return OutputRefused(
        f"{out}: {error.strerror or type(error).__name__}",
        remedy="free space and run the same command again, or choose another --out",
    )


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


def _json_answer(petition_id: str | None, outcome: Outcome, version: str) -> str:
    answer: dict[str, Any]
    if isinstance(outcome, InputError):
        error = {"code": outcome.code, "detail": str(outcome)}
        answer = {"id": petition_id, "error": error, "version": version}
    else:
        answer = outcome.answer()
    return json.dumps(answer, ensure_ascii=False)


def _csv_lines(kind: str, lines: Iterable[Sequence[str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=DELIMITERS[kind])
    writer.writerows(lines)
    return file.getvalue().encode()


def _beginning(kind: str, header: Sequence[str]) -> bytes:
    """What stands before the first row; the mark lets Excel see that it is UTF-8."""
    return b"" if kind == ".jsonl" else b"\xef\xbb\xbf" + _csv_lines(kind, [[*map(guard, header)]])


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name = f"pt_{name}"
    return name


@contextmanager
def _packed(aside: Path, out: Path, format_: Format) -> Iterator[IO[bytes]]:
    """The file to write into; what is packed carries no time, so that equal results are equal."""
    with aside.open("wb") as file:
        if format_.packing == ".gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                yield packed  # type: ignore[misc]
        elif format_.packing == ".zip":
            stem = PurePosixPath(out.name).stem
            name = stem if stem.lower().endswith(format_.kind) else stem + format_.kind
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with (
                zipfile.ZipFile(file, "w") as whole,
                whole.open(info, "w", force_zip64=True) as member,
            ):
                yield member
        else:
            yield file
