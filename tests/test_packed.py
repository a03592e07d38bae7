"""Files inside gz and zip, and those that were packed to do harm."""

import gzip
import io
import json
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from models.errors import FileUnreadable
from models.tables import find_tables, open_table

TEXT = "派出所不予立案，请督促办理"
CSV = f"编号,内容\n1,{TEXT}\n".encode("gbk")


def texts(path: Path) -> list[str]:
    """The last cell of every row of every table."""
    found = []
    for place in find_tables(path):
        with open_table(place) as table:
            found += [row.values[-1] for row in table.rows]
    return found


def test_packed_tables_are_read(tmp_path: Path) -> None:
    """In gz, in zip, sheets too."""
    with gzip.open(tmp_path / "a.csv.gz", "wb") as packed:
        packed.write(CSV)
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as writer:
        sheet = writer.add_worksheet()
        sheet.write_row(0, 0, ["编号", "内容"])
        sheet.write_row(1, 0, ["7", TEXT])
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed_zip:
        packed_zip.writestr("年/甲.csv", CSV)
        packed_zip.writestr("乙.xlsx", book.getvalue())
        packed_zip.writestr("丙.jsonl", json.dumps({"id": 1, "text": TEXT}) + "\n")
        packed_zip.writestr("__MACOSX/._甲.csv", b"\0")
        packed_zip.writestr("年/~$乙.xlsx", b"\0")
    assert texts(tmp_path / "a.csv.gz") == [TEXT]
    assert texts(tmp_path / "a.zip") == [TEXT] * 3
    names = [place.name for place in find_tables(tmp_path / "a.zip")]
    assert names == ["a.zip/年/甲.csv", "a.zip/乙.xlsx", "a.zip/丙.jsonl"]


def test_names_of_members_may_be_gbk(tmp_path: Path) -> None:
    """Windows in China writes them so, without saying so."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("XXXX.csv", CSV)
    content = path.read_bytes().replace(b"XXXX.csv", "信访".encode("gbk") + b".csv")
    path.write_bytes(content)
    (place,) = find_tables(path)
    assert place.name == "a.zip/信访.csv"
    assert texts(path) == [TEXT]


def test_a_bad_member_does_not_stop_the_others(tmp_path: Path) -> None:
    """It says what is wrong when its turn comes: nested, damaged, of another kind."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", CSV)
        packed.writestr("nested.zip", CSV)
        packed.writestr("b.xlsx", b"no book")
        packed.writestr("../../evil.csv", CSV)
    outcomes = []
    for place in find_tables(path):
        try:
            with open_table(place) as table:
                outcomes.append(str(len(list(table.rows))))
        except FileUnreadable:
            outcomes.append("refused")
    assert outcomes[:2] == ["1", "refused"]
    assert outcomes[3] == "1"
    assert [found.name for found in tmp_path.iterdir()] == ["a.zip"]


def pack_blanks(path: Path, name: str) -> None:
    """A zip file whose one member is 300 MB of blanks."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, packed.open(name, "w") as out:
        for _ in range(300):
            out.write(b" " * (1 << 20))


def sheet_bomb(path: Path) -> None:
    """A book whose one sheet is 300 MB of blanks."""
    pack_blanks(path, "xl/worksheets/sheet1.xml")


def lying_sheet_bomb(path: Path) -> None:
    """The same, which announces a few bytes only."""
    sheet_bomb(path)
    content = path.read_bytes().replace((300 << 20).to_bytes(4, "little"), b"\x40\0\0\0")
    path.write_bytes(content)


def sparse_book(path: Path) -> None:
    """Two cells in opposite corners of a sheet: a rectangle of 17 thousand million."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "text")
        sheet.write(1_048_575, 16_383, "x")


def gz_bomb(path: Path) -> None:
    """300 MB of blanks in 300 kB."""
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(b"text\n")
        for _ in range(300):
            packed.write(b" " * (1 << 20))


def zip_bomb(path: Path) -> None:
    """300 MB of blanks as a member."""
    pack_blanks(path, "a.csv")


def lying_zip_bomb(path: Path) -> None:
    """The same, whose directory announces a few bytes only."""
    zip_bomb(path)
    content = path.read_bytes().replace((300 << 20).to_bytes(4, "little"), b"\x40\0\0\0")
    path.write_bytes(content)


def crowded_zip(path: Path) -> None:
    """A million members, of which only the directory is there."""
    entry = b"PK\x01\x02" + bytes(24) + b"\x01\0" + bytes(16) + b"a"
    directory = entry * 1_000_000
    wide = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12)
    wide += (1_000_000).to_bytes(8, "little") * 2 + len(directory).to_bytes(8, "little") + bytes(8)
    locator = b"PK\x06\x07" + bytes(4) + len(directory).to_bytes(8, "little") + b"\x01\0\0\0"
    end = b"PK\x05\x06" + bytes(4) + b"\x05\0\x05\0" + bytes(10)
    path.write_bytes(directory + wide + locator + end)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (sheet_bomb, "a.xlsx"),
        (lying_sheet_bomb, "a.xlsx"),
        (sparse_book, "a.xlsx"),
        (sparse_book, "a.csv"),
        (gz_bomb, "a.csv.gz"),
        (zip_bomb, "a.zip"),
        (lying_zip_bomb, "a.zip"),
        (crowded_zip, "a.zip"),
    ],
)
def test_bombs_are_refused_at_once(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    """Within a second and 100 MB."""
    path = tmp_path / name
    make(path)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(FileUnreadable):
        texts(path)
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000


def test_cut_off_and_locked_files_are_refused(tmp_path: Path) -> None:
    """In one sentence each."""
    whole = gzip.compress(CSV * 1_000)
    (tmp_path / "a.csv.gz").write_bytes(whole[:-20])
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.writestr("a.csv", CSV)
    content = bytearray((tmp_path / "c.zip").read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "c.zip").write_bytes(content)
    for name, told in (("a.csv.gz", "damaged"), ("b.zip", "whole zip"), ("c.zip", "password")):
        with pytest.raises(FileUnreadable, match=told):
            texts(tmp_path / name)


def test_wide_and_long_sheets_are_no_bombs(tmp_path: Path) -> None:
    """What lies close together is read, however many columns or rows it has."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for at in range(700):
            sheet.write(0, at, f"甲{at}")
        sheet.write(0, 700, "内容")
        sheet.write(20_000, 700, TEXT)
    assert texts(tmp_path / "a.xlsx") == [TEXT]


def test_other_packed_workbooks_are_refused(tmp_path: Path) -> None:
    """Their reader has no such check."""
    for name in ("xl/workbook.bin", "content.xml"):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
            packed.writestr(name, "x")
        with pytest.raises(FileUnreadable, match="XLSX"):
            texts(tmp_path / "a.xlsx")
