"""The archive page: from a file as offices keep it to a result, and back."""

import csv
import gzip
import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from browser import Browser, browser
from flask import Flask
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from models.store import Store
from service.access import TOKEN
from service.app import create_app
from service.jobs import Job, Runner, State
from service.reviews.accounts import add_account
from service.reviews.database import Database
from service.reviews.judgement import recent
from service.reviews.records import listing
from service.reviews.rights import Role
from service.settings import Settings

TEXTS = (
    "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回。",
    "派出所一直不给立案回执，请督促依法办理。",
    "小区电梯坏了三个月没有人修，老人上下楼困难。",
)
PATIENCE_S = 60


@pytest.fixture
def office(app: Flask) -> Iterator[Flask]:
    """The application, whose runner ends with the test."""
    yield app
    app.extensions["jobs"].stop()


@pytest.fixture
def clerk(office: Flask) -> Browser:
    """A browser at it."""
    return browser(office)


def send(client: Browser, name: str, content: bytes, path: str = "/batch") -> TestResponse:
    """Upload a file."""
    return client.post(path, data={"file": (io.BytesIO(content), name)})


def uploaded(client: Browser, name: str, content: bytes, path: str = "/batch") -> str:
    """Upload a file and wait until it has been read; its page's address."""
    sent = send(client, name, content, path)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    settle(client, sent.headers["Location"])
    return str(sent.headers["Location"])


def settle(client: Browser, page: str) -> State:
    """Wait until nothing moves any more; how it stands."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        state = State(client.get(f"{page}/progress").get_json()["state"])
        if not state.is_moving:
            return state
        time.sleep(0.05)
    pytest.fail(f"still {state}")


def classified(client: Browser, page: str, **form: Any) -> State:  # noqa: ANN401 - a form's fields
    """Say go and wait for the end."""
    started = client.post(f"{page}/start", data={"record": "1", **form})
    assert started.status_code == 303, started.get_data(as_text=True)
    return settle(client, page)


def seen(client: Browser, page: str) -> str:
    """What a person reads on a page."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", client.get(page).get_data(as_text=True)))


def download(client: Browser, page: str, suffix: str) -> bytes:
    """The result."""
    with client.get(f"{page}/result.{suffix}") as response:
        assert response.status_code == 200
        return response.data


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def table(delimiter: str = ",") -> str:
    """Some petitions as a table."""
    lines = [("编号", "来信内容"), *((f"a{n}", text) for n, text in enumerate(TEXTS))]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def office_book() -> bytes:
    """A sheet as offices keep it: a merged title, identity numbers, blank lines, a second sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("来信登记")
        sheet.merge_range(0, 0, 0, 3, "二〇二六年群众来信登记表")
        sheet.write_row(1, 0, ["序号", "姓名", "身份证号", "反映内容"])
        for number, text in enumerate(TEXTS):
            line = 2 + 2 * number  # with a blank one between
            sheet.write_row(line, 0, [number + 1, "张某", "110105********1234", text])
        book.add_worksheet("说明").write(0, 0, "填表说明")
    return file.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    """A zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members.items():
            book.writestr(name, content)
    return file.getvalue()


FILES = {
    "信访.csv": table().encode("gb18030"),
    "信访.tsv": table("\t").encode("utf-16"),
    "信访.txt": "\n".join(TEXTS).encode(),
    "信访.xlsx": office_book(),
    "信访.json": json.dumps([{"id": str(n), "text": text} for n, text in enumerate(TEXTS)]).encode(),
    "信访.jsonl": "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode(),
    "信访.csv.gz": gzip.compress(table().encode()),
    "信访.zip": packed({"甲/信访.csv": table().encode("gbk")}),
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
