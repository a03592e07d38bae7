"""What tests of the archive page need: a browser that uploads, and files as offices keep them."""

import csv
import io
import re
import time
import zipfile
from typing import Any

import pytest
import xlsxwriter
from browser import Browser
from werkzeug.test import TestResponse

from service.jobs import Job, Runner, State
from service.jobs.worker import work

TEXTS = (
    "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回。",
    "派出所一直不给立案回执，请督促依法办理。",
    "小区电梯坏了三个月没有人修，老人上下楼困难。",
)
PATIENCE_S = 60
HEADER = ("编号", "来信内容")


def work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be worked on in this process, which is quicker."""

    def run(runner: Runner, job: Job) -> dict[str, Any]:
        folder = runner.jobs.path(job.id)
        return work(folder, runner._settings, lambda: False)  # noqa: SLF001 - in place of a process

    monkeypatch.setattr(Runner, "_run", run)


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
        return bytes(response.data)


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def delimited(delimiter: str = ",", header: tuple[str, ...] = HEADER) -> str:
    """Some petitions as a table."""
    lines = [header, *((f"a{n}", text) for n, text in enumerate(TEXTS))]
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
