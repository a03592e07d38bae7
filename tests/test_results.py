"""Results: every value as it was, nothing that Excel would run, as many sheets as are needed."""

import gzip
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import CellTooLong, FileUnreadable, OutputRefused, RowUnusable
from models.tables import Row, find_tables, open_table
from models.tables.guards import ANSWER_COLUMNS
from service.archive import books
from service.archive.results import assemble, check_cells, format_of, full_header, render

DANGEROUS = [
    f"{start}{body}"
    for start in ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠", "'=")
    for body in ("cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "1+1", "SUM(A1:A2)", "")
]
AWKWARD = [
    "007", "110101199003071234", "NA", "TRUE", "null", "1e5", "2026-03-01", '"', '""', "a\nb",
    "a\r\nb", "\n", " 空格 ", "\u3000", "a,b;c\td", "\\", "n\0l", "_x0041_", "#DIV/0!", "https://例子.中国",
    "𠀀", "x" * 32_000, "#REF!", "'", "''", "\x07", "\x85", "\u2028", "-5", "1.10",
]  # fmt: skip


def written(path: Path, rows: Sequence[Sequence[str]], width: int) -> Path:
    """A result with these rows, in two parts."""
    header = [f"甲{at}" for at in range(width)]
    wanted = format_of(path.name)
    error = RowUnusable("line 1")
    entries = [(Row(at, list(row)), None, error) for at, row in enumerate(rows)]
    half = len(entries) // 2
    parts = [render(wanted.kind, width, some, "v1") for some in (entries[:half], entries[half:])]
    assemble(path, wanted, full_header(header), parts, path.parent / "aside")
    return path


def read_back(path: Path, width: int) -> list[list[str]]:
    """The original columns of all sheets of a result."""
    found: list[list[str]] = []
    for place in find_tables(path):
        with open_table(place) as table:
            found += [list(row.values[:width]) for row in table.rows]
            assert list(table.header[width:]) == list(ANSWER_COLUMNS)
    return found


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=30
) | st.sampled_from([*AWKWARD, *DANGEROUS])


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.xlsx", "a.csv.gz", "a.csv.zip"])
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=12))
def test_cells_come_back_as_they_were(tmp_path: Path, name: str, rows: list[list[str]]) -> None:
    """Whatever is in them, through every kind of result."""
    assert read_back(written(tmp_path / name, rows, 3), 3) == rows


def test_long_cells_come_back_from_csv(tmp_path: Path) -> None:
    """200,000 characters with all that needs quoting."""
    rows = [['字"\n,' * 50_000, "x"]]
    assert read_back(written(tmp_path / "a.csv", rows, 2), 2) == rows


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.xlsx"])
def test_excel_runs_nothing(tmp_path: Path, name: str) -> None:
    """No cell of a CSV starts as a formula does, none of a sheet is one; values come back."""
    rows = [[cell, cell] for cell in DANGEROUS]
    path = written(tmp_path / name, rows, 2)
    assert read_back(path, 2) == rows
    if name == "a.xlsx":
        with zipfile.ZipFile(path) as packed:
            sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "<hyperlink" not in sheet
    else:
        for line in path.read_text("utf-8-sig").splitlines():
            assert not line.lstrip('"').startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_rows_go_on_in_further_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its header."""
    monkeypatch.setattr(books, "MAX_SHEET_ROWS", 4)
    rows = [[f"{n:03}"] for n in range(10)]
    path = written(tmp_path / "a.xlsx", rows, 1)
    book = python_calamine.CalamineWorkbook.from_path(path)
    assert [book.get_sheet_by_name(name).height for name in book.sheet_names] == [4, 4, 4, 2]
    assert read_back(path, 1) == rows


def test_a_result_without_rows_has_its_header(tmp_path: Path) -> None:
    """In every format that has one."""
    for name in ("a.csv", "a.xlsx"):
        with open_table(written(tmp_path / name, [], 1)) as table:
            assert table.header[0] == "甲0"
            assert not list(table.rows)


def test_a_cell_too_long_for_excel_is_an_error_there(tmp_path: Path) -> None:
    """Counted as Excel counts; the result still opens."""
    check_cells(Row(7, ["字" * 32_767]), ".xlsx")
    check_cells(Row(7, ["字" * 32_768]), ".csv")
    for cell in ("字" * 32_768, "𠀀" * 16_384):
        with pytest.raises(CellTooLong, match="line 7, column 2"):
            check_cells(Row(7, ["", cell]), ".xlsx")
        ((found,),) = read_back(written(tmp_path / "a.xlsx", [[cell]], 1), 1)
        assert cell.startswith(found)
        assert len(found) > 16_000


def test_too_many_columns_for_excel_are_refused(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(FileUnreadable, match="columns"):
        written(tmp_path / "a.xlsx", [], 16_380)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.zip", "a.zip"])
def test_packed_results_are_the_same_every_time(tmp_path: Path, name: str) -> None:
    """No time of writing is in them."""
    first = written(tmp_path / name, [["一"], ["二"]], 1).read_bytes()
    assert written(tmp_path / name, [["一"], ["二"]], 1).read_bytes() == first
    if name.endswith(".gz"):
        assert gzip.decompress(first).startswith(b"\xef\xbb\xbf")
    else:
        with zipfile.ZipFile(tmp_path / name) as packed:
            assert packed.namelist() == ["a.jsonl" if "jsonl" in name else "a.csv"]


@pytest.mark.parametrize("name", ["a", "a.pdf", "a.gz", "a.xls"])
def test_formats_that_are_not_written_are_named(name: str) -> None:
    """With those that are."""
    with pytest.raises(OutputRefused, match="xlsx"):
        format_of(name)
    with pytest.raises(OutputRefused, match="not xlsx"):
        format_of("a.csv", "xlsx")
