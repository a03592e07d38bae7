"""What a workbook would take in memory, found out before its reader takes it.

The reader keeps a sheet as a full rectangle: one stray cell in the last corner of an otherwise
empty sheet asks for 512 GB and ends the process.
"""

import io
import re
import zipfile
from collections.abc import Iterator

from models.errors import FileUnreadable
from models.tables.sources import check_ratio, checked_zip

MAX_WORKBOOK_BYTES = 1 << 30
"""Unpacked; a workbook is read into memory as a whole."""
MAX_CELLS = 40_000_000
"""Of a sheet's rectangle: a full sheet of 38 columns."""
_OTHER_BOOKS = ("xl/workbook.bin", "content.xml")
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 32
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_WIDE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{2,3})[0-9]""")
_MOST_COLUMNS_OF_ONE_LETTER = 26


def check_workbook(name: str, content: bytes) -> None:
    """Raise FileUnreadable for a bomb, and for a packed book that is not of Excel's XML kind."""
    with checked_zip(name, io.BytesIO(content)) as packed:
        infos = packed.infolist()
        unpacked = sum(info.file_size for info in infos)
        check_ratio(name, unpacked, len(content))
        if unpacked > MAX_WORKBOOK_BYTES:
            raise FileUnreadable(
                f"{name}: {unpacked >> 20} MB when unpacked",
                expected=f"at most {MAX_WORKBOOK_BYTES >> 20}",
                remedy="save it as CSV",
            )
        if any(info.filename.lower().lstrip("/").endswith(_OTHER_BOOKS) for info in infos):
            raise FileUnreadable(
                f"{name}: is not of Excel's kind XLSX", remedy="open it and save it as XLSX"
            )
        for info in infos:
            _check_member(name, packed, info)


def _check_member(name: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Whether it is as long as announced, and its cells lie close enough together."""
    columns, row_digits = _MOST_COLUMNS_OF_ONE_LETTER, 0
    for chunk in _chunks(name, packed, info):
        columns = max(columns, *map(_column, set(_WIDE.findall(chunk))), 0)
        while re.search(rb"""\br\s*=\s*["'][A-Za-z]{1,3}[0-9]{%d}""" % (row_digits + 1), chunk):
            row_digits += 1
    if columns * 10**row_digits > MAX_CELLS:
        cells = _exact(name, packed, info)
        if cells > MAX_CELLS:
            raise FileUnreadable(
                f"{name}: a sheet whose cells lie {cells} apart",
                expected=f"at most {MAX_CELLS}",
                remedy="delete the stray cells far from the table, or save it as CSV",
            )


def _exact(name: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """The area of the rectangle that all cells span."""
    rows, columns = 0, 0
    for chunk in _chunks(name, packed, info):
        found = _REFERENCE.findall(chunk)
        if found:
            rows = max(rows, *(int(row) for _, row in found))
            columns = max(columns, *map(_column, {letters for letters, _ in found}))
    return rows * columns


def _chunks(name: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in overlapping pieces; raises FileUnreadable where it is longer than it says."""
    announced, count, end = info.file_size, 0, b""
    info.file_size = MAX_WORKBOOK_BYTES * 2  # the library stops reading where this says
    try:
        with packed.open(info) as member:
            while chunk := member.read(_CHUNK_BYTES):
                count += len(chunk)
                if count > announced:
                    raise FileUnreadable(
                        f"{name}: a part of it is longer than announced, as in a compression bomb"
                    )
                yield end + chunk
                end = chunk[-_OVERLAP_BYTES:]
    finally:
        info.file_size = announced


def _column(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
