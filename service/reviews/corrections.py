"""A result file that people corrected in Excel, read as reviews."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.classifier import Classifier
from models.errors import InputError, LabelUnknown, PetitionDiffers, PetitionUnknown
from models.prediction import Prediction
from models.tables import Row, Table, find_tables, open_table, with_texts
from models.tables.columns import ID, TEXT, TITLE
from models.taxonomy import Taxonomy
from models.text import Petition
from service.archive import Columns
from service.reviews.database import Database
from service.reviews.judgement import Label, review
from service.reviews.masking import mask
from service.reviews.records import Record, get, record

YES = frozenset({"1", "true", "yes", "y", "x", "是", "对", "√", "✓", "确认", "已确认"})
CONFIRMED_COLUMNS = ("confirmed", "已确认", "确认")
NOTE_COLUMNS = ("note", "备注")
_LABEL_COLUMNS = ("area", "area_name", "topic")

Answers = Callable[[Petition], Prediction]


@dataclass(frozen=True)
class Judged:
    """What one row says of one petition; ``petition`` where it is not kept yet."""

    petition_id: str
    label: Label | None
    note: str | None
    petition: Petition | None = None


@dataclass
class Corrections:
    """What a file says, before anything is written."""

    rows: int = 0
    corrected: list[Judged] = field(default_factory=list)
    confirmed: list[Judged] = field(default_factory=list)
    unchanged: int = 0
    new: int = 0
    """Petitions among them that are not kept yet."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Corrections") -> None:
        """Take in what another table of the same file says."""
        self.rows += other.rows
        self.corrected += other.corrected
        self.confirmed += other.confirmed
        self.unchanged += other.unchanged
        self.new += other.new
        self.problems += other.problems


@dataclass(frozen=True)
class Places:
    """Where the columns of a result file stand; ``text`` and ``title`` only serve new petitions."""

    id: int
    area: int
    text: int | None = None
    title: int | None = None
    optional: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def in_table(cls, table: Table, columns: Columns) -> "Places":
        """The places of the ``columns``. Raises ColumnMissing without one of ids or of areas."""
        at = table.find(columns.id, ID)
        at = table.column("id") if at is None else at
        return cls.of(table, at, table.find(columns.text, TEXT), table.find(columns.title, TITLE))

    @classmethod
    def of(cls, table: Table, id_column: int, text: int | None, title: int | None) -> "Places":
        """The places in a table. Raises ColumnMissing where it has no column of areas."""
        found = {name: at for name in _LABEL_COLUMNS if (at := _answer_place(table, name)) >= 0}
        for name, usual in (("confirmed", CONFIRMED_COLUMNS), ("note", NOTE_COLUMNS)):
            there = [table.header.index(each) for each in usual if each in table.header]
            found |= {name: there[0]} if there else {}
        area = found.pop("area") if "area" in found else table.column("area")
        return cls(id_column, area, text, title, found)


def read_file(
    db: Database,
    path: Path,
    classifier: Classifier,
    columns: Columns,
    encoding: str | None = None,
) -> Corrections:
    """What all tables of a file say; nothing is written. Raises FileError."""
    found = Corrections()
    named = columns.named()
    tables = with_texts(find_tables(path), encoding, named)
    for each in tables:
        with open_table(each, encoding, named) as table:
            places = Places.in_table(table, columns)
            told = read_corrections(db, table, places, classifier.taxonomy, classifier.classify)
        if len(tables) > 1:
            told.problems = [f"{each.name}, {problem}" for problem in told.problems]
        found.add(told)
    return found


def read_corrections(
    db: Database, table: Table, places: Places, taxonomy: Taxonomy, answers: Answers
) -> Corrections:
    """What the rows say, beside what the model answered; nothing is written.

    A changed area or topic is a correction. An unchanged row is a confirmation only where a column
    ``confirmed`` says so. Petitions that are not kept yet are answered by ``answers``, so that the
    change can be seen.
    """
    found = Corrections()
    for row in table.rows:
        found.rows += 1
        try:
            _read_row(db, row, places, taxonomy, answers, found)
        except (InputError, LabelUnknown, PetitionDiffers) as error:
            found.problems.append(f"line {row.line}: {error}")
    return found


def write_corrections(
    db: Database, found: Corrections, by: str, answers: Answers
) -> Iterator[str | None]:
    """Write one review after another; None for each that was written, else why it was not.

    Writing the same again changes nothing.
    """
    for each in (*found.corrected, *found.confirmed):
        try:
            if each.petition is not None:
                record(db, each.petition, answers(each.petition), "upload")
            review(db, each.petition_id, by, each.label, source="import", note=each.note)
        except (LabelUnknown, PetitionDiffers, PetitionUnknown) as error:
            yield f"{each.petition_id}: {error}"
        else:
            yield None


def _read_row(
    db: Database,
    row: Row,
    places: Places,
    taxonomy: Taxonomy,
    answers: Answers,
    found: Corrections,
) -> None:
    if row.problem:
        raise LabelUnknown(row.problem, remedy="mend this row in the file")
    cells = {name: row.values[at].strip() for name, at in places.optional.items()}
    petition_id = row.values[places.id].strip()
    if not petition_id and not row.values[places.area].strip() and not cells.get("area_name"):
        found.unchanged += 1  # a row that was never answered
        return
    if not petition_id:
        raise LabelUnknown("the row has no id", remedy="keep the column of ids as it was")
    known, petition = _known(db, row, places, petition_id)
    answered = known.answered if known else _answered(answers, petition)
    label = _label(row.values[places.area].strip(), cells, answered, taxonomy)
    is_confirmed = cells.get("confirmed", "").lower() in YES
    is_done = label is not None and known is not None and _is_in_force(known, label)
    if is_done or (label is None and not is_confirmed):
        found.unchanged += 1
        return
    judged = Judged(petition_id, label, cells.get("note") or None, petition)
    found.new += petition is not None
    (found.corrected if label else found.confirmed).append(judged)


def _is_in_force(known: Record, label: Label) -> bool:
    """Whether people have said the same already."""
    return known.review is not None and known.label == (label.area, label.topic)


def _known(
    db: Database, row: Row, places: Places, petition_id: str
) -> tuple[Record | None, Petition | None]:
    """The record, or else the petition as it stands in the row.

    Offices count anew in each file: a kept petition of the same id may be another one.
    """
    text = row.values[places.text] if places.text is not None else ""
    try:
        kept = get(db, petition_id)
    except PetitionUnknown as error:
        if places.text is None:
            raise LabelUnknown(
                "no petition is kept under the id in this row", remedy="add the column of its text"
            ) from error
    else:
        if text.strip() and _bare(text) != _bare(kept.text):
            raise PetitionDiffers(
                "another text is kept under the id in this row",
                remedy="name a column of ids that differ between files, or restore the text",
            )
        return kept, None
    title = row.values[places.title] if places.title is not None else ""
    return None, Petition(text, title or None, petition_id)


def _bare(text: str) -> str:
    """The text as it is kept at least: masked, and without what Excel changes of line ends."""
    return "".join(mask(text).split())


def _answered(answers: Answers, petition: Petition | None) -> tuple[str | None, str | None]:
    if petition is None:
        return None, None
    prediction = answers(petition)
    return (prediction.area.area if prediction.area else None), prediction.topic


def _label(
    area_cell: str,
    cells: Mapping[str, str],
    answered: tuple[str | None, str | None],
    taxonomy: Taxonomy,
) -> Label | None:
    """The label that people put in place of the one answered; None where nothing was changed.

    Either of the columns for the area's code and name may have been changed.
    """
    area, topic = answered
    named = {cell: _area_code(taxonomy, cell) for cell in (area_cell, cells.get("area_name", ""))}
    changed = {code for cell, code in named.items() if cell and code != area}
    if len(changed) > 1:
        raise LabelUnknown("area and area_name were changed to different areas")
    if not changed and area is None:
        return None
    new_area = changed.pop() if changed else str(area)
    topic_cell = cells.get("topic", "")
    if new_area != area and _is_topic(taxonomy, str(area), topic_cell, topic):
        topic_cell = ""  # the topic of the area before
    label = Label.read(taxonomy, str(new_area), topic_cell or None)
    if "topic" not in cells and new_area == area:
        return None
    return None if (label.area, label.topic) == answered else label


def _area_code(taxonomy: Taxonomy, cell: str) -> str | None:
    if not cell:
        return None
    return Label.read(taxonomy, cell).area


def _is_topic(taxonomy: Taxonomy, area: str, cell: str, topic: str | None) -> bool:
    found = taxonomy.area(area)
    named = found.topic(cell) if found else None
    return named is not None and named.code == topic


def _answer_place(table: Table, name: str) -> int:
    """The column of an answer; the one with a prefix where the office has its own of that name."""
    while f"pt_{name}" in table.header:
        name = f"pt_{name}"
    return table.header.index(name) if name in table.header else -1
