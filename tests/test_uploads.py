"""Files that do harm, service that stops, clerks that must not see each other's files."""

import gzip
import io
import os
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from browser import Browser, browser
from flask import Flask
from uploads import (
    PATIENCE_S,
    TEXTS,
    classified,
    delimited,
    download,
    packed,
    rows_of,
    seen,
    send,
    settle,
    uploaded,
    work_here,
)

from models.store import Store
from service.app import create_app
from service.jobs import Runner, State
from service.jobs.runner import TRIES
from service.reviews.accounts import add_account
from service.reviews.records import listing
from service.reviews.rights import Role
from service.server import Serving
from service.settings import Settings

HTTPS = "https://office.example"
PASSWORD = "long enough 123"  # noqa: S105 - opens nothing but what a test has made
ROWS = 6000


@pytest.fixture
def office(app: Flask) -> Iterator[Flask]:
    """The application, whose runner ends with the test."""
    yield app
    app.extensions["jobs"].stop()


@pytest.fixture
def clerk(office: Flask) -> Browser:
    """A browser at it."""
    return browser(office)


@pytest.fixture
def quick(office: Flask, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A browser at it, while files are worked on in this process."""
    work_here(monkeypatch)
    return browser(office)


def runner_of(app: Flask) -> Runner:
    """What works on its files."""
    found: Runner = app.extensions["jobs"]
    return found


def many() -> bytes:
    """Enough rows to stop in the middle of them."""
    lines = (f"n{n},{TEXTS[n % 3] * 3}{n}\n" for n in range(ROWS))
    return gzip.compress(("编号,内容\n" + "".join(lines)).encode())


def bomb() -> bytes:
    """A zip file that grows to a thousand times its size."""
    return packed({"a.csv": b"\xe5\x86\x85\xe5\xae\xb9\n" + b"0" * 60_000_000})


def gbk_names() -> bytes:
    """A zip file as Windows in China writes it."""
    content = packed({"XXXX.csv": delimited().encode("gbk")})
    return content.replace(b"XXXX.csv", "信访".encode("gbk") + b".csv")


def nested() -> bytes:
    """Members that would like to stand elsewhere, or are packed again."""
    return packed({"../../evil.csv": delimited().encode(), "in.zip": packed({"a.csv": b"x"})})


HOSTILE = {
    "炸弹.zip": (bomb(), "压缩炸弹"),
    "图片.xlsx": (b"\x89PNG\r\n\x1a\n" + bytes(3000), "不是完整的 Excel 文件"),
    "半个.zip": (packed({"a.csv": delimited().encode()})[:-30], "文件不完整或已损坏"),
    "乱码.csv": (b"\xff\x81" * 500, "认不出文字编码"),
    "深.json": (b"[" * 100_000, "不是完整的 JSON"),
    "空行.csv": (b"\n\n\n", "没有表格内容"),
    "空.zip": (packed({}), "没有表格内容"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_harmful_file_is_told_in_words(quick: Browser, name: str) -> None:
    """Not in English, not as a fault; the service goes on."""
    content, words = HOSTILE[name]
    page = uploaded(quick, name, content)
    found = seen(quick, page)
    assert words in found
    assert "程序出错" not in found
    assert quick.get("/batch").status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("程序.exe", b"MZ", "读不了这种文件"),
        ("没有后缀", b"x", "读不了这种文件"),
        ("空的.csv", b"", "文件是空的"),
        ("", b"x", "没有选择文件"),
    ],
)
def test_unfit_file_is_not_taken_in(
    quick: Browser, office: Flask, name: str, content: bytes, words: str
) -> None:
    """With a word about why; nothing is left on the disk."""
    sent = send(quick, name, content)
    assert sent.status_code == 422
    assert words in sent.get_data(as_text=True)
    folder = runner_of(office).jobs.folder
    assert not folder.exists() or not list(folder.iterdir())


def test_file_over_the_limit_is_refused(shared_store: Store, tmp_path: Path) -> None:
    """Other forms keep their own, smaller limit."""
    settings = Settings(
        models=str(shared_store.folder),
        data=str(tmp_path / "office"),
        max_body_bytes=10_000,
        max_upload_bytes=100_000,
    )
    client = browser(create_app(settings))
    assert send(client, "a.csv", b"x" * 105_000).status_code == 413
    assert client.post("/", data={"text": "长" * 10_000}).status_code == 413
    sent = send(client, "a.csv", b"x" * 99_000)
    assert sent.status_code == 303
    assert client.post(f"{sent.headers['Location']}/delete", data={}).status_code == 302


def test_server_takes_large_bodies_for_uploads_only(shared_store: Store, tmp_path: Path) -> None:
    """Where others end, the application has its say."""
    settings = Settings(
        models=str(shared_store.folder),
        data=str(tmp_path / "office"),
        port=0,
        max_body_bytes=10_000,
        max_upload_bytes=100_000,
    )
    serving = Serving(create_app(settings), settings)
    serving.start()
    answers = {}
    for path, size in (("/", 20_000), ("/batch", 20_000), ("/batch", 200_000)):
        connection = HTTPConnection("127.0.0.1", serving.port, timeout=30)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, b"x" * size, headers)
        answers[path, size] = connection.getresponse().status
        connection.close()
    serving.stop()
    assert answers == {("/", 20_000): 413, ("/batch", 20_000): 403, ("/batch", 200_000): 413}


@pytest.mark.parametrize("name", ["../../../tmp/x.csv", "C:\\windows\\信访.csv", "a\u202evsc.csv"])
def test_name_of_a_file_is_shown_and_never_a_path(quick: Browser, office: Flask, name: str) -> None:
    """It is kept under a name of our own in a folder of its own."""
    page = uploaded(quick, name, delimited().encode())
    jobs = runner_of(office).jobs
    (folder,) = jobs.folder.iterdir()
    assert (folder / "upload.csv").read_bytes() == delimited().encode()
    (job,) = jobs.listing()
    assert job.file.isprintable()
    assert "/" not in job.file
    assert "\\" not in job.file
    for wrong in ("..", "%2e%2e", "0" * 16, "x", page.rsplit("/", 1)[1].upper()):
        assert quick.get(f"/batch/{wrong}").status_code == 404


def test_markup_in_names_and_cells_stays_text(quick: Browser) -> None:
    """Nothing that is uploaded writes into the page."""
    content = f"编号,<b>内容</b>\n<script>alert(1)</script>,{TEXTS[0]}<img src=x>\n".encode()
    page = uploaded(quick, "<script>alert(2)<!-- .csv", content)
    for path in (page, "/batch"):
        found = quick.get(path).get_data(as_text=True)
        assert "<script>alert" not in found
        assert "<img" not in found
        assert "<b>" not in found
        assert "&lt;script&gt;" in found


def test_members_keep_their_chinese_names_and_their_folder(quick: Browser, tmp_path: Path) -> None:
    """Names in GBK are read; none leads out of the folder of results."""
    page = uploaded(quick, "甲.zip", gbk_names())
    assert classified(quick, page) is State.DONE
    page = uploaded(quick, "乙.zip", nested())
    found = seen(quick, page)
    assert "共 2 张表" in found
    assert classified(quick, page, several="1", table=["0", "1"]) is State.DONE
    assert "没有处理" in seen(quick, page)
    assert len(rows_of(download(quick, page, "csv"))) == 3
    assert not list(tmp_path.rglob("evil.csv")) or (tmp_path / "office").exists()
    assert all("uploads" in str(path) for path in tmp_path.rglob("evil.csv"))


def begun(client: Browser, name: str) -> str:
    """Upload many rows and say go; the page once some of them are done."""
    page = uploaded(client, name, many())
    assert client.post(f"{page}/start", data={"record": "1"}).status_code == 303
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        line = client.get(f"{page}/progress").get_json()["line"]
        if "已处理" in line and "已处理 0 行" not in line:
            return page
        time.sleep(0.02)
    pytest.fail("nothing was done")


def check_whole(client: Browser, page: str, app: Flask) -> None:
    """Every row has one result and one record."""
    ids = [f"n{n}" for n in range(ROWS)]
    assert [row["petition_id"] for row in rows_of(download(client, page, "csv"))] == ids
    records = listing(app.extensions["reviews"], limit=ROWS + 1)
    assert sorted(record.id for record in records) == sorted(ids)


def test_files_are_gone_on_with_after_the_service_has_stopped(
    office: Flask, clerk: Browser, shared_store: Store, tmp_path: Path
) -> None:
    """Nothing is lost and nothing done twice; nobody has to do anything."""
    page = begun(clerk, "多.csv.gz")
    runner_of(office).stop()
    assert clerk.get(f"{page}/progress").get_json()["state"] == "running"
    settings = Settings(models=str(shared_store.folder), data=str(tmp_path / "office"))
    again = create_app(settings)
    runner_of(again).start()
    client = browser(again)
    assert settle(client, page) is State.DONE
    check_whole(client, page, again)
    runner_of(again).stop()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to send")
def test_process_that_is_killed_is_begun_again(office: Flask, clerk: Browser) -> None:
    """Without a word, and without harm to the result; one that dies always is told."""
    page = begun(clerk, "多.csv.gz")
    job = page.rsplit("/", 1)[1]
    process = runner_of(office)._active[job]  # noqa: SLF001 - to kill it
    assert process
    process.send_signal(signal.SIGKILL)
    assert settle(clerk, page) is State.DONE
    check_whole(clerk, page, office)


def test_process_that_always_dies_is_told(
    office: Flask, clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some tries."""
    tried = []
    monkeypatch.setattr(Runner, "_run", lambda _, job: tried.append(job.id))
    page = uploaded(clerk, "a.csv", delimited().encode())
    assert office
    assert len(tried) == TRIES
    assert "反复意外中断" in seen(clerk, page)


def test_file_is_stopped_and_gone_on_with(office: Flask, clerk: Browser) -> None:
    """What is done stays done; it can be thrown away in the middle, too."""
    page = begun(clerk, "多.csv.gz")
    assert clerk.post(f"{page}/stop", data={}).status_code == 303
    assert settle(clerk, page) is State.CANCELLED
    assert "继续" in seen(clerk, page)
    assert clerk.post(f"{page}/start", data={}).status_code == 303
    assert settle(clerk, page) is State.DONE
    check_whole(clerk, page, office)


def test_file_is_deleted_in_the_middle(office: Flask, clerk: Browser) -> None:
    """Nothing of it comes back."""
    page = begun(clerk, "多.csv.gz")
    assert clerk.post(f"{page}/delete", data={}).status_code == 302
    assert clerk.get(page).status_code == 404
    time.sleep(0.5)
    assert list(runner_of(office).jobs.folder.iterdir()) == []


def test_clerks_see_their_own_files_and_administrators_all(
    shared_store: Store, tmp_path: Path
) -> None:
    """Another's is not there for them, whatever they ask of it."""
    data = str(tmp_path / "office")
    app = create_app(Settings(models=str(shared_store.folder), host="0.0.0.0", data=data))  # noqa: S104 - never listens
    clients = {}
    for name, role in (("甲", Role.CLERK), ("乙", Role.CLERK), ("管", Role.ADMINISTRATOR)):
        add_account(app.extensions["reviews"], name, role, PASSWORD, "test")
        clients[name] = browser(app)
        form = {"name": name, "password": PASSWORD}
        assert clients[name].post("/login", data=form, base_url=HTTPS).status_code == 302
    file = {"file": (io.BytesIO(delimited().encode()), "甲的.csv")}
    sent = clients["甲"].post("/batch", data=file, base_url=HTTPS)
    page = sent.headers["Location"]
    for name, status, listed in (("甲", 200, True), ("乙", 404, False), ("管", 200, True)):
        client = clients[name]
        assert client.get(page, base_url=HTTPS).status_code == status
        assert client.get(f"{page}/progress", base_url=HTTPS).status_code == status
        listing = client.get("/batch", base_url=HTTPS).get_data(as_text=True)
        assert ("甲的.csv" in listing) is listed
    for verb in ("start", "stop", "look", "delete"):
        refused = clients["乙"].post(f"{page}/{verb}", data={}, base_url=HTTPS)
        assert refused.status_code == 404
    assert clients["乙"].get(f"{page}/result.csv", base_url=HTTPS).status_code == 404
    assert clients["管"].post(f"{page}/delete", data={}, base_url=HTTPS).status_code == 302
    runner_of(app).stop()
