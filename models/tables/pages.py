"""Tables out of web pages and XML that many systems export under the name of a sheet (.xls)."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

from models.tables.encodings import open_text
from models.tables.rows import Table
from models.tables.sheets import build_table
from models.tables.sources import Source, Stream

_READ_CHARS = 1 << 16
_ROWS, _CELLS = ("tr", "row"), ("td", "th", "cell")
"""HTML, and Excel's XML of 2003."""
_HIDDEN = ("style", "script", "title", "xml", "head")
_MAX_SPAN = 1_000
_BLANK = re.compile(r"\s+")


@contextmanager
def open_page(
    source: Source, encoding: str | None = None, named: Sequence[str] = ()
) -> Iterator[Table]:
    """All rows of all tables of the page. Raises FileUnreadable, EncodingUnknown, ColumnMissing."""
    with open_text(source, encoding) as file:
        parser = _Rows()
        records = _records(parser, iter(partial(file.read, _READ_CHARS), ""))
        table = build_table(source, records, named, file.encoding)
        stream = file.buffer
        yield replace(table, read_bytes=stream.position) if isinstance(stream, Stream) else table


def _records(parser: "_Rows", chunks: Iterator[str]) -> Iterator[tuple[int, Sequence[object]]]:
    line = 0
    for chunk in chunks:
        parser.feed(chunk)
        found, parser.found = parser.found, []
        for cells in found:
            line += 1
            yield line, cells


class _Rows(HTMLParser):
    """Collects each row when it ends; a cell over several columns leaves empty ones behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self._cells: list[str] = []
        self._text: list[str] | None = None
        self._span = 1
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell."""
        if tag in _ROWS:
            self._end_row()
        elif tag in _CELLS:
            self._end_cell()
            self._begin_cell(dict(attrs))
        elif tag == "br" and self._text is not None:
            self._text.append("\n")
        elif tag in _HIDDEN:
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        if tag in _ROWS or tag == "table":
            self._end_row()
        elif tag in _CELLS:
            self._end_cell()
        elif tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        """What is written in a cell; line feeds of the source are but blanks."""
        if self._text is not None and not self._hidden:
            self._text.append(_BLANK.sub(" ", data))

    def _begin_cell(self, attributes: dict[str, str | None]) -> None:
        index = _number(attributes.get("ss:index"))
        self._cells += [""] * (index - 1 - len(self._cells))
        across = _number(attributes.get("ss:mergeacross"))
        self._span = max(_number(attributes.get("colspan")), across + 1)
        self._text = []

    def _end_cell(self) -> None:
        if self._text is not None:
            self._cells += ["".join(self._text).strip(), *[""] * (self._span - 1)]
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells:
            self.found.append(self._cells)
        self._cells = []


def _number(value: str | None) -> int:
    return min(int(value), _MAX_SPAN) if value and value.isdecimal() else 0
