"""Reviews on the command line: results corrected in Excel come in, training rows go out."""

import csv
import json
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from models.classifier import Classifier
from models.store import Store
from models.text import Petition
from service.cli.main import cli
from service.reviews.database import Database, Rules
from service.reviews.judgement import Label, recent, review
from service.reviews.records import get, listing, record
from training.corpus import read_corpus

TEXTS = {
    "a": "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回。",
    "b": "派出所一直不给立案回执，请督促依法办理。",
    "c": "小区电梯坏了三个月没有人修，老人上下楼困难。",
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Petitions as an office keeps them."""
    path = tmp_path / "archive.csv"
    path.write_text(
        "编号,内容\n" + "".join(f"{key},{text}\n" for key, text in TEXTS.items()), encoding="utf-8"
    )
    return path


@pytest.fixture
def result(archive: Path, shared_store: Store) -> Path:
    """The result of ``batch`` for them."""
    out = archive.with_name("result.csv")
    done = run("batch", archive, "--out", out, "--models", shared_store.folder)
    assert done.exit_code == 0, done.output
    return out


def run(*arguments: object) -> Result:
    """Run the program."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=True)


def change(path: Path, *changes: tuple[str, str, str], extra: tuple[str, ...] = ()) -> None:
    """Write other values into cells (id, column, value) of a CSV, as Excel would: in GBK."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["编号"]: row for row in reader}
        header = [*(reader.fieldnames or ()), *extra]
    for row_id, column, value in changes:
        rows[row_id][column] = value
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows.values())


def import_file(path: Path, db: Database, store: Store, *options: str) -> Result:
    """Run ``reviews import``."""
    assert db.file is not None
    where = ("--data", db.file.parent, "--models", store.folder)
    return run("reviews", "import", path, *where, "--by", "王", *options)


def test_changed_areas_and_topics_come_in_as_reviews(
    result: Path, sqlite_db: Database, shared_store: Store, classifier: Classifier
) -> None:
    """Unchanged rows do not; the topic of the area before goes with it."""
    area = classifier.classify(Petition(TEXTS["a"])).area
    assert area is not None
    other = "care" if area.area != "care" else "safety"
    name = next(each.name for each in classifier.taxonomy if each.code == other)
    change(result, ("a", "area_name", name))
    done = import_file(result, sqlite_db, shared_store, "--yes")
    assert done.exit_code == 0, done.output
    assert "3 rows: 1 corrected, 0 confirmed, 2 unchanged" in done.output
    ((petition_id, found),) = recent(sqlite_db)
    assert (petition_id, found.old_area, found.new_area) == ("a", area.area, other)
    assert (found.by, found.source, found.new_topic) == ("王", "import", None)
    assert [kept.id for kept in listing(sqlite_db)] == ["a"]


def test_nothing_is_written_by_a_dry_run_or_without_consent(
    result: Path, sqlite_db: Database, shared_store: Store
) -> None:
    """What was found is told first."""
    change(result, ("a", "area", "不属六项"))
    for options in (["--dry-run"], []):
        assert "1 corrected" in import_file(result, sqlite_db, shared_store, *options).output
        assert listing(sqlite_db) == []


def test_confirmed_rows_say_so(
    result: Path, sqlite_db: Database, shared_store: Store, classifier: Classifier
) -> None:
    """In a column of their own; importing twice changes nothing."""
    answer = classifier.classify(Petition(TEXTS["b"]))
    record(sqlite_db, Petition(TEXTS["b"], id="b"), answer, "api")
    change(result, ("b", "confirmed", "是"), ("c", "confirmed", ""), extra=("confirmed",))
    for _ in range(2):
        assert import_file(result, sqlite_db, shared_store, "--yes").exit_code == 0
    ((petition_id, found),) = recent(sqlite_db)
    assert (petition_id, found.action) == ("b", "confirmed")


def test_older_file_takes_no_later_correction_back(
    result: Path, sqlite_db: Database, shared_store: Store, classifier: Classifier
) -> None:
    """A row is changed where it differs from what the model answered, not from what people say."""
    answer = classifier.classify(Petition(TEXTS["a"]))
    record(sqlite_db, Petition(TEXTS["a"], id="a"), answer, "api")
    review(sqlite_db, "a", "李", Label("other"), source="desk")
    done = import_file(result, sqlite_db, shared_store, "--yes")
    assert "0 corrected, 0 confirmed, 3 unchanged" in done.output
    change(result, ("a", "area", "other"))
    done = import_file(result, sqlite_db, shared_store, "--yes")
    assert "0 corrected, 0 confirmed, 3 unchanged" in done.output
    assert [found.by for _, found in recent(sqlite_db)] == ["李"]


def test_senseless_cells_are_told_by_line(
    result: Path, sqlite_db: Database, shared_store: Store
) -> None:
    """The other rows come in."""
    change(result, ("a", "area", "战争"), ("b", "area", "other"), ("c", "topic", "没有的事"))
    done = import_file(result, sqlite_db, shared_store, "--yes")
    assert done.exit_code == 3
    assert "line 2: there is no such area" in done.output
    assert "line 4:" in done.output
    assert [petition_id for petition_id, _ in recent(sqlite_db)] == ["b"]


def test_file_without_ids_is_refused(
    archive: Path, sqlite_db: Database, shared_store: Store
) -> None:
    """With the columns that it has."""
    archive.write_text("内容,area\n甲乙丙,safety\n", encoding="utf-8")
    done = import_file(archive, sqlite_db, shared_store, "--yes")
    assert "no column 'id'" in str(done.exception)


def test_export_is_taken_by_train_as_it_is(
    sqlite_db: Database, tmp_path: Path, classifier: Classifier
) -> None:
    """Only what people judged, with the honest sample marked."""
    sqlite_db.rules = Rules(sample_share=1)
    for key, text in TEXTS.items():
        answer = classifier.classify(Petition(f"电话13912345678，{text}", "=标题", key))
        record(sqlite_db, Petition(f"电话13912345678，{text}", "=标题", key), answer, "desk")
    review(sqlite_db, "a", "王", Label("safety", "telecom-fraud"), source="desk")
    review(sqlite_db, "b", "李", Label("other"), source="desk")
    assert sqlite_db.file is not None
    folder = sqlite_db.file.parent
    out = tmp_path / "office.csv"
    done = run("reviews", "export", "--out", out, "--data", folder, "--by", "张")
    assert done.exit_code == 0, done.output
    dataset, _ = read_corpus([out], only=True)
    rows = {row.petition.id: row for row in dataset.rows}
    assert {key: (row.area, row.topic) for key, row in rows.items()} == {
        "a": ("safety", "telecom-fraud"),
        "b": ("other", None),
    }
    assert rows["a"].petition.text == f"电话***********，{TEXTS['a']}"
    assert rows["a"].petition.title == "=标题"
    assert rows["a"].author != rows["b"].author
    assert "王" not in rows["a"].author
    assert [row.sample for row in dataset.rows] == [get(sqlite_db, key).sample for key in "ab"]
    assert not dataset.notes
    assert ",'=标题," in out.read_text(encoding="utf-8-sig")


def test_verbs_of_keeping_work_together(
    sqlite_db: Database, tmp_path: Path, classifier: Classifier
) -> None:
    """List, stats, backup, delete, restore, purge, verify."""
    for key, text in TEXTS.items():
        record(sqlite_db, Petition(text, id=key), classifier.classify(Petition(text)), "desk")
    review(sqlite_db, "a", "王", Label("other"), source="desk")
    assert sqlite_db.file is not None
    data = ("--data", sqlite_db.file.parent)
    listed = run("reviews", "list", *data).output.splitlines()
    assert len(listed) == 2
    assert listed[1].startswith("a\t")
    assert "other" in listed[1]
    assert "3 (" in run("reviews", "stats", *data).output
    shown = json.loads(run("reviews", "show", "a", *data).output)
    assert (shown["id"], shown["text"]) == ("a", TEXTS["a"])
    assert [each["new_area"] for each in shown["reviews"]] == ["other"]
    copy = tmp_path / "copy.sqlite"
    assert run("reviews", "backup", copy, *data).exit_code == 0
    assert run("reviews", "delete", "a", "b", *data).exit_code == 0
    assert [kept.id for kept in listing(sqlite_db)] == ["c"]
    assert run("reviews", "restore", copy, "--yes", *data).exit_code == 0
    assert len(listing(sqlite_db)) == 3
    assert run("reviews", "purge", *data).exit_code == 2
    assert "purged: 0" in run("reviews", "purge", "--days", 30, *data).output
    assert run("reviews", "verify", *data).output.startswith("verified: ")


def test_workbook_of_several_sheets_comes_back_whole(
    tmp_path: Path, sqlite_db: Database, shared_store: Store
) -> None:
    """Ids that Excel would run are the same before and after; problems name their sheet."""
    path = tmp_path / "result.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        for name, petition_id, area in (("甲", "=1", "other"), ("乙", "-2", "战争")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["编号", "内容", "area"])
            sheet.write_row(1, 0, [petition_id, TEXTS["a"], area])
    done = import_file(path, sqlite_db, shared_store, "--yes")
    assert done.exit_code == 3, done.output
    assert "result.xlsx/乙, line 2: there is no such area" in done.output
    assert [petition_id for petition_id, _ in recent(sqlite_db)] == ["=1"]


def test_guarded_ids_of_a_csv_result_are_the_ids(
    archive: Path, sqlite_db: Database, shared_store: Store
) -> None:
    """The apostrophes that keep Excel from running a cell are taken off once."""
    archive.write_text(f"编号,内容\n-7,{TEXTS['a']}\n'=8,{TEXTS['b']}\n", encoding="utf-8")
    out = archive.with_name("result.csv")
    assert run("batch", archive, "--out", out, "--models", shared_store.folder).exit_code == 0
    change(out, ("'-7", "area", "other"), ("''=8", "area", "other"))
    done = import_file(out, sqlite_db, shared_store, "--yes")
    assert done.exit_code == 0, done.output
    assert {petition_id for petition_id, _ in recent(sqlite_db)} == {"-7", "'=8"}
