"""Reading what offices keep."""

import json
from pathlib import Path

import pytest

from models.errors import ColumnMissing, EncodingUnknown, FileUnreadable
from models.tables import open_table

TEXT = "派出所不予立案，请督促办理"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("repeats", [1, 200_000])
def test_usual_encodings_are_found(tmp_path: Path, encoding: str, repeats: int) -> None:
    """By their mark, else by what the whole file is valid in."""
    mark = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    path = tmp_path / "a.csv"
    path.write_text(mark + "text\n" + f"{TEXT}\n" * repeats, encoding=encoding)
    with open_table(path) as table:
        assert table.header == ["text"]
        assert next(table.rows).values == [TEXT]


def test_invalid_byte_is_told_for_both_encodings(tmp_path: Path) -> None:
    """Even past the first chunk of the file."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"x" * 2_000_000 + b"\xff\xff\n")
    found = r"byte 2000005 \(line 2\) is not UTF-8, byte 2000005 \(line 2\)"
    with pytest.raises(EncodingUnknown, match=found), open_table(path):
        pass


def test_wrong_encoding_given_is_named(tmp_path: Path) -> None:
    """Rather than read as garbage."""
    path = tmp_path / "a.csv"
    path.write_text(f"text\n{TEXT}\n", encoding="gbk")
    with pytest.raises(EncodingUnknown, match="not utf-8"), open_table(path, "utf-8") as table:
        list(table.rows)
    with pytest.raises(EncodingUnknown, match="no encoding"), open_table(path, "klingon"):
        pass


def test_cells_come_as_they_are(tmp_path: Path) -> None:
    """Quotes, line feeds, NUL, leading zeros, long numbers, NA, and very long fields."""
    cells = ['a "b"', "x\ny", "n\0l", "007", "110101199003071234", "NA", "字" * 200_000]
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    path = tmp_path / "a.csv"
    path.write_text(",".join("abcdefg") + "\n" + quoted + "\n", encoding="utf-8", newline="")
    with open_table(path) as table:
        (row,) = table.rows
    assert row.values == cells


def test_ragged_rows_are_kept_with_their_problem(tmp_path: Path) -> None:
    """Blank lines are no rows."""
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\n1\t2\n\n1\n1\t2\t3\n", encoding="utf-8")
    with open_table(path) as table:
        rows = list(table.rows)
    assert [(row.line, bool(row.problem)) for row in rows] == [(2, False), (4, True), (5, True)]


@pytest.mark.parametrize(
    ("content", "found"), [("", "empty"), ("\n\n", "empty"), ("text,text\n", "1, 2 have")]
)
def test_header_is_needed(tmp_path: Path, content: str, found: str) -> None:
    """With a name of its own for each column that is asked for."""
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ColumnMissing, match=found), open_table(path) as table:
        table.column("text")


def test_missing_column_lists_what_there_is(tmp_path: Path) -> None:
    """So that the right name can be given."""
    path = tmp_path / "a.csv"
    path.write_text("编号,事项\n", encoding="utf-8")
    with open_table(path) as table, pytest.raises(ColumnMissing, match="编号, 事项"):
        table.column("text")


def test_petition_in_place_of_a_header_is_not_told(tmp_path: Path) -> None:
    """A file without a header has a petition in its first line."""
    path = tmp_path / "a.csv"
    path.write_text(f"{TEXT * 3},2026\n", encoding="utf-8")
    with open_table(path) as table, pytest.raises(ColumnMissing, match="longer name") as caught:
        table.column("text")
    assert TEXT not in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """Without a traceback."""
    with pytest.raises(FileUnreadable, match=r"none\.csv"), open_table(tmp_path / "none.csv"):
        pass
    with pytest.raises(FileUnreadable), open_table(tmp_path):
        pass


def test_json_lines_become_rows(tmp_path: Path) -> None:
    """With a column for every key that occurs; a bad line does not stop those after it."""
    lines = [json.dumps({"text": TEXT}), "", "{", "[" * 100_000, "3", '{"id": 7, "text": "后"}']
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with open_table(path) as table:
        rows = list(table.rows)
    assert table.header == ["text", "id"]
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]
    assert rows[0].values == [TEXT, ""]
    assert rows[-1].values == ["后", "7"]


def test_file_without_any_object_has_only_bad_rows(tmp_path: Path) -> None:
    """Each of them is told, and null is an empty cell."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x\n[1]\n', encoding="utf-8")
    with open_table(path) as table:
        assert table.header == ["text"]
        assert [bool(row.problem) for row in table.rows] == [True, True]
    path.write_text('{"text": null}\n', encoding="utf-8")
    with open_table(path) as table:
        assert [row.values for row in table.rows] == [[""]]
