"""A folder of forty awkward files, as ten years of an office leave them, runs to its end."""

import gzip
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter

from models.classifier import Classifier
from models.errors import FileError
from models.store import Store
from service.archive import Model, Summary, classify_archive, make_plan

TEXT = "派出所不予立案，请督促依法办理"


@dataclass(frozen=True)
class Awkward:
    """A file, and what has to become of it: rows and errors by result, or a refusal."""

    name: str
    content: bytes
    results: dict[str, tuple[int, int] | str]


def csv_of(
    *rows: str, header: str = "编号,内容", encoding: str = "utf-8", end: str = "\n"
) -> bytes:
    """A table in one encoding."""
    return end.join([header, *rows, ""]).encode(encoding)


def book_of(*rows: tuple[object, ...], sheets: int = 1) -> bytes:
    """A workbook with the same rows in each sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for line, cells in enumerate(rows):
                for at, cell in enumerate(cells):
                    sheet.write(line, at, cell)
    return out.getvalue()


def zip_of(**members: bytes) -> bytes:
    """A zip file; ``__`` in a name stands for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "."), content)
    return out.getvalue()


GOOD = csv_of(f"1,{TEXT}", f"2,{TEXT}")
OBJECT = json.dumps({"id": 1, "text": TEXT}, ensure_ascii=False)
REFUSED, UNKNOWN, COLUMN = "file-unreadable", "encoding-unknown", "column-missing"

FILES = [
    Awkward("01 普通.csv", GOOD, {"01 普通.csv": (2, 0)}),
    Awkward("02.csv", csv_of(f"1,{TEXT}", encoding="gbk"), {"02.csv": (1, 0)}),
    Awkward("03.csv", csv_of(f"1,{TEXT}", encoding="utf-16"), {"03.csv": (1, 0)}),
    Awkward("04.csv", csv_of(f"1,{TEXT}", encoding="utf-16-le"), {"04.csv": (1, 0)}),
    Awkward("05.csv", csv_of(f"1,{TEXT}", encoding="utf-8-sig"), {"05.csv": (1, 0)}),
    Awkward("06.CSV", csv_of(f"1,{TEXT}", end="\r\n"), {"06.csv": (1, 0)}),
    Awkward("07.csv", csv_of(f"1,{TEXT}", end="\r"), {"07.csv": (1, 0)}),
    Awkward("08.csv", csv_of(f"1;{TEXT}", header="编号;内容"), {"08.csv": (1, 0)}),
    Awkward("09.csv", csv_of(f"1\t{TEXT}", header="编号\t内容"), {"09.csv": (1, 0)}),
    Awkward("10.csv", csv_of(f"1,{TEXT}", header="某区台账,\n编号,内容"), {"10.csv": (1, 0)}),
    Awkward("11.csv", csv_of("1,", f"2,{TEXT},多", "3", f"4,{TEXT}"), {"11.csv": (4, 3)}),
    Awkward("12.csv", csv_of(f'1,"{TEXT}', "2,后", "3,后"), {"12.csv": (1, 1)}),
    Awkward("13.csv", csv_of(f'1,"{TEXT}\n第二行"', ",,"), {"13.csv": (2, 1)}),
    Awkward("14.csv", csv_of(f"1,{TEXT}\0", "2,\0"), {"14.csv": (2, 1)}),
    Awkward("15.csv", csv_of(), {"15.csv": (0, 0)}),
    Awkward("16.csv", b"", {"16.csv": COLUMN}),
    Awkward("17.csv", b"\n\n\n", {"17.csv": COLUMN}),
    Awkward("18.csv", csv_of("1,x", header="编号,姓名"), {"18.csv": COLUMN}),
    Awkward("19.csv", csv_of(f"1,{TEXT}") + b"\xff\xfe\xff", {"19.csv": UNKNOWN}),
    Awkward("20.csv", book_of(("编号", "内容"), (1, TEXT)), {"20.xlsx": (1, 0)}),
    Awkward("21.tsv", csv_of(f'1\t{TEXT}"', header="编号\t内容"), {"21.tsv": (1, 0)}),
    Awkward("22.txt", f"{TEXT}\r\n\r\n{TEXT}\r\n".encode("gbk"), {"22.csv": (2, 0)}),
    Awkward("23.txt", csv_of(f"1\t{TEXT}", header="编号\t内容"), {"23.csv": (1, 0)}),
    Awkward("24.jsonl", f'{OBJECT}\n{{"id"\n[]\n\n{OBJECT}'.encode(), {"24.jsonl": (4, 2)}),
    Awkward("25.json", f"[{OBJECT}, {OBJECT}, 3]".encode("gbk"), {"25.jsonl": (3, 1)}),
    Awkward("26.json", f"[{OBJECT}, {OBJECT}".encode(), {"26.jsonl": REFUSED}),
    Awkward("27.xlsx", book_of(("台账",), (), ("编号", "内容"), (1, TEXT), (), (2, TEXT)),
            {"27.xlsx": (2, 0)}),
    Awkward("28.xlsx", book_of(("编号", "内容"), (1, TEXT), sheets=2),
            {"28/Sheet1.xlsx": (1, 0), "28/Sheet2.xlsx": (1, 0)}),
    Awkward("29.xlsx", book_of(("编号", "内容"), (110101199003071234, TEXT)), {"29.xlsx": (1, 0)}),
    Awkward("30.xlsx", book_of(), {"30.xlsx": COLUMN}),
    Awkward("31.xlsx", book_of(("编号", "内容"), (1, TEXT))[:-300], {"31.xlsx": REFUSED}),
    Awkward("32.xls", csv_of(f"1\t{TEXT}", header="编号\t内容", encoding="gbk"),
            {"32.csv": (1, 0)}),
    Awkward("33.xls", f"<table><tr><td>内容</tr><tr><td>{TEXT}</table>".encode(),
            {"33.csv": (1, 0)}),
    Awkward("34.csv.gz", gzip.compress(GOOD), {"34.csv.gz": (2, 0)}),
    Awkward("35.csv.gz", gzip.compress(GOOD * 500)[:-30], {"35.csv.gz": REFUSED}),
    Awkward("36.zip", zip_of(甲__csv=GOOD, 乙__xlsx=book_of(("内容",), (TEXT,))),
            {"36/甲.csv": (2, 0), "36/乙.xlsx": (1, 0)}),
    Awkward("37.zip", zip_of(甲__zip=zip_of(乙__csv=GOOD), 丙__csv=GOOD, 丁__pdf=b"x"),
            {"37/甲.csv": REFUSED, "37/丙.csv": (2, 0), "37/丁.csv": REFUSED}),
    Awkward("38.zip", zip_of(甲__csv=b"text\n" + b" " * (40 << 20)), {"38.zip": REFUSED}),
    Awkward("年度/39.csv", GOOD, {"年度/39.csv": (2, 0)}),
    Awkward("年度/01 普通.xls", csv_of(f"1,{TEXT}"), {"年度/01 普通.csv": (1, 0)}),
]  # fmt: skip
LINKS = ["circle.csv", "nowhere.csv"] if os.name != "nt" else []
LEFT_OUT = ["readme.pdf", "年度/照片.jpg"]
HIDDEN = ["~$27.xlsx", ".DS_Store", "年度/Thumbs.db"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, and what lies about beside them, links into nowhere and in a circle too."""
    found = tmp_path_factory.mktemp("awkward") / "档案 十年"
    for name, content in [(file.name, file.content) for file in FILES] + [
        (name, b"x") for name in LEFT_OUT + HIDDEN
    ]:
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in LINKS:
        (found / name).symlink_to(name.replace("nowhere.csv", "none"))
    return found


def test_forty_awkward_files_run_to_the_end(
    folder: Path, tmp_path: Path, shared_store: Store, classifier: Classifier
) -> None:
    """Every row of every file is accounted for, whatever the others are like."""
    assert len(FILES) == 40
    plan = make_plan([folder], tmp_path / "out")
    summary = classify_archive(plan, Model(shared_store.folder / classifier.version, classifier))
    expected = {result: told for file in FILES for result, told in file.results.items()}
    assert {name: told_of(found) for name, found in summary.files.items()} == expected
    counted = [told for told in expected.values() if isinstance(told, tuple)]
    assert (summary.rows, summary.errors) == tuple(map(sum, zip(*counted, strict=True)))
    assert sorted(plan.left_out) == LINKS + LEFT_OUT
    written = {path.relative_to(tmp_path / "out").as_posix() for path in files(tmp_path / "out")}
    assert written == {n for n, told in expected.items() if isinstance(told, tuple)} | {
        "summary.json"
    }
    document = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert document["36/甲.csv"]["rows"] == 2
    assert document["31.xlsx"]["error"]["code"] == REFUSED
    assert "15 digits" in document["29.xlsx"]["notes"][0]


def told_of(found: Summary | FileError) -> tuple[int, int] | str:
    """Rows and errors, or the code of a refusal."""
    return found.code if isinstance(found, FileError) else (found.rows, found.errors)


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("wild", "names"),
    [
        ("*.csv.gz", {"34.csv.gz", "35.csv.gz"}),
        ("年度/*.csv", {"39.csv"}),
        ("**/0[1-3]*.csv", {"01 普通.csv", "02.csv", "03.csv"}),
    ],
)
def test_wildcards_are_expanded_here(
    folder: Path, tmp_path: Path, wild: str, names: set[str]
) -> None:
    """Windows leaves that to the program."""
    plan = make_plan([folder / wild], tmp_path / "out")
    assert {job.name for job in plan.jobs} == names


def test_results_inside_the_inputs_are_not_read_again(
    tmp_path: Path, shared_store: Store, classifier: Classifier
) -> None:
    """Nor is what an unfinished run left there."""
    (tmp_path / "a.csv").write_bytes(GOOD)
    model = Model(shared_store.folder / classifier.version, classifier)
    for _ in range(2):
        plan = make_plan([tmp_path], tmp_path / "out")
        assert [job.name for job in plan.jobs] == ["a.csv"]
        if not (tmp_path / "out").exists():
            classify_archive(plan, model)


def test_names_that_meet_are_kept_apart(tmp_path: Path) -> None:
    """In a folder; members of a zip file stay below OUT, under names that Windows takes."""
    for name in ("a.csv", "a.tsv", "a.txt"):
        (tmp_path / name).write_bytes(GOOD)
    packed = zip_of(**{"../../甲__csv": GOOD, "C:\\乙?__csv": GOOD, "/丙__csv": GOOD})
    (tmp_path / "b.zip").write_bytes(packed)
    out = tmp_path / "out"
    plan = make_plan([tmp_path], out, "csv")
    names = [job.name for job in plan.jobs]
    assert names == ["a.csv", "a.tsv.csv", "a.txt.csv", "b/甲.csv", "b/C_/乙_.csv", "b/丙.csv"]
    assert all(out in job.out.parents for job in plan.jobs)


def test_files_of_one_name_from_several_folders_stay_apart(tmp_path: Path) -> None:
    """As a shell gives them for ``*/*.csv``."""
    given = []
    for name in ("2023/01/a.csv", "2024/01/a.csv", "2024/b.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(GOOD)
        given.append(path)
    plan = make_plan(given, tmp_path / "out")
    assert [job.name for job in plan.jobs] == ["2023/01/a.csv", "2024/01/a.csv", "2024/b.csv"]
    assert make_plan([tmp_path / "*" / "*" / "a.csv"], tmp_path / "out").jobs[0].name == (
        "2023/01/a.csv"
    )
