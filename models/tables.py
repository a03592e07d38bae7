"""Rows out of the files that offices keep, in whatever encoding they were saved."""

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
MAX_NAME_CHARS = 8
"""A longer name of a column is taken for a petition in a file without a header."""

_OPEN_QUOTE = "a quotation mark is never closed: all that follows it stands in this row"

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
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=DELIMITERS.get(path.suffix.lower(), ","))
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        yield Table(path.name, header, _rows(reader, lines, len(header)), file.buffer.tell)


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
        file = path.open(encoding=_with_mark(encoding) or detect_encoding(path), newline="")
    except LookupError as error:
        raise EncodingUnknown(
            f"there is no encoding {encoding!r}", expected="for example utf-8 or gb18030"
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        try:
            yield file
        except UnicodeError as error:
            place = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "its start"
            raise EncodingUnknown(
                f"{path.name}: {place} is not {file.encoding}",
                remedy="name the encoding with --encoding, or save the file as UTF-8",
            ) from error


def told_columns(names: Sequence[str]) -> str:
    """Column names for a message; a long one may be a petition and is not told."""
    shown = [name if len(name) <= MAX_NAME_CHARS else "(a longer name)" for name in names]
    return ", ".join(shown)


def _with_mark(encoding: str | None) -> str | None:
    """The encoding, reading past the mark that Excel puts before UTF-8."""
    is_utf8 = encoding is not None and encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    return "utf-8-sig" if is_utf8 else encoding


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
    doubled = [at for at, name in enumerate(header, 1) if name and header.count(name) > 1]
    if doubled:
        raise ColumnMissing(
            f"{path.name}: columns {', '.join(map(str, doubled))} have the same name",
            expected="a name of its own for each column",
        )


class _Lines:
    """The lines of a CSV file, counting quotation marks: an odd number leaves one open."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.quotes += line.count('"')
            yield line


def _rows(reader: Any, lines: _Lines, width: int) -> Iterator[Row]:  # noqa: ANN401 - csv's reader type has no public name
    """All records; where a quotation mark is never closed, the last one says so."""
    last: Row | None = None
    for values in reader:
        if not values and width > 1:
            continue
        if last is not None:
            yield last
        problem = "" if len(values) == width else f"{len(values)} values under {width} columns"
        last = Row(reader.line_num, values, problem)
        if not values:
            last = Row(reader.line_num, [""])
    if last is not None:
        yield replace(last, problem=_OPEN_QUOTE) if lines.quotes % 2 else last


def _objects(file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank; what is no object is empty."""
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            known = value.items() if isinstance(value, dict) else ()
            yield number, {_writable(key): cell for key, cell in known}


def _object_row(line: int, value: dict[str, Any], header: Sequence[str]) -> Row:
    cells = [_cell(value.get(key)) for key in header]
    writable = [_writable(cell) for cell in cells]
    if writable != cells:
        return Row(line, writable, "half a surrogate pair")
    return Row(line, cells, "" if value else "not a JSON object, or an empty one")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _writable(text: str) -> str:
    """The text with broken characters as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{path}: {error.strerror or type(error).__name__}", remedy="check the path"
    )
