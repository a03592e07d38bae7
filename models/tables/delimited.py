"""CSV, TSV and plain text: one record after the other, of which none is dropped."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, TextIO

from models.errors import ColumnMissing, FileUnreadable
from models.tables.columns import header_place, is_header
from models.tables.encodings import doubts, open_text
from models.tables.guards import is_result, unguard
from models.tables.rows import Row, Table
from models.tables.sources import Source, Stream

DELIMITERS = {".csv": ",", ".tsv": "\t"}
_GUESSED = (",", "\t", ";")
_NAMED = (*_GUESSED, "|", "，")
"""Also found where the names on both sides are known."""
_HEADER_LINES = 20
_SAMPLE_CHARS = 4_000
_END = "\n"
"""A line put behind the file: an empty record, or part of a field whose quotation mark is open."""

_OPEN_QUOTE = "a quotation mark is never closed: all that follows it stands in this row"

MAX_FIELD_CHARS = 1 << 24
"""More is no petition but a quotation mark that swallows the rest of a large file."""

# The default of 131,072 characters rejects long petitions.
csv.field_size_limit(MAX_FIELD_CHARS)


@contextmanager
def open_delimited(
    source: Source, encoding: str | None = None, named: Sequence[str] = ()
) -> Iterator[Table]:
    """A CSV or TSV file with a header line, or a text of one petition a line.

    A row with more or fewer values than the header comes with a ``problem``, never dropped. Raises
    FileUnreadable, EncodingUnknown or ColumnMissing (no header at all).
    """
    with open_text(source, encoding) as file:
        first = _first_lines(file)
        delimiter = _delimiter(first, source.suffix, named)
        lines = chain(first, file)
        if delimiter is None:
            table = Table(source.name, ["text"], _plain_rows(lines, named))
        else:
            reader = csv.reader(chain(lines, [_END]), delimiter=delimiter)
            table = _delimited(source, reader, named)
        yield _described(table, source, file, doubts("".join(first)[:_SAMPLE_CHARS]))


def _described(table: Table, source: Source, file: TextIO, doubt: str) -> Table:
    stream = file.buffer
    notes = [*table.notes, *([f"{source.name}: {doubt}"] if doubt else [])]
    position = stream.position if isinstance(stream, Stream) else table.read_bytes
    return Table(
        table.name, table.header, table.rows, position, source.total_bytes, file.encoding, notes
    )


def _delimited(source: Source, reader: Any, named: Sequence[str]) -> Table:  # noqa: ANN401 - csv's reader type has no public name
    numbered = _records(source, reader)
    first = list(islice(numbered, _HEADER_LINES))
    records = [values for _, values in first]
    at = header_place(records, named)
    if at is None:
        filled = (at for at, values in enumerate(records) if any(map(str.strip, values)))
        at = next(filled, None)
    if at is None:
        raise ColumnMissing(
            f"{source.name}: the first line is empty", expected="a header that names the columns"
        )
    header = [name.strip() for name in first[at][1]]
    notes = [f"{source.name}: {at} lines above the header are left out"] if at else []
    rows = _rows(chain(first[at + 1 :], numbered), len(header))
    if is_result(header):
        rows = (row._replace(values=[unguard(cell) for cell in row.values]) for row in rows)
        header = [unguard(name) for name in header]
    return Table(source.name, header, rows, notes=notes)


def _records(source: Source, reader: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 - csv's reader type has no public name
    """The line that each record ends on, and its values."""
    line = 0
    try:
        for values in reader:
            line = reader.line_num
            yield line, values
    except csv.Error as error:
        raise FileUnreadable(
            f"{source.name}, line {line + 1}: a value of over {MAX_FIELD_CHARS} characters",
            remedy="close the quotation mark in this line, or take it out",
        ) from error


def _first_lines(file: TextIO) -> list[str]:
    """The first lines without a mark, and without the ``sep=;`` that Excel understands."""
    lines = list(islice(file, _HEADER_LINES))
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    return lines[1:] if lines and lines[0].startswith("sep=") else lines


def _delimiter(first: Sequence[str], suffix: str, named: Sequence[str]) -> str | None:
    """What stands between the values, or None for a plain text.

    A line that names known columns tells; else the first line, by what it has most of.
    """
    if suffix == ".tsv":
        return "\t"
    for line in first:
        for delimiter in _NAMED:
            cells = [cell.strip(' "\r\n') for cell in line.split(delimiter)]
            if len(cells) > 1 and is_header(cells, named):
                return delimiter
    if suffix == ".txt":
        return None
    bare = "".join(next((line for line in first if line.strip()), "").split('"')[::2])
    return max(_GUESSED, key=bare.count)


def _rows(records: Iterable[tuple[int, list[str]]], width: int) -> Iterator[Row]:
    """All records but blank lines; where a quotation mark is never closed, the last one says so."""
    last: tuple[int, list[str]] | None = None
    for record in records:
        if last is not None and (last[1] or width == 1):
            yield _row(*last, width)
        last = record
    if last is not None and last[1]:  # it has swallowed the line behind the file
        line, values = last
        yield Row(line - 1, [*values[:-1], values[-1].removesuffix(_END)], _OPEN_QUOTE)


def _row(line: int, values: list[str], width: int) -> Row:
    if len(values) == width:
        return Row(line, values)
    if not values:
        return Row(line, [""])
    return Row(line, values, f"{len(values)} values under {width} columns")


def _plain_rows(lines: Iterable[str], named: Sequence[str]) -> Iterator[Row]:
    """A row for each line that is not blank; a first line that only says ``内容`` is a header."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text.strip() and not (number == 1 and is_header([text], named)):
            yield Row(number, [text])
