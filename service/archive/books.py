"""Results as Excel opens them: every cell as text, as many sheets as it takes."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from models.tables.guards import ANSWER_COLUMNS

MAX_CELL_UNITS = 32_767
MAX_SHEET_ROWS = 1_048_576
MAX_SHEET_COLUMNS = 16_384
_NUMBERS = ("confidence", "second_confidence")


def write_book(
    file: IO[bytes], header: Sequence[str], parts: Iterable[bytes], folder: Path
) -> None:
    """Every cell as text but confidences; what does not fit on a sheet goes on in the next."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(folder),
    }
    with xlsxwriter.Workbook(file, options) as book:
        number = book.add_format({"num_format": "0.0000"})
        bold = book.add_format({"bold": True})
        width = len(header) - len(ANSWER_COLUMNS)
        numbers = {width + ANSWER_COLUMNS.index(name) for name in _NUMBERS}
        lines = (json.loads(line) for part in parts for line in part.splitlines())
        at = MAX_SHEET_ROWS
        sheet: Any = None
        for cells in lines:
            if at == MAX_SHEET_ROWS:
                sheet, at = _new_sheet(book, header, bold), 1
            _write_line(sheet, at, cells, numbers, number)
            at += 1
        if sheet is None:
            _new_sheet(book, header, bold)


def _new_sheet(book: Any, header: Sequence[str], bold: object) -> Any:  # noqa: ANN401 - untyped library
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet("结果" if number == 1 else f"结果 {number}")
    sheet.freeze_panes(1, 0)
    for at, name in enumerate(header):
        sheet.write_string(0, at, name[:MAX_CELL_UNITS], bold)
    return sheet


def _write_line(
    sheet: Any,  # noqa: ANN401 - untyped library
    line: int,
    cells: Sequence[str],
    numbers: set[int],
    number: object,
) -> None:
    for at, cell in enumerate(cells):
        if at in numbers and cell:
            sheet.write_number(line, at, float(cell), number)
        elif cell:
            sheet.write_string(line, at, _cut(cell))


def _cut(cell: str) -> str:
    if units(cell) <= MAX_CELL_UNITS:
        return cell
    kept = cell.encode("utf-16-le")[: 2 * MAX_CELL_UNITS]
    return kept.decode("utf-16-le", "ignore")


def units(value: str) -> int:
    """Length as Excel counts it: rare characters twice."""
    if 2 * len(value) <= MAX_CELL_UNITS:
        return len(value)
    return len(value.encode("utf-16-le", "surrogatepass")) // 2
