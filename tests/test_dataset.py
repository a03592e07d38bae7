"""Labelled rows are read strictly, and every problem is told at once."""

import gzip
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from models.errors import ColumnMissing, DatasetError
from models.taxonomy import Taxonomy
from training.corpus import read_texts
from training.dataset import Dataset, check_learnable, read_dataset

GOOD = "".join(
    f"第{n}件刷单被骗,safety,telecom-fraud\n第{n}件户口,增民利,户籍、身份证、居住证、出入境\n"
    for n in range(3)
)
CONTENT = "不可外泄的诉求正文"


def read(tmp_path: Path, taxonomy: Taxonomy, content: str, encoding: str = "utf-8") -> Dataset:
    """The dataset of one file."""
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding=encoding)
    return read_dataset([path], taxonomy)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_codes_and_names_are_labels(tmp_path: Path, taxonomy: Taxonomy, encoding: str) -> None:
    """In any encoding that offices use."""
    dataset = read(tmp_path, taxonomy, "text,area,topic\n" + GOOD, encoding)
    assert set(dataset.areas()) == {"safety", "services"}
    assert set(dataset.topics()) == {"telecom-fraud", "household-id"}
    assert set(dataset.authors()) == {"rows"}


def test_every_problem_is_listed_at_once(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """With file, line, column and label, but of a text never more than its length."""
    bad = (
        f"{CONTENT},nowhere,\n,safety,\n{CONTENT},safety,household-id\n{CONTENT},safety\n"
        f"{CONTENT},safety,vice\n"
    )
    with pytest.raises(DatasetError, match="4 of 11 rows") as caught:
        read(tmp_path, taxonomy, "text,area,topic\n" + GOOD + bad)
    told = "\n".join(caught.value.problems)
    for part in ("line 8, column area: unknown area 'nowhere'", "line 9, column text", "line 11"):
        assert part in told
    assert "'household-id' is no topic of safety" in told
    assert CONTENT not in told + str(caught.value)


def test_unknown_also_is_a_problem(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Codes or names joined by a bar."""
    rows = "".join(f"甲{n},safety,fairness|解民忧\n乙{n},services,\n" for n in range(3))
    dataset = read(tmp_path, taxonomy, "text,area,also\n" + rows)
    assert dataset.rows[0].also == ("fairness", "disputes")
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, taxonomy, "text,area,also\n" + rows + "丙,safety,nothing\n")
    assert "column also" in caught.value.problems[0]


@pytest.mark.parametrize("header", ["text,label\n", "content,area\n"])
def test_needed_columns_are_named(tmp_path: Path, taxonomy: Taxonomy, header: str) -> None:
    """Text and area."""
    with pytest.raises(ColumnMissing, match=r"text|area"):
        read(tmp_path, taxonomy, header + "a,safety\n")


def test_columns_may_have_other_names(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Those of the office."""
    path = tmp_path / "rows.csv"
    path.write_text(
        "内容,领域\n"
        + GOOD.replace(",telecom-fraud", "").replace(",户籍、身份证、居住证、出入境", ""),
        encoding="utf-8",
    )
    assert len(read_dataset([path], taxonomy, {"text": "内容", "area": "领域"}).rows) == 6


def test_unknown_columns_are_named_and_ignored(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Nothing is dropped silently."""
    content = "text,area,topic,心情\n" + GOOD.replace("\n", ",好\n")
    assert any("心情" in note for note in read(tmp_path, taxonomy, content).notes)


@pytest.mark.parametrize(
    ("rows", "found"),
    [("a,safety\n" * 5, "1 area"), ("", "0 rows"), ("a,safety\n" * 5 + "b,care\n", "fewer than 3")],
)
def test_too_little_to_learn_from_is_named(
    tmp_path: Path, taxonomy: Taxonomy, rows: str, found: str
) -> None:
    """One area only, no row, or an area with a single row."""
    with pytest.raises(DatasetError, match=found):
        check_learnable(read(tmp_path, taxonomy, "text,area\n" + rows))


def test_labelled_rows_may_stand_in_any_kind_of_file(taxonomy: Taxonomy, tmp_path: Path) -> None:
    """Excel with a title and two sheets, GBK, JSON, all packed; usual Chinese names will do."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name in ("一月", "二月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["某区台账"])
            sheet.write_row(1, 0, ["来信内容", "领域"])
            sheet.write_row(2, 0, [f"{name}楼上漏水不赔", "解民忧"])
    (tmp_path / "b.csv").write_text("内容,area\n刷单被骗,safety\n", encoding="gbk")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.writestr("c.jsonl", '{"text": "暖气不热", "area": "other"}\n')
    dataset = read_dataset([tmp_path / name for name in ("a.xlsx", "b.csv", "c.zip")], taxonomy)
    assert [row.area for row in dataset.rows] == ["disputes", "disputes", "safety", "other"]
    assert dataset.rows[1].source == "a.xlsx/二月:3"
    assert set(dataset.sources) == {"a.xlsx", "b.csv", "c.zip"}


def test_archive_for_the_shares_may_be_of_any_kind(tmp_path: Path) -> None:
    """With a text column by any usual name; empty rows do not count."""
    (tmp_path / "a.csv").write_text("标题,诉求内容\n漏水,楼上漏水\n空,\n", encoding="gbk")
    assert read_texts(tmp_path / "a.csv") == ["漏水\n楼上漏水"]
    with gzip.open(tmp_path / "b.txt.gz", "wt", encoding="utf-8") as packed:
        packed.write("楼上漏水\n刷单被骗\n")
    assert read_texts(tmp_path / "b.txt.gz") == ["楼上漏水", "刷单被骗"]
