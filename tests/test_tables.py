"""Reading what offices keep."""

import csv
import json
from pathlib import Path

import pytest

from models.errors import ColumnMissing, EncodingUnknown, FileUnreadable
from models.tables import open_table
from models.tables.columns import TEXT as TEXT_NAMES
from models.tables.columns import find_column
from models.tables.guards import ANSWER_COLUMNS, guard

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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", f"编号;内容\n1;{TEXT}\n"),
        ("a.csv", f"编号\t内容\n1\t{TEXT}\n"),
        ("a.csv", f"sep=;\n编号;内容\n1;{TEXT}\n"),
        ("a.csv", f"某区台账,\n编号,内容\n1,{TEXT}\n"),
        ("a.txt", f"编号\t来信内容\n1\t{TEXT}\n"),
        ("a.csv", f'\n"编号","内容"\n1,"{TEXT}"\n'),
        ("a.csv", f"编号|内容\n1|{TEXT}\n"),
        ("a.csv", f"编号，内容\n1，{TEXT.replace('，', ' ')}\n"),
    ],
)
def test_tables_are_read_however_they_are_divided(tmp_path: Path, name: str, content: str) -> None:
    """By semicolons or tabs, under a title, or under what Excel needs to be told."""
    (tmp_path / name).write_text(content, encoding="gbk")
    with open_table(tmp_path / name) as table:
        assert [row.values[0] for row in table.rows] == ["1"]
        assert table.header == ["编号", table.header[1]]


def test_a_single_column_may_hold_semicolons(tmp_path: Path) -> None:
    """Only the header tells what divides."""
    path = tmp_path / "a.csv"
    path.write_text(f"text\n{TEXT};{TEXT}\n", encoding="utf-8")
    with open_table(path) as table:
        assert [row.values for row in table.rows] == [[f"{TEXT};{TEXT}"]]


def test_plain_text_has_a_petition_a_line(tmp_path: Path) -> None:
    """Blank lines are none, and commas and quotation marks are part of it."""
    path = tmp_path / "a.txt"
    path.write_text(f'{TEXT},"后\r\n\r\n   \r\n二\r\n', encoding="gbk", newline="")
    with open_table(path) as table:
        assert [(row.line, row.values) for row in table.rows] == [
            (1, [f'{TEXT},"后']),
            (4, ["二"]),
        ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("count", [0, 1, 3_000])
def test_json_arrays_become_rows(tmp_path: Path, indent: int | None, count: int) -> None:
    """However they are laid out; what is no object is a bad row."""
    path = tmp_path / "a.json"
    objects: list[object] = [{"id": n, "text": f'{TEXT}]}}"{n}', "also": [1]} for n in range(count)]
    path.write_text(json.dumps([*objects, 12, "x"], indent=indent), encoding="utf-8")
    with open_table(path) as table:
        rows = list(table.rows)
    assert [bool(row.problem) for row in rows] == [False] * count + [True, True]
    if count:
        assert table.header == ["id", "text", "also"]
        assert rows[-3].values == [str(count - 1), f'{TEXT}]}}"{count - 1}', "[1]"]


@pytest.mark.parametrize(
    "content", ["[", '[{"a": 1}', '[{"a": 1} {"a": 2}]', '[{"a": tru', "[}", "[{}] 1"]
)
def test_broken_json_arrays_are_refused(tmp_path: Path, content: str) -> None:
    """Nothing of them is taken for whole."""
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileUnreadable, match="array"), open_table(path) as table:
        list(table.rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"text": "一"}\n{"text": "二"}\n'),
        ("a.json", '\n\ufeff{"text": "一"}\n\n{"text": "二"}'),
        ("a.jsonl", '[{"text": "一"},\n{"text": "二"}]\n'),
        ("a.json", '{"code": 0, "data": [{"text": "一"}, {"text": "二"}]}'),
        ("a.json", '{\n "data": [\n  {"text": "一"}, {"text": "二"}\n ]\n}\n'),
    ],
)
def test_what_stands_in_a_json_file_decides(tmp_path: Path, name: str, content: str) -> None:
    """Lines, an array, or a document around one, whatever the file is called."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with open_table(tmp_path / name) as table:
        assert [row.values for row in table.rows] == [["一"], ["二"]]


@pytest.mark.parametrize("content", ["", " \n", "[]", "{}"])
def test_json_without_objects_has_no_good_rows(tmp_path: Path, content: str) -> None:
    """And nothing stops."""
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with open_table(tmp_path / "a.json") as table:
        assert not [row for row in table.rows if not row.problem]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["编号", "来信内容", "回复内容"], 1),
        (["答复内容", "主要诉求", "内容"], 2),
        (["回复内容", "诉求内容（必填）"], 1),
        (["Title", " TEXT "], 1),
        (["信访人", "反映问题及诉求"], 1),
        (["内容类别", "姓名"], None),
        (["办理结果", "诉求类型"], None),
    ],
)
def test_text_column_is_guessed_by_its_name(header: list[str], found: int | None) -> None:
    """Answers of the office and kinds of petitions are no petitions."""
    assert find_column(header, TEXT_NAMES) == found


def test_own_results_are_read_without_their_guards(tmp_path: Path) -> None:
    """Whatever was before a cell stays; other tables keep every apostrophe."""
    cells = ["=1+1", "'=1", "''+x", "'quoted'", "-5", "＝甲", "\t", "'"]
    own, other = tmp_path / "own.csv", tmp_path / "other.csv"
    for path, header in ((own, ["x", *ANSWER_COLUMNS, "注"]), (other, ["x", "注"])):
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = [[guard(cell), *["" for _ in header[1:]]] for cell in cells]
            csv.writer(file).writerows([header, *rows])
    with open_table(own) as table:
        assert [row.values[0] for row in table.rows] == cells
    with open_table(other) as table:
        assert [row.values[0] for row in table.rows] == [guard(cell) for cell in cells]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('a,b\n1,"x\n2,y\n', [(["1", "x\n2,y\n"], True)]),
        ('a,b\n1,"x', [(["1", "x"], True)]),
        ('a,b\n1,5" 管\n2,y', [(["1", '5" 管'], False), (["2", "y"], False)]),
        ('a\n"x\n"\n\n', [(["x\n"], False), ([""], False)]),
        ("a\nx", [(["x"], False)]),
        ("a,b\n1,x\n\n\n", [(["1", "x"], False)]),
    ],
)
def test_open_quotation_marks_are_told_and_others_are_text(
    tmp_path: Path, content: str, rows: list[tuple[list[str], bool]]
) -> None:
    """Only what is never closed is a problem, and nothing is added to the values."""
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8", newline="")
    with open_table(path) as table:
        assert [(row.values, "never closed" in row.problem) for row in table.rows] == rows


def test_a_quotation_mark_that_swallows_a_large_file_is_named(tmp_path: Path) -> None:
    """With its line, before it fills the memory."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n1,"x\n' + "1,2\n" * 5_000_000, encoding="utf-8")
    with pytest.raises(FileUnreadable, match="line 3"), open_table(path) as table:
        list(table.rows)
