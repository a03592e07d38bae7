"""受理台: what is kept of a petition, and what a clerk may say of it."""

import re

import pytest
from flask.testing import FlaskClient

from models.errors import DatabaseUnusable
from service.reviews.database import Database
from service.reviews.judgement import Label, history, review
from service.reviews.queue import next_item
from service.reviews.records import get, listing

TEXT = "我在网上刷单被骗了三万多元，电话13800000000，报警后请公安机关尽快破案追回。"


def kept_id(page: str) -> str:
    """The id that a page tells."""
    found = re.search("编号 (desk-[0-9a-f]{16})", page)
    assert found is not None
    return found[1]


def classified(client: FlaskClient, text: str = TEXT) -> str:
    """The id of a petition that was just classified at the desk."""
    return kept_id(client.post("/", data={"text": text}).get_data(as_text=True))


def test_answer_at_the_desk_is_kept_masked(client: FlaskClient, office: Database) -> None:
    """And the page says so; it is in the hands of whoever classified it."""
    kept = get(office, classified(client))
    assert (kept.channel, kept.review) == ("desk", None)
    assert "13800000000" not in kept.text
    assert len(kept.text) == len(TEXT)
    if kept.open:
        assert next_item(office, "somebody else") is None
        found = next_item(office, "local")
        assert found is not None
        assert found.id == kept.id


def test_form_sent_twice_keeps_one_petition(client: FlaskClient, office: Database) -> None:
    """With another text it keeps another one."""
    page = client.get("/").get_data(as_text=True)
    found = re.search('name="id" value="([^"]+)"', page)
    assert found is not None
    form = {"text": TEXT, "id": found[1]}
    assert kept_id(client.post("/", data=form).get_data(as_text=True)) == found[1]
    client.post("/", data=form)
    assert len(listing(office)) == 1
    changed = client.post("/", data={**form, "text": TEXT + "谢谢"}).get_data(as_text=True)
    assert kept_id(changed) != found[1]
    assert len(listing(office)) == 2


def test_id_that_is_not_ours_is_not_used(client: FlaskClient) -> None:
    """Whatever a form says."""
    page = client.post("/", data={"text": TEXT, "id": "../../x"}).get_data(as_text=True)
    assert kept_id(page)


def test_confirmed_and_taken_back(client: FlaskClient, office: Database) -> None:
    """The next page tells it and offers to undo; afterwards the petition is shown again."""
    petition_id = classified(client)
    done = client.post("/judge", data={"id": petition_id, "verdict": "confirm", "place": "desk"})
    page = client.get(done.headers["Location"]).get_data(as_text=True)
    assert "已确认：" in page
    undone = client.post("/undo", data={"id": petition_id}, follow_redirects=True)
    assert "已撤销" in undone.get_data(as_text=True)
    assert [entry.action for entry in history(office, petition_id)] == ["confirmed", "undone"]
    again = client.post("/undo", data={"id": petition_id})
    assert again.status_code == 409
    assert "没有可以撤销" in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ({"area": "care"}, ("care", None)),
        ({"verdict": "label", "label": "fairness|case-refused"}, ("fairness", "case-refused")),
        ({"verdict": "label", "label": "other"}, ("other", None)),
    ],
)
def test_corrected(
    client: FlaskClient, office: Database, form: dict[str, str], label: tuple[str, str | None]
) -> None:
    """By one button for an area, or by the list of topics; with a note, masked."""
    petition_id = classified(client)
    told = {"id": petition_id, "note": "来电人 13800000000", **form}
    page = client.post("/judge", data=told, follow_redirects=True).get_data(as_text=True)
    assert "已更正为" in page
    (entry,) = history(office, petition_id)
    assert (entry.new_area, entry.new_topic, entry.source) == (*label, "desk")
    assert entry.note == "来电人 ***********"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"id": "none", "verdict": "confirm"}, 404),
        ({}, 422),
        ({"verdict": "confirm", "id": ""}, 404),
        ({"area": "no-such-area"}, 422),
        ({"verdict": "label", "label": ""}, 422),
        ({"verdict": "label", "label": "care|case-refused"}, 422),
        ({"verdict": "odd"}, 422),
    ],
)
def test_what_cannot_be_is_told_on_a_page(
    client: FlaskClient, office: Database, form: dict[str, str], status: int
) -> None:
    """In Chinese, and nothing is kept."""
    petition_id = classified(client)
    known = {"id": petition_id} if form else {}
    response = client.post("/judge", data={**known, **form})
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert 'lang="zh-CN"' in response.get_data(as_text=True)
    assert not history(office, petition_id)


def test_answer_is_shown_when_nothing_can_be_kept(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clerk can go on, and is told."""

    def fail(*_: object) -> None:
        raise DatabaseUnusable("no disk")

    monkeypatch.setattr("service.pages.desk.record", fail)
    response = client.post("/", data={"text": TEXT})
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert "没能留存" in page
    assert "<mark" in page
    assert "/judge" not in page


def test_only_the_own_last_word_is_told(client: FlaskClient, office: Database) -> None:
    """A link with the id of a petition tells nothing of what others said."""
    petition_id = classified(client)
    review(office, petition_id, "somebody else", source="desk")
    assert 'action="/undo"' not in client.get(f"/?last={petition_id}").get_data(as_text=True)
    review(office, petition_id, "local", Label("care"), source="desk")
    assert 'action="/undo"' in client.get(f"/?last={petition_id}").get_data(as_text=True)
    assert client.get("/?last=unknown").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/none", 404), ("/judge", 405), ("/petitions/none", 404)]
)
def test_errors_are_pages_for_browsers_and_problems_for_programs(
    client: FlaskClient, path: str, status: int
) -> None:
    """By what they accept."""
    page = client.get(path, headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "未能完成" in page.get_data(as_text=True)
    program = client.get("/v1/none", headers={"Accept": "text/html,*/*"})
    assert (program.status_code, program.mimetype) == (404, "application/problem+json")
