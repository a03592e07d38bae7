"""Archives: every row in, every row out."""

import csv
import json
import tracemalloc
from pathlib import Path

import pytest

from models.classifier import Classifier
from models.errors import ColumnMissing, EncodingUnknown, FileUnreadable, OutputRefused
from models.tables.guards import ANSWER_COLUMNS
from service.archive import Columns, Model, Options, Summary, classify_archive, make_plan

TEXT = "派出所不予立案，请督促依法办理"


def run(
    source: Path,
    out: Path,
    classifier: Classifier,
    columns: Columns | None = None,
    encoding: str | None = None,
) -> Summary:
    """Classify a file in this process, replacing ``out``."""
    columns = columns or Columns()
    plan = make_plan([source], out, encoding=encoding, named=columns.named())
    return classify_archive(plan, Model(None, classifier), Options(columns, encoding, restart=True))


def rows_of(path: Path) -> list[list[str]]:
    """All records of a CSV result, header first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_row_comes_out_in_order_with_its_answer(
    classifier: Classifier, tmp_path: Path
) -> None:
    """Good, empty and ragged rows; counts add up."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    lines = ["编号,内容", f"007,{TEXT}", "008,", f"009,{TEXT},多出来,两格", "010"] + [
        f"{n},{TEXT}" for n in range(600)
    ]
    source.write_text("\n".join(lines), encoding="gbk")
    summary = run(source, out, classifier)
    header, *rows = rows_of(out)
    assert header == ["编号", "内容", *ANSWER_COLUMNS]
    assert [row[0] for row in rows[:4]] == ["007", "008", "009", "010"]
    assert rows[2][1] == f"{TEXT},多出来,两格"
    errors = [row[-1].split(":")[0] for row in rows]
    assert errors[:5] == ["", "text-empty", "row-unusable", "row-unusable", ""]
    assert len(rows) == 604 == summary.rows
    assert (summary.errors, summary.auto + summary.review) == (3, 601)
    assert all(row[-2] == classifier.version for row in rows)


def test_original_columns_of_the_same_name_stay(classifier: Classifier, tmp_path: Path) -> None:
    """The answer's columns get a prefix then."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"text,area,error\n{TEXT},旧,无\n", encoding="utf-8")
    run(source, out, classifier)
    header, row = rows_of(out)
    assert header[:5] == ["text", "area", "error", "pt_area", "area_name"]
    assert header[-1] == "pt_error"
    assert row[1:3] == ["旧", "无"]


@pytest.mark.parametrize("start", list("=+-@\t\r＝＋－＠"))
def test_formulas_are_guarded(classifier: Classifier, tmp_path: Path, start: str) -> None:
    """A cell that Excel would run gets an apostrophe."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "x"], [TEXT, f"{start}cmd|' /C calc'!A0"]])
    run(source, out, classifier)
    assert rows_of(out)[1][1].startswith(f"'{start}")


def test_json_lines_in_and_out(classifier: Classifier, tmp_path: Path) -> None:
    """One answer or error a line, with the sender's id."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"id": "a", "text": TEXT}), "{broken", json.dumps({"id": "c", "text": " "})]
    source.write_text("\n".join(lines), encoding="utf-8")
    run(source, out, classifier)
    first, second, third = (json.loads(line) for line in out.read_text("utf-8").splitlines())
    assert first["id"] == "a"
    assert first["ranking"]
    assert second["error"]["code"] == "row-unusable"
    assert third["id"] == "c"
    assert third["error"]["code"] == "text-empty"


@pytest.mark.parametrize(("source", "out"), [("a.csv", "a.jsonl"), ("a.jsonl", "a.tsv")])
def test_formats_cross(classifier: Classifier, tmp_path: Path, source: str, out: str) -> None:
    """The suffix of the result chooses."""
    content = f"text\n{TEXT}\n" if source.endswith("csv") else json.dumps({"text": TEXT})
    (tmp_path / source).write_text(content, encoding="utf-8")
    assert run(tmp_path / source, tmp_path / out, classifier).review == 1
    assert TEXT in (tmp_path / out).read_text("utf-8-sig") or out.endswith("jsonl")


def test_chosen_columns_are_read(classifier: Classifier, tmp_path: Path) -> None:
    """Under any name, and a missing one is named."""
    source = tmp_path / "in.csv"
    source.write_text(f"甲,乙\n,{TEXT}\n", encoding="utf-8")
    assert run(source, tmp_path / "o.csv", classifier, columns=Columns(text="乙")).errors == 0
    for columns in (None, Columns(text="丙")):
        with pytest.raises(ColumnMissing, match="甲, 乙"):
            run(source, tmp_path / "p.csv", classifier, columns=columns)
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("in.doc", b"x", FileUnreadable),
        ("in.csv", b"text\n\xff\xff\n", EncodingUnknown),
        ("in.csv", b"", ColumnMissing),
    ],
)
def test_unreadable_file_leaves_no_result(
    classifier: Classifier, tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    """Not even half of one."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        run(tmp_path / name, tmp_path / "out.csv", classifier)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_unwritable_result_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    """A wrong suffix, or a folder that is a file."""
    source = tmp_path / "in.csv"
    source.write_text(f"text\n{TEXT}\n", encoding="utf-8")
    for out in (tmp_path / "out.pdf", source / "out.csv"):
        with pytest.raises(OutputRefused):
            run(source, out, classifier)


def test_memory_is_flat_in_rows(classifier: Classifier, tmp_path: Path) -> None:
    """Ten times the rows take no more, once what is loaded on first use is there."""
    peaks = []
    for rows in (300, 1_000, 10_000):
        source = tmp_path / f"{rows}.csv"
        source.write_text("text\n" + f"{TEXT}\n" * rows, encoding="utf-8")
        tracemalloc.start()
        run(source, tmp_path / "out.csv", classifier)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


def test_broken_characters_stop_no_row(classifier: Classifier, tmp_path: Path) -> None:
    """Half a surrogate pair in a text, an id or a key is an error of its row alone."""
    source = tmp_path / "in.jsonl"
    lines = [r'{"text": "\ud800坏"}', r'{"id": "\ud800", "text": "好"}', json.dumps({"text": TEXT})]
    source.write_text("\n".join([*lines, r'{"\ud800": 1, "text": "好"}']), encoding="utf-8")
    for name in ("out.csv", "out.jsonl"):
        summary = run(source, tmp_path / name, classifier)
        assert (summary.rows, summary.errors) == (4, 2)


def test_open_quotation_mark_is_told_in_its_row(classifier: Classifier, tmp_path: Path) -> None:
    """Everything behind it is kept."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'text\n{TEXT}\n"{TEXT}\n{TEXT}\n', encoding="utf-8")
    assert run(source, out, classifier).errors == 1
    assert "never closed" in rows_of(out)[2][-1]
    assert rows_of(out)[2][0].count(TEXT) == 2


def test_empty_cell_of_a_single_column_is_a_row(classifier: Classifier, tmp_path: Path) -> None:
    """Although its line is blank."""
    source = tmp_path / "in.csv"
    source.write_text(f"text\n{TEXT}\n\n{TEXT}\n", encoding="utf-8")
    summary = run(source, tmp_path / "out.csv", classifier)
    assert (summary.rows, summary.errors) == (3, 1)


def test_results_can_be_classified_again(classifier: Classifier, tmp_path: Path) -> None:
    """Every column keeps a name of its own."""
    source = tmp_path / "0.csv"
    source.write_text(f"text\n{TEXT}\n", encoding="utf-8")
    for at in range(3):
        run(tmp_path / f"{at}.csv", tmp_path / f"{at + 1}.csv", classifier)
    header = rows_of(tmp_path / "3.csv")[0]
    assert len(set(header)) == len(header)
