"""Labelled rows, read strictly: either every row can be learnt from, or all problems are listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import DatasetError, InputError
from models.files import sha256
from models.tables import Row, Table, find_tables, open_table, with_texts
from models.tables.columns import AREA, TEXT, find_column, told_columns
from models.taxonomy import Area, Taxonomy
from models.text import Petition, read

COLUMNS = ("text", "area", "title", "topic", "also", "id", "author", "rule", "sample")
MAX_LABEL_CHARS = 16
"""A longer label is not told: the column may hold petitions."""

MIN_ROWS = 3
"""An area with fewer rows cannot be learnt: few terms from fewer than three rows are kept."""


@dataclass(frozen=True)
class Labelled:
    """One row: what was sent, folded, and what people say it is."""

    folded: str
    area: str
    topic: str | None
    also: tuple[str, ...]
    author: str
    rule: str
    source: str
    petition: Petition
    is_local: bool = True
    """Whether it is an office's own row, not one of the shipped."""
    sample: bool = False
    """Drawn by lot from decisions made alone, and judged by the office: its honest sample."""


@dataclass(frozen=True)
class Dataset:
    """Rows that can all be learnt from; ``sources`` maps each file to its SHA-256."""

    taxonomy: Taxonomy
    rows: Sequence[Labelled]
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def evidence(self) -> str:
        """Whose rows they are, as ``Certificate.evidence`` says it."""
        return "office" if self.are_local().all() else "shipped"

    def joined(self, other: "Dataset") -> "Dataset":
        """The rows of both."""
        return replace(
            self,
            rows=[*self.rows, *other.rows],
            sources={**self.sources, **other.sources},
            notes=[*self.notes, *other.notes],
        )

    def of(self, mask: npt.NDArray[np.bool_]) -> "Dataset":
        """The rows where ``mask`` is true."""
        return replace(self, rows=[self.rows[at] for at in np.flatnonzero(mask).tolist()])

    def weights(self, local: float) -> npt.NDArray[np.float64]:
        """How much each row counts: ``local`` for an office's own, 1 for a shipped one."""
        return np.where(self.are_local(), local, 1.0)

    def are_local(self) -> npt.NDArray[np.bool_]:
        """Per row, whether it is an office's own."""
        return np.array([row.is_local for row in self.rows], dtype=bool)

    def without_texts(self) -> "Dataset":
        """The same rows with their labels alone, as other processes need them."""
        nothing = Petition("")
        return replace(self, rows=[replace(row, folded="", petition=nothing) for row in self.rows])

    def areas(self) -> npt.NDArray[np.str_]:
        """Area code per row."""
        return np.array([row.area for row in self.rows])

    def topics(self) -> npt.NDArray[np.str_]:
        """Topic code per row, empty where none is given."""
        return np.array([row.topic or "" for row in self.rows])

    def samples(self) -> npt.NDArray[np.bool_]:
        """Whether each row belongs to an honest sample."""
        return np.array([row.sample for row in self.rows], dtype=bool)

    def authors(self) -> npt.NDArray[np.str_]:
        """Author per row."""
        return np.array([row.author for row in self.rows])


def read_dataset(
    paths: Sequence[Path], taxonomy: Taxonomy, columns: Mapping[str, str] | None = None
) -> Dataset:
    """All rows of the files.

    ``columns`` gives the header's name for any of ``COLUMNS`` that is named otherwise. Raises
    DatasetError with every row that cannot be used, FileError for a file that cannot be read.
    """
    rows: list[Labelled] = []
    problems: list[str] = []
    notes: list[str] = []
    named = tuple((columns or {}).values())
    places = [place for path in paths for place in with_texts(find_tables(path), named=named)]
    for place in places:
        with open_table(place, named=named) as table:
            found = _columns(table, columns or {})
            notes += [*table.notes, *_unknown_columns(table, found)]
            for row in _read_rows(table, taxonomy, found):
                (rows if isinstance(row, Labelled) else problems).append(row)  # type: ignore[arg-type]
    if problems:
        raise DatasetError(
            f"{len(problems)} of {len(rows) + len(problems)} rows cannot be used",
            problems=tuple(problems),
            remedy="correct them and train again; nothing was changed",
        )
    names = [path.name for path in paths]
    sources = {
        path.name if names.count(path.name) == 1 else path.as_posix(): sha256(path)
        for path in paths
    }
    return Dataset(taxonomy, rows, sources, notes)


def check_learnable(dataset: Dataset) -> None:
    """Raise DatasetError unless there are two areas, and enough rows of each that occurs."""
    names, counts = np.unique(dataset.areas(), return_counts=True)
    if len(names) < 2:  # noqa: PLR2004
        found = ", ".join(names) or "none"
        raise DatasetError(
            f"{len(dataset.rows)} rows of {len(names)} area ({found})",
            remedy="give rows of at least two areas",
        )
    thin = [
        f"area {name}: {count} rows"
        for name, count in zip(names, counts, strict=True)
        if count < MIN_ROWS
    ]
    if thin:
        raise DatasetError(
            f"{len(thin)} areas have fewer than {MIN_ROWS} rows",
            problems=tuple(thin),
            remedy="add rows, or leave these areas out",
        )


def _columns(table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    """The header's name for each of ``COLUMNS`` that is there, guessed where none is given."""
    found = {name: columns.get(name, name) for name in COLUMNS}
    for name, usual in (("text", TEXT), ("area", AREA)):
        place = find_column(table.header, usual)
        if name not in columns and place is not None:
            found[name] = table.header[place]
    return found


def _unknown_columns(table: Table, columns: Mapping[str, str]) -> list[str]:
    known = {columns.get(name, name) for name in COLUMNS}
    unknown = [name for name in table.header if name not in known]
    return [f"{table.name}: columns ignored: {told_columns(unknown)}"] if unknown else []


def _read_rows(
    table: Table, taxonomy: Taxonomy, columns: Mapping[str, str]
) -> Iterator[Labelled | str]:
    for name in ("text", "area"):
        table.column(columns.get(name, name))
    places = {
        name: table.header.index(columns.get(name, name))
        for name in COLUMNS
        if columns.get(name, name) in table.header
    }
    for row in table.rows:
        where = f"{table.name}, line {row.line}"
        if row.problem:
            yield f"{where}: {row.problem}"
            continue
        cells = {name: row.values[at].strip() for name, at in places.items()}
        yield _label(cells, where, table, row, taxonomy)


def _label(
    cells: Mapping[str, str], where: str, table: Table, row: Row, taxonomy: Taxonomy
) -> Labelled | str:
    petition = Petition(cells["text"], cells.get("title") or None, cells.get("id") or None)
    try:
        folded = read(petition).folded
    except InputError as error:
        return f"{where}, column text: {error.found}"
    area = taxonomy.area(cells["area"])
    if area is None:
        return f"{where}, column area: unknown area {_shown(cells['area'])}"
    topic = _topic(cells.get("topic", ""), area)
    also = [
        taxonomy.area(label.strip()) for label in cells.get("also", "").split("|") if label.strip()
    ]
    if topic is None:
        return f"{where}, column topic: {_shown(cells['topic'])} is no topic of {area.code}"
    if None in also:
        return f"{where}, column also: unknown area in {_shown(cells['also'])}"
    return Labelled(
        folded=folded,
        area=area.code,
        topic=topic or None,
        also=tuple(found.code for found in also if found),
        author=cells.get("author") or Path(table.name).stem,
        rule=cells.get("rule", ""),
        source=f"{table.name}:{row.line}",
        petition=petition,
        sample=cells.get("sample", "").lower() in ("1", "true", "是"),
    )


def _shown(value: str) -> str:
    """A label as it stands in the file, of a long one only its length."""
    return repr(value) if len(value) <= MAX_LABEL_CHARS else f"one of {len(value)} characters"


def _topic(label: str, area: Area) -> str | None:
    """The topic's code, empty where none is given, None where it is not of this area."""
    if not label:
        return ""
    found = area.topic(label)
    return found.code if found else None
