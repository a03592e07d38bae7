"""The archive page: from a file as offices keep it to a result, and back."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from browser import Browser, browser
from flask import Flask
from python_calamine import CalamineWorkbook
from uploads import (
    HEADER,
    TEXTS,
    classified,
    delimited,
    download,
    office_book,
    packed,
    rows_of,
    seen,
    send,
    settle,
    uploaded,
    work_here,
)

from service.forgery import TOKEN
from service.jobs import Runner, State
from service.reviews.database import Database
from service.reviews.judgement import recent
from service.reviews.records import get, listing


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application, whose runner works in this process."""
    work_here(monkeypatch)
    yield app
    app.extensions["jobs"].stop()


@pytest.fixture
def clerk(office: Flask) -> Browser:
    """A browser at it."""
    return browser(office)


@pytest.fixture
def kept(office: Flask) -> Database:
    """What it keeps."""
    found: Database = office.extensions["reviews"]
    return found


FILES = {
    "信访.csv": delimited().encode("gb18030"),
    "信访.tsv": delimited("\t").encode("utf-16"),
    "信访.txt": "\n".join(TEXTS).encode(),
    "信访.xlsx": office_book(),
    "信访.json": json.dumps([{"id": n, "text": text} for n, text in enumerate(TEXTS)]).encode(),
    "信访.jsonl": "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode(),
    "信访.csv.gz": gzip.compress(delimited().encode()),
    "信访.zip": packed({"甲/信访.csv": delimited().encode("gbk")}),
}


@pytest.mark.parametrize("name", FILES)
def test_file_of_every_kind_becomes_a_result(clerk: Browser, name: str) -> None:
    """Looked at, classified, and downloaded as CSV and as Excel under its own name."""
    page = uploaded(clerk, name, FILES[name])
    look = seen(clerk, page)
    assert TEXTS[0][:20] in look
    assert "开始判断" in look
    assert classified(clerk, page) is State.DONE
    assert "共 3 行" in seen(clerk, page)
    with clerk.get(f"{page}/result.csv") as result:
        assert "filename*=UTF-8''" in result.headers["Content-Disposition"]
        assert result.headers["Cache-Control"] == "no-store"
    rows = rows_of(download(clerk, page, "csv"))
    assert [next(cell for cell in row.values() if cell in TEXTS) for row in rows] == [*TEXTS]
    assert all(row["area"] and row["decision"] and row["petition_id"] for row in rows)
    book = CalamineWorkbook.from_filelike(io.BytesIO(download(clerk, page, "xlsx")))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0] == list(rows[0])
    assert len(sheet) == 4


def test_sheet_as_offices_keep_it_is_read_without_help(clerk: Browser, kept: Database) -> None:
    """The title row is told, blank rows are none, numbers that only count are no ids."""
    page = uploaded(clerk, "登记.xlsx", office_book())
    look = seen(clerk, page)
    assert "表头上面的 1 行" in look
    assert "自动（反映内容）" in look
    assert "自动（序号）" not in look
    assert classified(clerk, page) is State.DONE
    job = page.rsplit("/", 1)[1]
    assert [record.id for record in listing(kept)] == [f"{job}:{n}" for n in (1, 2, 3)]
    assert {record.channel for record in listing(kept)} == {"upload"}
    rows = rows_of(download(clerk, page, "csv"))
    assert [row["petition_id"] for row in rows] == [record.id for record in listing(kept)]
    assert [row["身份证号"] for row in rows] == ["110105********1234"] * 3


def test_columns_and_encoding_are_chosen_by_hand(clerk: Browser) -> None:
    """Where the names are unusual or the guess is wrong; what is shown follows the choice."""
    text = "派出所一直不給立案回執，請督促依法辦理，我們小區的電梯壞了三個月沒有人修"
    content = f"甲,乙\na0,{text}\na1,{text}嗎\na2,{text}呢\n".encode("big5")
    page = uploaded(clerk, "a.csv", content)
    assert "可能是 Big5 编码" in seen(clerk, page)
    assert 'name="text" required' in clerk.get(page).get_data(as_text=True)
    form = {"encoding": "big5", "text": "1", "id": "0", "record": "1"}
    for _ in range(2):  # the names of columns can be read only after the first time
        assert clerk.post(f"{page}/look", data=form).status_code == 303
        assert settle(clerk, page) is State.READY
    look = seen(clerk, page)
    assert "乙 内容" in look
    assert "甲 编号" in look
    assert classified(clerk, page, **form) is State.DONE
    rows = rows_of(download(clerk, page, "csv"))
    assert [row["petition_id"] for row in rows] == ["a0", "a1", "a2"]


def test_only_ticked_tables_are_classified(clerk: Browser) -> None:
    """Several results come in one zip file, a single one plain; none ticked is told."""
    content = delimited().encode()
    names = {"一.csv": content, "二.csv": content, "坏.xlsx": b"no workbook"}
    page = uploaded(clerk, "三张.zip", packed(names))
    assert "共 3 张表" in seen(clerk, page)
    nothing = clerk.post(f"{page}/start", data={"several": "1"})
    assert nothing.status_code == 422
    assert "一张表都没有选" in nothing.get_data(as_text=True)
    assert classified(clerk, page, several="1", table=["0", "1"]) is State.DONE
    assert "共 6 行" in seen(clerk, page)
    assert download(clerk, page, "csv")[:2] == b"PK"
    single = uploaded(clerk, "又.zip", packed(names))
    assert classified(clerk, single, several="1", table=["1"]) is State.DONE
    assert len(rows_of(download(clerk, single, "csv"))) == 3


def test_nothing_is_kept_unless_it_is_ticked(clerk: Browser, kept: Database) -> None:
    """And the result has no column of ids then."""
    page = uploaded(clerk, "a.csv", delimited().encode())
    clerk.post(f"{page}/start", data={})
    assert settle(clerk, page) is State.DONE
    assert listing(kept) == []
    assert "petition_id" not in rows_of(download(clerk, page, "csv"))[0]


def test_same_petitions_are_kept_once_and_others_under_ids_of_their_own(
    clerk: Browser, kept: Database
) -> None:
    """A file that comes twice adds nothing; a taken id with another text gets a new one."""
    for _ in range(2):
        page = uploaded(clerk, "a.csv", delimited().encode())
        assert classified(clerk, page) is State.DONE
    assert "已经上传过" in seen(clerk, uploaded(clerk, "b.csv", delimited().encode()))
    assert [record.id for record in listing(kept)] == ["a0", "a1", "a2"]
    other = f"编号,内容\na0,{TEXTS[1]}又来信了\n"
    page = uploaded(clerk, "c.csv", other.encode())
    assert classified(clerk, page) is State.DONE
    (row,) = rows_of(download(clerk, page, "csv"))
    assert row["petition_id"] == f"{page.rsplit('/', 1)[1]}:1"
    assert get(kept, row["petition_id"]).text.endswith("又来信了")


def test_rows_that_fail_are_counted_and_stay(clerk: Browser) -> None:
    """With the reason in words."""
    page = uploaded(clerk, "a.csv", (delimited() + "a9,\nb,c,d\n").encode())
    assert classified(clerk, page) is State.DONE
    found = seen(clerk, page)
    assert "共 5 行" in found
    assert "1 行：内容一格是空的" in found
    assert "1 行：这一行的格数与表头不符" in found
    assert len(rows_of(download(clerk, page, "csv"))) == 5


def test_cells_of_formulas_and_endless_cells_do_no_harm(clerk: Browser) -> None:
    """Guarded in CSV, text in Excel, cut off there with a word about it."""
    page = uploaded(clerk, "a.csv", f"编号,内容\n=1+1,{TEXTS[0]}\nb,{'长' * 40_000}\n".encode())
    assert classified(clerk, page) is State.DONE
    rows = rows_of(download(clerk, page, "csv"))
    assert rows[0]["编号"] == "'=1+1"
    assert len(rows[1]["内容"]) == 40_000
    book = CalamineWorkbook.from_filelike(io.BytesIO(download(clerk, page, "xlsx")))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[1][0] == "=1+1"
    assert str(sheet[2][-1]).startswith("cell-too-long")


def corrected(content: bytes, **changes: str) -> bytes:
    """A result with other names of areas at some ids, and the others confirmed, as Excel saves."""
    rows = rows_of(content)
    for row in rows:
        row["area_name"] = changes.get(row["petition_id"], row["area_name"])
        row["已确认"] = "" if row["petition_id"] in changes else "是"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")


def as_book(content: bytes) -> bytes:
    """A CSV as a workbook, sorted the other way round."""
    head, *lines = csv.reader(io.StringIO(content.decode("gb18030"), newline=""))
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate([head, *reversed(lines)]):
            sheet.write_row(at, 0, line)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_result_corrected_in_excel_comes_back_as_reviews(
    clerk: Browser, kept: Database, kind: str
) -> None:
    """Told first, written when somebody agrees, and never twice."""
    page = uploaded(clerk, "a.csv", delimited().encode())
    assert classified(clerk, page) is State.DONE
    area = get(kept, "a0").answer["area"]
    name = "解民忧" if area != "relief" else "保民安"
    content = corrected(download(clerk, page, "csv"), a0=name)
    content = as_book(content) if kind == "xlsx" else content
    back = uploaded(clerk, f"a改.{kind}", content, "/batch/corrected")
    look = seen(clerk, back)
    assert "改了领域或事项1 行" in look
    assert "标明已确认2 行" in look
    assert recent(kept) == []
    assert classified(clerk, back) is State.DONE
    assert "已写入 3 条复核" in seen(clerk, back)
    failed = "编号,内容,petition_id,area,area_name\n,,,,\n".encode()
    assert "没有改动1 行" in seen(clerk, uploaded(clerk, "b.csv", failed, "/batch/corrected"))
    written = [(each, found.by, found.source, found.action) for each, found in recent(kept)]
    assert sorted(written) == [
        ("a0", "local", "import", "corrected"),
        ("a1", "local", "import", "confirmed"),
        ("a2", "local", "import", "confirmed"),
    ]
    again = uploaded(clerk, f"a改.{kind}", content, "/batch/corrected")
    assert classified(clerk, again) is State.DONE
    assert len(recent(kept)) == 3


def test_senseless_corrections_are_told_in_words(clerk: Browser, kept: Database) -> None:
    """By line; a file that is no result is refused with what to do."""
    page = uploaded(clerk, "a.csv", delimited().encode())
    assert classified(clerk, page) is State.DONE
    content = corrected(download(clerk, page, "csv"), a0="没有的领域")
    look = seen(clerk, uploaded(clerk, "b.csv", content, "/batch/corrected"))
    assert "第 2 行：没有这个领域" in look
    other = uploaded(clerk, "c.csv", delimited().encode(), "/batch/corrected")
    assert "没有 area 一列" in seen(clerk, other)
    assert recent(kept) == []


def test_file_is_deleted_with_everything_but_what_was_kept(
    clerk: Browser, office: Flask, kept: Database
) -> None:
    """At once, and by itself when its time is over."""
    runner: Runner = office.extensions["jobs"]
    for end in ("delete", "purge"):
        page = uploaded(clerk, "a.csv", delimited().encode())
        assert classified(clerk, page) is State.DONE
        if end == "delete":
            assert clerk.post(f"{page}/delete", data={}).status_code == 302
        else:
            runner.jobs.purge(0)
        assert clerk.get(page).status_code == 404
        assert list(runner.jobs.folder.iterdir()) == []
    assert len(listing(kept)) == 3


def test_form_without_a_token_is_refused(clerk: Browser, office: Flask) -> None:
    """An upload too."""
    data = {TOKEN: "x", "file": (io.BytesIO(delimited().encode()), "a.csv")}
    assert clerk.post("/batch", data=data).status_code == 403
    assert office.extensions["jobs"].jobs.listing() == []


def test_nothing_is_done_twice_or_out_of_order(clerk: Browser) -> None:
    """What does not fit is told, and changes nothing."""
    page = uploaded(clerk, "a.csv", delimited().encode())
    assert clerk.get(f"{page}/result.csv").status_code == 404
    assert classified(clerk, page) is State.DONE
    assert clerk.post(f"{page}/start", data={}).status_code == 409
    assert clerk.post(f"{page}/look", data={}).status_code == 409
    assert clerk.post(f"{page}/stop", data={}).status_code == 303
    assert settle(clerk, page) is State.DONE


def test_no_text_reaches_the_log(
    clerk: Browser, office: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor the documents beside the upload, but the look at its first rows."""
    with caplog.at_level("DEBUG"):
        page = uploaded(clerk, "a.csv", delimited().encode())
        assert classified(clerk, page) is State.DONE
        send(clerk, "b.xlsx", TEXTS[0].encode())
    folder = Path(office.extensions["jobs"].jobs.path(page.rsplit("/", 1)[1]))
    told = [path.read_text("utf-8") for path in folder.glob("*.json") if path.stem != "preview"]
    assert len(told) > 2
    assert all(text[:6] not in line for text in TEXTS for line in (caplog.text, *told))
    assert HEADER[1] not in caplog.text
