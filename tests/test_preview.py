"""What a file looks like before it is classified."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from models.errors import FileUnreadable
from service.archive import Columns, preview

TEXT = "派出所不予立案，请督促依法办理"


def test_preview_tells_how_a_table_would_be_read(tmp_path: Path) -> None:
    """Encoding, columns, first rows, and what is wrong with them."""
    path = tmp_path / "a.csv"
    lines = ["编号,标题,来信内容"] + [f"{n},某题,{TEXT}" for n in range(9)]
    lines[2] += ",多"
    path.write_text("\n".join(lines), encoding="gbk")
    (found,) = preview(path)
    assert found.encoding == "gb18030-2022"
    assert (found.id_column, found.title_column, found.text_column) == ("编号", "标题", "来信内容")
    assert len(found.rows) == 5
    assert found.rows[0] == ["0", "某题", TEXT]
    assert found.total_bytes == path.stat().st_size
    assert found.warnings == ["row 3: 4 values under 3 columns"]


def test_missing_columns_are_warned_of(tmp_path: Path) -> None:
    """Somebody has to choose one; a choice that is not there counts as none."""
    path = tmp_path / "a.csv"
    path.write_text(f"甲,乙\n1,{TEXT}\n", encoding="utf-8")
    for columns in (None, Columns(text="丙")):
        (found,) = preview(path, columns=columns)
        assert found.text_column is None
        assert "choose" in found.warnings[-1]
    (found,) = preview(path, columns=Columns(text="乙"))
    assert found.text_column == "乙"
    assert not found.warnings


def test_every_table_is_shown_and_every_error(tmp_path: Path) -> None:
    """Of sheets and of members of a zip file."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name in ("一月", "二月"):
            book.add_worksheet(name).write_column(0, 0, ["内容", TEXT])
    sheets = preview(tmp_path / "a.xlsx")
    assert [(found.name, found.sheet, found.encoding) for found in sheets] == [
        ("a.xlsx/一月", "一月", ""),
        ("a.xlsx/二月", "二月", ""),
    ]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        packed.writestr("甲.csv", b"text\n\xff\xff\n")
        packed.writestr("乙.csv", f"text\n{TEXT}\n")
    bad, good = preview(tmp_path / "b.zip")
    assert bad.error
    assert good.text_column == "text"
    with pytest.raises(FileUnreadable):
        preview(tmp_path / "none.csv")
