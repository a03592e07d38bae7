"""What a file looks like, before anybody waits for it to be classified."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from models.errors import FileError
from models.tables import Place, find_tables, open_table, with_texts
from models.tables.columns import ID, TEXT, TITLE, find_column
from service.archive.shards import Columns

PREVIEW_ROWS = 5


@dataclass(frozen=True)
class Preview:
    """One table: how it would be read. Everything but ``error`` is empty where it cannot be."""

    name: str
    encoding: str = ""
    """Empty where the kind of file leaves no choice."""
    sheet: str = ""
    header: Sequence[str] = ()
    text_column: str | None = None
    """None where no column has a usual name: one has to be chosen."""
    title_column: str | None = None
    id_column: str | None = None
    rows: Sequence[Sequence[str]] = ()
    """The first few, whole: they hold petitions and are for the eyes of whoever gave the file."""
    total_bytes: int = 0
    warnings: Sequence[str] = ()
    error: FileError | None = None


def preview(
    path: Path, encoding: str | None = None, columns: Columns | None = None
) -> list[Preview]:
    """Every table of a file with its first rows. Raises FileError for the file as a whole."""
    columns = columns or Columns()
    places = with_texts(find_tables(path), encoding, columns.named())
    return [_look(place, encoding, columns) for place in places]


def _look(place: Place, encoding: str | None, columns: Columns) -> Preview:
    try:
        with open_table(place, encoding, columns.named()) as table:
            rows = list(islice(table.rows, PREVIEW_ROWS))
            text = _name(table.header, columns.text, TEXT)
            missing = [] if text else ["no column has a usual name for texts: choose one"]
            problems = [f"row {row.line}: {row.problem}" for row in rows if row.problem]
            return Preview(
                place.name,
                table.encoding,
                place.sheet,
                table.header,
                text,
                _name(table.header, columns.title, TITLE),
                _name(table.header, columns.id, ID),
                [row.values for row in rows],
                table.total_bytes,
                [*table.notes, *missing, *problems],
            )
    except FileError as error:
        return Preview(place.name, sheet=place.sheet, error=error)


def _name(header: Sequence[str], wanted: str | None, usual: Sequence[str]) -> str | None:
    if wanted is not None:
        return wanted if wanted in header else None
    place = find_column(header, usual)
    return None if place is None else header[place]
