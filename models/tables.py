"""Rows out of the files that offices keep, in whatever encoding they were saved."""

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from models.errors import ColumnMissing, EncodingUnknown, FileUnreadable

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CANDIDATES = ("utf-8", "gb18030")
"""Tried in this order, strictly: valid UTF-8 is hardly ever anything else."""

DELIMITERS = {".csv": ",", ".tsv": "\t"}
MAX_NAME_CHARS = 20
"""A longer name of a column is taken for a petition in a file without a header."""

_CHUNK_BYTES = 1 << 16

# The default of 131,072 characters rejects long petitions; Windows takes no more than a C long.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Row:
    """One record: the line it ends on (from 1), its values, and why it is unusable, if it is."""

    line: int
    values: Sequence[str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A header and the rows under it, read as they are asked for."""

    name: str
    header: Sequence[str]
    rows: Iterator[Row]
    read_bytes: Callable[[], int] = lambda: 0
    """How much of the file has been read so far."""

    def column(self, name: str) -> int:
        """The position of a column; raises ColumnMissing, which lists what there is."""
        if name not in self.header:
            raise ColumnMissing(
                f"{self.name}: no column {name!r}; it has {told_columns(self.header)}",
                expected=f"a header with a column {name!r}",
                remedy="name the column with the option for it, or add a header",
            )
        return self.header.index(name)


@contextmanager
def open_csv(path: Path, encoding: str | None = None) -> Iterator[Table]:
    """A CSV or TSV file with a header line.

    A row with more or fewer values than the header comes with a ``problem``, never dropped. Raises
    FileUnreadable, EncodingUnknown or ColumnMissing (no header at all).
    """
    with open_text(path, encoding) as file:
        reader = csv.reader(file, delimiter=DELIMITERS.get(path.suffix.lower(), ","))
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        yield Table(path.name, header, _rows(reader, len(header)), file.buffer.tell)


@contextmanager
def open_jsonl(path: Path, encoding: str | None = None) -> Iterator[Table]:
    """A file with one JSON object a line, as a table whose columns are all keys that occur.

    Strings are kept as they are, other values as JSON. A line that is no object comes with a
    ``problem``. Raises FileUnreadable or EncodingUnknown.
    """
    encoding = encoding or detect_encoding(path)
    with open_text(path, encoding) as file:
        keys = dict.fromkeys(key for _, value in _objects(file) for key in value)
        header = list(keys) or ["text"]  # without any object, every line is told as a bad row
    with open_text(path, encoding) as file:
        rows = (_object_row(line, value, header) for line, value in _objects(file))
        yield Table(path.name, header, rows, file.buffer.tell)


@contextmanager
def open_text(path: Path, encoding: str | None = None) -> Iterator[TextIO]:
    """The file as text, line endings kept. Raises FileUnreadable or EncodingUnknown."""
    try:
        file = path.open(encoding=encoding or detect_encoding(path), newline="")
    except LookupError as error:
        raise EncodingUnknown(
            f"there is no encoding {encoding!r}", expected="for example utf-8 or gb18030"
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        try:
            yield file
        except UnicodeDecodeError as error:
            raise EncodingUnknown(
                f"{path.name}: byte {error.start} is not {error.encoding}",
                remedy="name the encoding with --encoding, or save the file as UTF-8",
            ) from error


def told_columns(names: Sequence[str]) -> str:
    """Column names for a message, unless they are so long that they must be petitions."""
    if max(map(len, names), default=0) > MAX_NAME_CHARS:
        return f"{len(names)} columns whose names are too long for a header"
    return ", ".join(names)


def detect_encoding(path: Path) -> str:
    """The encoding that the whole file is valid in: by its mark, else UTF-8, else GB18030.

    Raises EncodingUnknown naming the first byte that fits neither.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise _unreadable(path, error) from error
    marked = [encoding for mark, encoding in BOMS.items() if start.startswith(mark)]
    if marked:
        return marked[0]
    failures = [_first_invalid(path, encoding) for encoding in CANDIDATES]
    for encoding, failure in zip(CANDIDATES, failures, strict=True):
        if failure is None:
            return encoding
    raise EncodingUnknown(
        f"{path.name}: byte {failures[0]} is not UTF-8, byte {failures[1]} not GB18030",
        expected="UTF-8, GB18030/GBK, or UTF-16 with a byte order mark",
        remedy="name the encoding with --encoding, or save the file as UTF-8",
    )


def _first_invalid(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return done - pending + error.start
            if not chunk:
                return None
            done += len(chunk)


def _check_header(path: Path, header: Sequence[str]) -> None:
    if not any(header):
        raise ColumnMissing(
            f"{path.name}: the first line is empty", expected="a header that names the columns"
        )
    doubled = {name for name in header if header.count(name) > 1}
    if doubled:
        raise ColumnMissing(
            f"{path.name}: two columns are named {', '.join(sorted(doubled))!r}",
            expected="a name of its own for each column",
        )


def _rows(reader: Any, width: int) -> Iterator[Row]:  # noqa: ANN401 - csv's reader type has no public name
    for values in reader:
        if not values:
            continue
        problem = "" if len(values) == width else f"{len(values)} values under {width} columns"
        yield Row(reader.line_num, values, problem)


def _objects(file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank; what is no object is empty."""
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            yield number, value if isinstance(value, dict) else {}


def _object_row(line: int, value: dict[str, Any], header: Sequence[str]) -> Row:
    cells = [_cell(value.get(key)) for key in header]
    return Row(line, cells, "" if value else "not a JSON object")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{path}: {error.strerror or type(error).__name__}", remedy="check the path"
    )
