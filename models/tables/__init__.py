"""Rows out of the files that offices keep: CSV, TSV, Excel, JSON, plain text, gz and zip.

``find_tables`` says what a file holds, ``open_table`` reads one of these tables. ``sources`` has
the bytes and their limits, ``encodings`` the characters, ``delimited``, ``sheets``, ``pages`` and
``objects`` one kind of file each, ``columns`` the names that columns go by.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import ColumnMissing, FileError, FileUnreadable
from models.tables.columns import TEXT, find_column
from models.tables.delimited import DELIMITERS, open_delimited
from models.tables.objects import open_objects
from models.tables.pages import open_page
from models.tables.rows import Row, Table
from models.tables.sheets import SUFFIXES as SHEETS
from models.tables.sheets import open_sheet, sheet_names
from models.tables.sources import Source, sources_in

__all__ = ["KINDS", "Place", "Row", "Table", "find_tables", "is_table", "open_table", "with_texts"]

KINDS = (*DELIMITERS, ".txt", ".jsonl", ".json", *SHEETS)
"""Suffixes that are read, also inside .zip and before .gz."""

_SNIFFED_BYTES = 512
_BOOK_STARTS = (b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1"))
_WEB_PAGE = "(a web page)"


@dataclass(frozen=True)
class Place:
    """Where a table stands: a file, or a part of it."""

    source: Source
    sheet: str = ""
    is_only_sheet: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @property
    def name(self) -> str:
        """The file's name, with the member or sheet behind a slash."""
        is_part = self.sheet and not self.is_only_sheet
        return f"{self.source.name}/{self.sheet}" if is_part else self.source.name


def is_table(name: str) -> bool:
    """Whether a file of this name is read."""
    lower = name.lower()
    return lower.endswith((*KINDS, ".zip", *(f"{kind}.gz" for kind in KINDS)))


def find_tables(path: Path) -> list[Place]:
    """All tables of a file, at least one. Raises FileUnreadable.

    A member of a zip file that cannot be read comes as a table too, whose opening says why.
    """
    sources = sources_in(path)
    if not sources:
        raise FileUnreadable(f"{path.name}: holds no file")
    return [place for source in sources for place in _places(source, is_only=len(sources) == 1)]


def open_table(
    place: Path | Place, encoding: str | None = None, named: Sequence[str] = ()
) -> AbstractContextManager[Table]:
    """A table, read as the suffix of its file says.

    ``named`` are names of columns that the caller was given; without them the header is looked for
    by the usual names. A path must hold one table only: of several sheets, one with a column for
    texts. Raises FileError.
    """
    return _open(_only(place, encoding) if isinstance(place, Path) else place, encoding, named)


def with_texts(
    places: Sequence[Place], encoding: str | None = None, named: Sequence[str] = ()
) -> list[Place]:
    """The places without those sheets that have no column for texts beside one that has."""
    found = [
        place
        for place in places
        if not place.sheet or place.is_only_sheet or _has_text(place, encoding, named)
    ]
    return found or list(places)


def _places(source: Source, *, is_only: bool) -> list[Place]:
    try:
        source = _by_content(source)
    except FileError:
        return [Place(source)]
    if source.suffix not in SHEETS:
        return [Place(source)]
    try:
        names = sheet_names(source)
    except FileError:
        if is_only:
            raise
        return [Place(source)]
    return [Place(source, name, len(names) == 1) for name in names]


def _by_content(source: Source) -> Source:
    """The source under the suffix that its content has: sheets are often called .csv, or text .xls.

    Web pages are told apart: many systems export them under the name of a sheet.
    """
    if source.suffix not in (*DELIMITERS, ".txt", *SHEETS):
        return source
    with source.open() as stream:
        start = stream.read(_SNIFFED_BYTES)
    is_book = start.startswith(_BOOK_STARTS)
    if source.suffix not in SHEETS:
        return replace(source, suffix=".xlsx") if is_book else source
    if is_book or source.suffix != ".xls" or not start:
        return source
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return replace(source, suffix=_WEB_PAGE)
    return replace(source, suffix=".csv")


def _only(path: Path, encoding: str | None) -> Place:
    places = with_texts(find_tables(path), encoding)
    if len(places) != 1:
        raise FileUnreadable(
            f"{path.name}: {len(places)} tables", expected="one", remedy="save each as a file"
        )
    return places[0]


def _has_text(place: Place, encoding: str | None, named: Sequence[str]) -> bool:
    try:
        with _open(place, encoding, named) as table:
            wanted = set(named) & set(table.header)
            return bool(wanted) or find_column(table.header, TEXT) is not None
    except (FileError, ColumnMissing):
        return False


def _open(
    place: Place, encoding: str | None, named: Sequence[str]
) -> AbstractContextManager[Table]:
    suffix = place.source.suffix
    if suffix in (*DELIMITERS, ".txt"):
        return open_delimited(place.source, encoding, named)
    if suffix in (".jsonl", ".json"):
        return open_objects(place.source, encoding, named)
    if suffix in SHEETS:
        return _named(place, open_sheet(place.source, place.sheet, named))
    if suffix == _WEB_PAGE:
        return open_page(place.source, encoding, named)
    raise FileUnreadable(
        f"{place.name}: files of kind {suffix or '(no suffix)'} are not read",
        expected=", ".join(KINDS),
        remedy="save the table as CSV or XLSX",
    )


@contextmanager
def _named(place: Place, opened: AbstractContextManager[Table]) -> Iterator[Table]:
    with opened as table:
        yield replace(table, name=place.name)
