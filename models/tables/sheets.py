"""Sheets of Excel, with all that stands around the table in them."""

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice

import python_calamine

from models.errors import ColumnMissing, FileUnreadable
from models.tables.columns import header_place, told_columns
from models.tables.encodings import doubts
from models.tables.rows import Row, Table
from models.tables.sources import Source
from models.tables.workbooks import MAX_WORKBOOK_BYTES, check_workbook

SUFFIXES = (".xlsx", ".xlsm", ".xls")
_HEADER_ROWS = 20
_EXACT_DIGITS = 10**15
"""Excel keeps 15 digits of a number and turns the others into zeros."""
_ROUNDED = "numbers of more than 15 digits are stored as numbers: Excel has lost their last digits"
_SAMPLE_CHARS = 4_000

Cells = Sequence[object]


def sheet_names(source: Source) -> list[str]:
    """The sheets that hold anything, or the first of all that are empty. Raises FileUnreadable."""
    book = _open_book(source)
    kind = python_calamine.SheetTypeEnum.WorkSheet
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == kind]
    if not names:
        raise FileUnreadable(f"{source.name}: has no sheet with cells")
    if len(names) == 1:
        return names
    return [name for name in names if not _is_empty(book, name)] or names[:1]


@contextmanager
def open_sheet(source: Source, sheet: str, named: Sequence[str] = ()) -> Iterator[Table]:
    """One sheet; title rows above the header and blank rows are left out.

    Raises FileUnreadable, or ColumnMissing for an empty sheet.
    """
    book = _open_book(source)
    try:
        found = book.get_sheet_by_name(sheet)
    except Exception as error:  # damaged bytes raise whatever they like
        raise _damaged(source, error) from error
    yield build_table(source, enumerate(found.iter_rows(), 1), named, height=found.total_height)


def build_table(
    source: Source,
    records: Iterable[tuple[int, Cells]],
    named: Sequence[str],
    encoding: str = "",
    height: int = 1,
) -> Table:
    """The table among numbered rows of typed cells, of which there are ``height``.

    Raises ColumnMissing where all are empty.
    """
    filled = ((line, cells) for line, cells in records if any(cell != "" for cell in cells))
    first = list(islice(filled, _HEADER_ROWS))
    if not first:
        raise ColumnMissing(f"{source.name}: the sheet is empty")
    at = _header_place([_texts(cells) for _, cells in first], named)
    header = _trimmed([text.strip() for text in _texts(first[at][1])])
    doubt = doubts("".join("".join(_texts(cells)) for _, cells in first)[:_SAMPLE_CHARS])
    notes = [f"{source.name}: {doubt}"] if doubt else []
    if at:
        notes.append(f"{source.name}: {at} rows above the header are left out")
    found = _Rows(source.name, header, notes)
    rows = found.read(chain(first[at + 1 :], filled))
    total = source.total_bytes
    position = partial(_share, total, found, max(height, 1))
    return Table(source.name, header, rows, position, total, encoding, notes)


def _share(total_bytes: int, rows: "_Rows", height: int) -> int:
    return total_bytes * rows.line // height


class _Rows:
    """The rows under a header; the first number that Excel has rounded leaves a note."""

    def __init__(self, name: str, header: Sequence[str], notes: list[str]) -> None:
        self._name, self._header, self._notes = name, header, notes
        self._is_noted = False
        self.line = 0

    def read(self, records: Iterable[tuple[int, Cells]]) -> Iterator[Row]:
        """Rows as wide as the header; what stands beside it is a problem."""
        width = len(self._header)
        for line, cells in records:
            self.line = line
            self._note_rounded(line, cells)
            values = _texts(cells)
            if len(values) > width:
                surplus = _trimmed(values[width:])
                if surplus:
                    told = f"{width + len(surplus)} values under {width} columns"
                    yield Row(line, values[: width + len(surplus)], told)
                    continue
                values = values[:width]
            yield Row(line, [*values, *[""] * (width - len(values))])

    def _note_rounded(self, line: int, cells: Cells) -> None:
        for at, cell in enumerate(cells):
            if isinstance(cell, float) and abs(cell) >= _EXACT_DIGITS and not self._is_noted:
                self._is_noted = True
                column = told_columns(self._header[at : at + 1])
                self._notes.append(f"{self._name}: {_ROUNDED} (column {column}, from row {line})")


def _open_book(source: Source) -> python_calamine.CalamineWorkbook:
    with source.open() as stream:
        content = stream.read(MAX_WORKBOOK_BYTES + 1)
    if len(content) > MAX_WORKBOOK_BYTES:
        raise FileUnreadable(f"{source.name}: over {MAX_WORKBOOK_BYTES >> 20} MB")
    if content.startswith(b"PK"):
        check_workbook(source.name, content)
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise FileUnreadable(
            f"{source.name}: has a password", remedy="save it without one in Excel"
        ) from error
    except Exception as error:  # damaged bytes raise whatever they like
        raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> FileUnreadable:
    return FileUnreadable(
        f"{source.name}: not a whole workbook ({type(error).__name__})",
        remedy="open it in Excel and save it again",
    )


def _is_empty(book: python_calamine.CalamineWorkbook, name: str) -> bool:
    """Whether a sheet has no cells; one that cannot be read is told when its turn comes."""
    try:
        return book.get_sheet_by_name(name).height == 0
    except Exception:  # noqa: BLE001 - damaged bytes raise whatever they like
        return False


def _header_place(records: Sequence[Sequence[str]], named: Sequence[str]) -> int:
    """The row that names the columns; else the first that is about as wide as the widest."""
    place = header_place(records, named)
    if place is not None:
        return place
    filled = [sum(map(bool, values)) for values in records]
    return next(at for at, count in enumerate(filled) if 2 * count >= max(filled))


def _texts(cells: Cells) -> list[str]:
    return [cell if isinstance(cell, str) else _text(cell) for cell in cells]


def _text(cell: object) -> str:
    """A typed cell as Excel would show it."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds" if not cell.microsecond else "auto")
    return str(cell)


def _trimmed(values: list[str]) -> list[str]:
    """Without the empty ones at the end."""
    while values and not values[-1]:
        values = values[:-1]
    return values
