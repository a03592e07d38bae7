"""Excel as offices keep it."""

import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter

from models.errors import ColumnMissing, FileUnreadable
from models.tables import find_tables, open_table, with_texts

TEXT = "派出所不予立案，请督促办理"


def write_book(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook with these sheets, dates as dates, None as nothing."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                for at, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(line, at, cell)
                    else:
                        sheet.write(line, at, cell)
    return path


def test_what_stands_around_a_table_is_left_out(tmp_path: Path) -> None:
    """A merged title, a line about who filled it in, blank rows, and a blank tail."""
    rows: list[list[object]] = [
        ["某区信访台账"],
        [],
        ["填报单位：某局", None, "日期", dt.date(2026, 3, 1)],
        ["序号", "来信内容", "身份证号", "日期", "是否办结"],
        [1, TEXT, "110101199003071234", dt.datetime.fromisoformat("2026-03-01T09:30"), True],
        [],
        [2, TEXT, "007", dt.date(2026, 3, 2), False],
        ["", "", "", "", ""],
    ]
    with open_table(write_book(tmp_path / "a.xlsx", Sheet1=rows)) as table:
        found = list(table.rows)
    assert table.header == ["序号", "来信内容", "身份证号", "日期", "是否办结"]
    assert [row.line for row in found] == [5, 7]
    assert found[0].values == ["1", TEXT, "110101199003071234", "2026-03-01 09:30:00", "TRUE"]
    assert found[1].values[2:] == ["007", "2026-03-02", "FALSE"]
    assert any("3 rows above" in note or "2 rows above" in note for note in table.notes)


def test_header_without_usual_names_is_the_first_wide_row(tmp_path: Path) -> None:
    """A title is narrower."""
    rows: list[list[object]] = [["标题行"], ["甲", "乙", "丙"], [1, 2.5, 3], [4, 5, 6]]
    with open_table(write_book(tmp_path / "a.xlsx", Sheet1=rows)) as table:
        assert table.header == ["甲", "乙", "丙"]
        assert [row.values for row in table.rows] == [["1", "2.5", "3"], ["4", "5", "6"]]


def test_long_numbers_typed_as_numbers_are_told(tmp_path: Path) -> None:
    """Excel has rounded them already, which nobody can undo."""
    rows: list[list[object]] = [["内容", "身份证号"], [TEXT, 110101199003071234]]
    with open_table(write_book(tmp_path / "a.xlsx", Sheet1=rows)) as table:
        (row,) = table.rows
    assert row.values[1].startswith("110101199003071")
    assert "15 digits" in table.notes[0]
    assert "身份证号" in table.notes[0]


def test_every_sheet_with_texts_is_a_table(tmp_path: Path) -> None:
    """Empty ones and those that hold something else are none."""
    sheets: dict[str, list[list[object]]] = {
        "一月": [["编号", "内容"], [1, TEXT]],
        "二月": [["编号", "内容"], [2, TEXT], [3, TEXT]],
        "说明": [["本表由某局填报"]],
        "Sheet4": [],
    }
    path = write_book(tmp_path / "a.xlsx", **sheets)
    places = with_texts(find_tables(path))
    assert [place.name for place in places] == ["a.xlsx/一月", "a.xlsx/二月"]
    lengths = []
    for place in places:
        with open_table(place) as table:
            lengths.append(len(list(table.rows)))
    assert lengths == [1, 2]
    with pytest.raises(FileUnreadable, match="2 tables"), open_table(path):
        pass


def test_one_sheet_with_texts_is_the_table(tmp_path: Path) -> None:
    """Wherever it stands in the book."""
    path = write_book(tmp_path / "a.xlsx", 说明=[["本表由某局填报", "甲"]], 数据=[["内容"], [TEXT]])
    with open_table(path) as table:
        assert [row.values for row in table.rows] == [[TEXT]]


def test_cells_beside_the_table_are_a_problem_of_their_row(tmp_path: Path) -> None:
    """Not dropped."""
    rows: list[list[object]] = [["内容", "甲"], [TEXT, "", "", "多"], [TEXT]]
    with open_table(write_book(tmp_path / "a.xlsx", Sheet1=rows)) as table:
        beside, short = table.rows
    assert beside.values[3] == "多"
    assert "4 values under 2 columns" in beside.problem
    assert not short.problem
    assert short.values == [TEXT, ""]


def test_names_lie(tmp_path: Path) -> None:
    """A sheet called .csv, a text called .xls, and a web page called .xls."""
    write_book(tmp_path / "a.xlsx", Sheet1=[["内容"], [TEXT]]).rename(tmp_path / "a.csv")
    (tmp_path / "b.xls").write_text(f"编号\t内容\n1\t{TEXT}\n", encoding="gbk")
    for name in ("a.csv", "b.xls"):
        with open_table(tmp_path / name) as table:
            assert next(table.rows).values[-1] == TEXT


HTML = f"""<html><head><meta charset="gbk"><title>导出</title>
<style>td {{color: red}}</style></head><body><table><tr><td colspan=2>某区台账</td></tr>
<tr><th>编号</th><th>内容</th></tr><tr><td>007<td>{TEXT}<br>第二
行 &lt;完&gt;</td></tr></table></body></html>"""
XML = f"""<?xml version="1.0"?><Workbook><Worksheet ss:Name="一"><Table>
<Row><Cell><Data ss:Type="String">编号</Data></Cell><Cell><Data>甲</Data></Cell>
<Cell><Data>内容</Data></Cell></Row>
<Row><Cell><Data>007</Data></Cell><Cell ss:Index="3"><Data>{TEXT}&#10;</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
@pytest.mark.parametrize(
    ("content", "values"),
    [(HTML, ["007", f"{TEXT}\n第二 行 <完>"]), (XML, ["007", "", TEXT])],
)
def test_pages_under_the_name_of_a_sheet_are_read(
    tmp_path: Path, encoding: str, content: str, values: list[str]
) -> None:
    """Many systems export so."""
    path = tmp_path / "a.xls"
    path.write_text(content, encoding=encoding)
    with open_table(path) as table:
        assert [row.values for row in table.rows] == [values]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0" * 200])
def test_damaged_books_are_refused(tmp_path: Path, content: bytes) -> None:
    """In one sentence."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable), open_table(path) as table:
        list(table.rows)


def test_a_book_of_empty_sheets_is_told(tmp_path: Path) -> None:
    """Rather than passed over."""
    path = write_book(tmp_path / "a.xlsx", 一=[], 二=[])
    with pytest.raises(ColumnMissing, match="empty"), open_table(path):
        pass
