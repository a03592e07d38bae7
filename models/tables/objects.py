"""JSON Lines and JSON arrays: each object a row, each key that occurs a column."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, TextIO

from models.errors import FileUnreadable
from models.tables.arrays import elements
from models.tables.encodings import detect_encoding, doubts, open_text
from models.tables.rows import Row, Table
from models.tables.sources import Source, Stream

MAX_COLUMNS = 16_384
"""As many as a sheet of Excel has; objects with more keys than this in all are no table."""
_MAX_DOCUMENT_CHARS = 1 << 26
_SAMPLE_CHARS = 4_000


@contextmanager
def open_objects(
    source: Source, encoding: str | None = None, named: Sequence[str] = ()
) -> Iterator[Table]:
    """A file with one JSON object a line, or one array of objects.

    Strings are kept as they are, other values as JSON. What is no object comes with a ``problem``.
    Raises FileUnreadable or EncodingUnknown.
    """
    del named  # keys name themselves
    encoding = encoding or detect_encoding(source)
    with open_text(source, encoding) as file:
        sample, header = _keys(source, file)
    doubt = doubts(sample)
    with open_text(source, encoding) as file:
        rows = (_object_row(line, value, header) for line, value in _objects(source, file))
        stream = file.buffer
        position = stream.position if isinstance(stream, Stream) else (lambda: 0)
        notes = [f"{source.name}: {doubt}"] if doubt else []
        yield Table(source.name, header, rows, position, source.total_bytes, encoding, notes)


def _keys(source: Source, file: TextIO) -> tuple[str, list[str]]:
    """The beginning of what is written, and all keys in the order of their coming."""
    keys: dict[str, None] = {}
    sample = ""
    for _, value in _objects(source, file):
        keys.update(dict.fromkeys(value))
        if len(keys) > MAX_COLUMNS:
            raise FileUnreadable(f"{source.name}: over {MAX_COLUMNS} different keys")
        if len(sample) < _SAMPLE_CHARS:
            sample += "".join(cell for cell in value.values() if isinstance(cell, str))
    return sample[:_SAMPLE_CHARS], list(keys) or ["text"]


def _objects(source: Source, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of each object, from 1; what is no object is empty."""
    for number, value in _values(source, file):
        known = value.items() if isinstance(value, dict) else ()
        yield number, {_writable(key): cell for key, cell in known}


def _values(source: Source, file: TextIO) -> Iterator[tuple[int, Any]]:
    """Number and value of each line or element: what stands first in the file decides."""
    number, first = _first_line(file)
    is_json = source.suffix == ".json"
    if first.startswith("[{") or (is_json and first.startswith("[")):
        yield from enumerate(elements(source.name, first, file), 1)
        return
    second = next(file, "")
    if is_json and (_parsed(first) is None or not second):
        document = _parsed(first + second + file.read(_MAX_DOCUMENT_CHARS))
        if isinstance(document, dict):
            yield from enumerate(_records(document), 1)
            return
        file.seek(0)
        number, first = _first_line(file)
        second = next(file, "")
    for at, line in enumerate(chain([first, second], file), number):
        if line.strip():
            yield at, _parsed(line)


def _first_line(file: TextIO) -> tuple[int, str]:
    """Number and text of the first line that is not blank, without a mark."""
    for number, line in enumerate(iter(file.readline, ""), 1):
        text = line.lstrip("\ufeff \t\r\n")
        if text:
            return number, text
    return 1, ""


def _records(document: dict[str, Any]) -> list[Any]:
    """The one list of objects that a document wraps, or the document itself."""
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) == 1 and lists[0] and all(isinstance(each, dict) for each in lists[0]):
        return lists[0]
    return [document]


def _parsed(line: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _object_row(line: int, value: dict[str, Any], header: Sequence[str]) -> Row:
    cells = [_cell(value.get(key)) for key in header]
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return Row(line, [_writable(cell) for cell in cells], "half a surrogate pair")
    return Row(line, cells, "" if value else "not a JSON object, or an empty one")


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _writable(text: str) -> str:
    """The text with broken characters as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
