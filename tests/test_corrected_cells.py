"""What the cells of a corrected result say, row by row."""

import pytest
from answers import answer, petition

from models.errors import ColumnMissing
from models.tables import Row, Table
from models.taxonomy import Taxonomy
from models.text import Petition
from service.reviews.corrections import (
    Corrections,
    Places,
    read_corrections,
    write_corrections,
)
from service.reviews.database import Database
from service.reviews.judgement import Label, recent
from service.reviews.records import record

HEADER = ["id", "area", "area_name", "topic", "confirmed", "note"]
SAME = ["safety", "保民安", "telecom-fraud", "", ""]


def read(db: Database, taxonomy: Taxonomy, *cells: list[str], header: list[str]) -> Corrections:
    """What a table says of petitions that were answered telecom fraud."""
    rows = (Row(line, values) for line, values in enumerate(cells, 2))
    table = Table("result.csv", header, rows)
    text = header.index("text") if "text" in header else None
    places = Places.of(table, header.index("id"), text, None)
    return read_corrections(db, table, places, taxonomy, lambda _: answer())


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        (["care", "保民安", "telecom-fraud"], Label("care")),
        (["暖民心", "保民安", "telecom-fraud"], Label("care")),
        (["safety", "暖民心", "telecom-fraud"], Label("care")),
        (["care", "暖民心", "telecom-fraud"], Label("care")),
        (["safety", "保民安", ""], Label("safety")),
        (["safety", "保民安", "电信网络诈骗"], None),
        (["保民安", "", "telecom-fraud"], None),
        (["", "", "telecom-fraud"], None),
    ],
)
def test_changed_cells_are_a_correction(
    sqlite_db: Database, taxonomy: Taxonomy, cells: list[str], label: Label | None
) -> None:
    """By code or name; the topic of the area before goes with it."""
    record(sqlite_db, petition("a"), answer(), "api")
    found = read(sqlite_db, taxonomy, ["a", *cells, "", ""], header=HEADER)
    assert [each.label for each in found.corrected] == ([label] if label else [])
    assert found.unchanged == (label is None)
    assert not found.problems


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (["a", "care", "增民利", "", "", ""], "different areas"),
        (["a", "战争", "", "", "", ""], "no such area"),
        (["a", "care", "", "没有", "", ""], "no such topic"),
        (["", *SAME], "no id"),
        (["b", *SAME], "no petition is kept"),
    ],
)
def test_cells_without_sense_are_told(
    sqlite_db: Database, taxonomy: Taxonomy, cells: list[str], problem: str
) -> None:
    """With the line; the rest of the file is read."""
    record(sqlite_db, petition("a"), answer(), "api")
    found = read(sqlite_db, taxonomy, cells, ["a", *SAME], header=HEADER)
    assert len(found.problems) == 1
    assert found.problems[0].startswith("line 2: ")
    assert problem in found.problems[0]
    assert (found.rows, found.unchanged) == (2, 1)


def test_broken_row_is_told(sqlite_db: Database, taxonomy: Taxonomy) -> None:
    """As the reader of the table says it."""
    table = Table("result.csv", HEADER, iter([Row(2, ["a"], "1 values under 6 columns")]))
    places = Places.of(table, 0, None, None)
    found = read_corrections(sqlite_db, table, places, taxonomy, lambda _: answer())
    assert "1 values under 6 columns" in found.problems[0]


def test_office_may_have_a_column_named_area(sqlite_db: Database, taxonomy: Taxonomy) -> None:
    """Then the answer stands under ``pt_area``, and only that counts."""
    record(sqlite_db, petition("a"), answer(), "api")
    header = ["id", "area", "pt_area"]
    found = read(sqlite_db, taxonomy, ["a", "三百平方米", "care"], header=header)
    assert [each.label for each in found.corrected] == [Label("care")]
    with pytest.raises(ColumnMissing):
        read(sqlite_db, taxonomy, ["a"], header=["id"])


def test_file_without_topics_changes_none(sqlite_db: Database, taxonomy: Taxonomy) -> None:
    """A column that is not there says nothing."""
    record(sqlite_db, petition("a"), answer(), "api")
    assert read(sqlite_db, taxonomy, ["a", "safety"], header=["id", "area"]).unchanged == 1


def test_petition_without_an_answer_is_corrected_or_left(
    sqlite_db: Database, taxonomy: Taxonomy
) -> None:
    """There is nothing to confirm, which is told when it is written."""
    for name in "abc":
        record(sqlite_db, petition(name), answer(None), "api")
    empty = ["", "", "", "", ""]
    confirmed = ["", "", "", "是", ""]
    rows = (["a", *empty], ["b", "care", "", "", "", "=注"], ["c", *confirmed])
    found = read(sqlite_db, taxonomy, *rows, header=HEADER)
    assert (len(found.corrected), len(found.confirmed), found.unchanged) == (1, 1, 1)
    written = list(write_corrections(sqlite_db, found, "王", lambda _: answer(None)))
    assert written[0] is None
    assert "no area to confirm" in str(written[1])
    assert [each.new_area for _, each in recent(sqlite_db)] == ["care"]


def test_petition_not_kept_yet_is_kept(sqlite_db: Database, taxonomy: Taxonomy) -> None:
    """With the answer that it gets now."""
    header = [*HEADER, "text"]
    row = ["-7", "care", "", "", "", "", "路灯不亮"]
    found = read(sqlite_db, taxonomy, row, header=header)
    assert (found.new, found.corrected[0].petition) == (1, Petition("路灯不亮", None, "-7"))
    assert list(write_corrections(sqlite_db, found, "王", lambda _: answer())) == [None]
    assert [name for name, _ in recent(sqlite_db)] == ["-7"]


def test_another_petition_of_the_same_id_is_not_corrected(
    sqlite_db: Database, taxonomy: Taxonomy
) -> None:
    """Offices count from 1 in every file; line ends and numbers that were masked do not matter."""
    record(sqlite_db, Petition("路灯不亮\r\n电话13912345678", id="1"), answer(), "upload")
    header = [*HEADER, "text"]
    rows = [
        ["1", "care", "", "", "", "", text] for text in ("井盖丢了", "路灯不亮\n电话13912345678")
    ]
    found = read(sqlite_db, taxonomy, *rows, header=header)
    assert [each.label for each in found.corrected] == [Label("care")]
    (problem,) = found.problems
    assert problem.startswith("line 2: another text")
