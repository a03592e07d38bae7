"""JSON Lines and JSON arrays: each object a row, each key that occurs a column."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from models.errors import FileUnreadable
from models.tables.encodings import detect_encoding, doubts, open_text
from models.tables.rows import Row, Table
from models.tables.sources import Source, Stream

MAX_COLUMNS = 16_384
"""As many as a sheet of Excel has; objects with more keys than this in all are no table."""
_READ_CHARS = 1 << 16
_MAX_OBJECT_CHARS = 1 << 24
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
    start = _skip_blank(file)
    is_array = start == "[" and source.suffix == ".json"
    values = enumerate(_elements(source, file), 1) if is_array else _line_values(start, file)
    for number, value in values:
        known = value.items() if isinstance(value, dict) else ()
        yield number, {_writable(key): cell for key, cell in known}


def _skip_blank(file: TextIO) -> str:
    while (start := file.read(1)) and start.isspace() and start not in "\r\n":
        pass
    return start


def _line_values(start: str, file: TextIO) -> Iterator[tuple[int, Any]]:
    """Line number and value of each line that is not blank."""
    if start in ("\r", "\n", ""):
        number = 2
    else:
        yield 1, _parsed(start + file.readline())
        number = 2
    for at, line in enumerate(file, number):
        if line.strip():
            yield at, _parsed(line)


def _parsed(line: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _elements(source: Source, file: TextIO) -> Iterator[Any]:
    """The elements of an array whose bracket has been read, without holding the whole array."""
    decoder = json.JSONDecoder()
    text, at, is_first = "", 0, True
    while True:
        text, at = _next_token(source, file, text, at)
        if text[at] == "]":
            return
        if not is_first:
            if text[at] != ",":
                raise _broken(source)
            text, at = _next_token(source, file, text, at + 1)
        value, text, at = _decode(source, decoder, file, text[at:])
        yield value
        is_first = False


def _next_token(source: Source, file: TextIO, text: str, at: int) -> tuple[str, int]:
    """The text from the next character that is not blank, read on where it is needed."""
    while True:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at < len(text):
            return text, at
        text, at = file.read(_READ_CHARS), 0
        if not text:
            raise _broken(source)


def _decode(
    source: Source, decoder: json.JSONDecoder, file: TextIO, text: str
) -> tuple[Any, str, int]:
    """One value, the text that it was found in, and where it ends."""
    while True:
        try:
            value, end = decoder.raw_decode(text)
            if end < len(text):  # a number may go on in what follows
                return value, text, end
        except (ValueError, RecursionError):
            if len(text) > _MAX_OBJECT_CHARS:
                raise _broken(source) from None
        more = file.read(max(_READ_CHARS, len(text)))
        if not more:
            raise _broken(source)
        text += more


def _broken(source: Source) -> FileUnreadable:
    return FileUnreadable(
        f"{source.name}: not a whole JSON array",
        expected="[{…}, {…}], or one object a line",
        remedy="export it again",
    )


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
