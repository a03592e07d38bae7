"""复核队列: the next petition, to one clerk at a time."""

import re

import pytest
from answers import answer, petition
from browser import Browser, browser
from flask import Flask

from models.decision import Reason
from models.store import Store
from service.app import create_app
from service.reviews.accounts import add_account
from service.reviews.database import Database
from service.reviews.judgement import history, review
from service.reviews.records import record
from service.reviews.rights import Role
from service.settings import Settings

PASSWORD = "long enough 123"  # noqa: S105 - opens nothing but what a test has made


@pytest.fixture
def app(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An office whose people log in, where every decision made alone is checked."""
    data = str(tmp_path_factory.mktemp("office"))
    folder = str(shared_store.folder)
    settings = Settings(models=folder, data=data, login=True, insecure_cookies=True, sample_share=1)
    return create_app(settings)


@pytest.fixture
def office(app: Flask) -> Database:
    """Its database, with two clerks."""
    found: Database = app.extensions["reviews"]
    for name in ("王某", "李某"):
        add_account(found, name, Role.CLERK, PASSWORD, "test")
    return found


def clerk(app: Flask, name: str) -> Browser:
    """The browser of a clerk."""
    client = browser(app)
    assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 302
    return client


def shown(client: Browser, query: str = "") -> str | None:
    """The id of the petition on the page."""
    found = re.search(
        r'name="id" value="([^"]+)"', client.get(f"/queue{query}").get_data(as_text=True)
    )
    return found[1] if found else None


def test_two_clerks_never_see_the_same(app: Flask, office: Database) -> None:
    """And the same clerk sees the same again, until they are done with it."""
    for number in range(3):
        record(office, petition(number), answer(confidence=0.5 + number / 10), "api")
    one, other = clerk(app, "王某"), clerk(app, "李某")
    assert (shown(one), shown(other), shown(one)) == ("0", "1", "0")
    one.post("/judge", data={"id": "0", "verdict": "confirm", "place": "queue"})
    assert shown(one) == "2"
    page = other.post("/judge", data={"id": "2", "area": "care", "place": "queue"})
    assert page.headers["Location"] == "/queue?missed=1"
    assert "已由别人处理" in other.get("/queue?missed=1").get_data(as_text=True)
    assert not history(office, "2")


def test_filters_stay_from_one_petition_to_the_next(app: Flask, office: Database) -> None:
    """Area, reason and order; a value that there is not filters nothing."""
    record(office, petition(1), answer("care", 0.9), "api")
    record(office, petition(2), answer("care", 0.5), "api")
    record(office, petition(3), answer("safety", 0.4, (Reason.TOO_SHORT,)), "api")
    client = clerk(app, "王某")
    assert shown(client, "?area_wanted=care") == "2"
    assert shown(clerk(app, "李某"), "?area_wanted=care&order=oldest") == "1"
    assert shown(client, "?reason=too-short") == "3"
    assert shown(client, "?area_wanted=none&reason=none&order=none") == "3"
    form = {"id": "2", "verdict": "confirm", "place": "queue", "area_wanted": "care"}
    shown(client, "?area_wanted=care")
    done = client.post("/judge", data=form)
    assert done.headers["Location"] == "/queue?last=2&area_wanted=care"
    undone = client.post("/undo", data={"id": "2", "place": "queue"})
    assert undone.headers["Location"] == "/petitions/2?place=again"
    assert 'name="place" value="again"' in client.get("/petitions/2?place=again").text
    done = client.post("/judge", data={**form, "place": "again"})
    assert done.headers["Location"] == "/queue?last=2&area_wanted=care"
    page = client.get("/queue?area_wanted=safety&reason=too-short").get_data(as_text=True)
    assert "2 件在等" in page
    assert "符合筛选的 1 件" in page


def test_honest_sample_looks_like_any_other(app: Flask, office: Database) -> None:
    """Neither decision nor confidence is told; with names and numbers put aside pages are alike."""
    record(office, petition("aaa"), answer(confidence=0.99, reasons=()), "api")
    client = clerk(app, "王某")
    sample = client.get("/queue").get_data(as_text=True)
    review(office, "aaa", "王某", source="queue")
    record(office, petition("bbb"), answer(confidence=0.55), "api")
    doubtful = client.get("/queue").get_data(as_text=True)
    plain = [re.sub(r"aaa|bbb|\d\d:\d\d", "", page) for page in (sample, doubtful)]
    assert plain[0] == plain[1]
    assert "%" not in re.sub("<[^>]+>", "", sample)


def test_given_back_goes_to_another_and_put_off_to_nobody(app: Flask, office: Database) -> None:
    """放回 stops; 先看下一件 goes on."""
    record(office, petition(1), answer(), "api")
    one, other = clerk(app, "王某"), clerk(app, "李某")
    assert shown(one) == "1"
    assert shown(other) is None
    assert "都在别人手里" in other.get("/queue").get_data(as_text=True)
    back = one.post("/queue/leave", data={"id": "1", "how": "back"})
    assert "已放回" in one.get(back.headers["Location"]).get_data(as_text=True)
    assert shown(other) == "1"
    other.post("/queue/leave", data={"id": "1", "how": "later"})
    assert shown(one) is None


def test_empty_queue_says_so(app: Flask, office: Database) -> None:
    """With what is there outside of a filter."""
    client = clerk(app, "王某")
    assert "没有等待复核的信访件" in client.get("/queue").get_data(as_text=True)
    record(office, petition(1), answer(), "api")
    assert "看全部 1 件" in client.get("/queue?area_wanted=care").get_data(as_text=True)


def test_petition_without_an_answer_cannot_be_confirmed_only_labelled(
    app: Flask, office: Database
) -> None:
    """The button to confirm is missing."""
    record(office, petition(1, "啊"), answer(None), "api")
    page = clerk(app, "王某").get("/queue").get_data(as_text=True)
    assert "确认：" not in page
    assert "属于（按一下就保存）" in page


def test_navigation_shows_what_the_role_may_open(app: Flask, office: Database) -> None:
    """A clerk sees neither accounts nor keys."""
    add_account(office, "赵某", Role.ADMINISTRATOR, PASSWORD, "test")
    few = clerk(app, "王某").get("/queue").get_data(as_text=True)
    all_of_them = clerk(app, "赵某").get("/queue").get_data(as_text=True)
    for path in ("/queue", "/statistics", "/model"):
        assert f'href="{path}"' in few
    for path in ("/accounts", "/keys"):
        assert f'href="{path}"' not in few
        assert f'href="{path}"' in all_of_them
    assert clerk(app, "王某").get("/accounts").status_code == 403
    assert "navigation" not in few
    assert 'href="/queue"' not in browser(app).get("/login").get_data(as_text=True)
