"""The HTTP API of kept petitions."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.errors import DatabaseUnusable
from service.reviews.database import Database, Rules
from service.reviews.judgement import history
from service.reviews.records import get

TEXT = "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回，电话13912345678。"
REVIEWS = "/v1/reviews"


def post(client: FlaskClient, path: str, **body: object) -> TestResponse:
    """POST the body as JSON."""
    return client.post(path, json=body)


def classify(client: FlaskClient, petition_id: str | None = None, **more: object) -> Any:  # noqa: ANN401 - JSON
    """The answer for a recorded petition."""
    response = post(client, "/v1/classify", text=TEXT, id=petition_id, record=True, **more)
    assert response.status_code == 200, response.data
    return response.get_json()


@pytest.fixture
def db(app: Flask) -> Database:
    """The database of the application."""
    found: Database = app.extensions["reviews"]
    return found


def test_answer_is_kept_only_when_asked_for(
    client: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``record`` no database is touched."""
    monkeypatch.setattr(db, "engine", lambda: pytest.fail("the database was opened"))
    assert post(client, "/v1/classify", text=TEXT, id="a").status_code == 200
    monkeypatch.undo()
    classify(client, "b")
    assert client.get("/v1/petitions/a").status_code == 404
    assert client.get("/v1/petitions/b").status_code == 200


def test_same_id_gives_the_same_answer(client: FlaskClient) -> None:
    """Explained if asked; another text under it is a conflict."""
    first = classify(client, "信2026/1")
    again = classify(client, "信2026/1", explain=True)
    assert {key: again[key] for key in first} == first
    assert again["evidence"]
    other = post(client, "/v1/classify", text="路灯不亮", id="信2026/1", record=True)
    assert other.status_code == 409
    assert json.loads(other.data)["code"] == "petition-differs"


def test_answer_without_an_id_gets_one(client: FlaskClient) -> None:
    """To be reviewed under."""
    answer = classify(client)
    assert answer["id"]
    assert post(client, REVIEWS, id=answer["id"], area="other").status_code == 200


def test_batch_is_kept_petition_by_petition(client: FlaskClient) -> None:
    """Those with an error are not, and stop no others."""
    classify(client, "taken")
    petitions = [
        {"text": TEXT, "id": "a"},
        {"text": "路灯不亮", "id": "taken"},
        {"text": " "},
        {"text": TEXT, "id": "\0"},
        5,
        {"text": TEXT, "id": "b"},
    ]
    response = post(client, "/v1/classify/batch", petitions=petitions, record=True)
    results = response.get_json()["results"]
    codes = [each.get("error", {}).get("code") for each in results]
    assert codes == [None, "petition-differs", "text-empty", "text-malformed", "schema", None]
    assert [client.get(f"/v1/petitions/{each}").status_code for each in "ab"] == [200, 200]


def test_petition_is_corrected_undone_and_confirmed(client: FlaskClient, db: Database) -> None:
    """By name or code of the label, under the name of who reviews."""
    answer = classify(client, "a")
    corrected = post(
        client, REVIEWS, id="a", area="不属六项", note="问路", reviewer="7号"
    ).get_json()
    assert corrected["action"] == "corrected"
    assert (corrected["old_area"], corrected["new_area"]) == (answer["area"], "other")
    assert corrected["by"] == "local:7号"
    assert client.get("/v1/petitions/a").get_json()["area"] == "other"
    assert post(client, f"{REVIEWS}/undo", id="a", reviewer="8号").status_code == 409
    assert post(client, f"{REVIEWS}/undo", id="a", reviewer="7号").get_json()["action"] == "undone"
    assert post(client, REVIEWS, id="a").get_json()["action"] == "confirmed"
    kept = client.get("/v1/petitions/a").get_json()
    assert kept["area"] == answer["area"]
    assert [each["action"] for each in kept["reviews"]] == ["corrected", "undone", "confirmed"]
    assert "13912345678" not in json.dumps(kept)
    assert len(history(db, "a")) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "none"}, 404, "petition-unknown"),
        ({"id": "\0"}, 404, "petition-unknown"),
        ({"id": "a", "area": "战争"}, 422, "label-unknown"),
        ({"id": "a", "area": "care", "topic": "telecom-fraud"}, 422, "label-unknown"),
        ({"id": "a", "topic": "telecom-fraud"}, 422, "schema"),
        ({"id": "a", "reviewer": "\0"}, 422, "schema"),
        ({}, 422, "schema"),
        ({"id": "a", "risk": 1}, 422, "schema"),
    ],
)
def test_senseless_review_is_a_problem(
    client: FlaskClient, body: dict[str, object], status: int, code: str
) -> None:
    """With a code of its own."""
    classify(client, "a")
    response = post(client, REVIEWS, **body)
    assert (response.status_code, json.loads(response.data)["code"]) == (status, code)


def test_queue_is_listed_page_by_page(client: FlaskClient) -> None:
    """Those reviewed stand in a list of their own."""
    for n in range(5):
        post(client, "/v1/classify", text="路灯不亮", id=str(n), record=True)
    seen: list[str] = []
    cursor: int | None = 0
    while cursor is not None:
        page = client.get(REVIEWS, query_string={"limit": 2, "cursor": cursor}).get_json()
        seen += [each["id"] for each in page["petitions"]]
        cursor = page["next"]
    assert seen == ["0", "1", "2", "3", "4"]
    post(client, REVIEWS, id="3", area="services")
    reviewed = client.get(REVIEWS, query_string={"state": "reviewed"}).get_json()
    assert [(each["id"], each["area"]) for each in reviewed["petitions"]] == [("3", "services")]
    short = client.get(REVIEWS, query_string={"reason": "too-short", "area": "care"})
    assert short.status_code == 200
    for query in ({"limit": 0}, {"limit": "x"}, {"cursor": -1}, {"page": 1}, {"reason": "x"}):
        assert client.get(REVIEWS, query_string=query).status_code == 422


def test_two_reviewers_get_two_petitions(client: FlaskClient) -> None:
    """And a third none."""
    for name in "ab":
        post(client, "/v1/classify", text="路灯不亮", id=name, record=True)
    found = [
        post(client, f"{REVIEWS}/next", reviewer=name, order="oldest").get_json() for name in "123"
    ]
    assert [each["item"] and each["item"]["id"] for each in found] == ["a", "b", None]
    assert found[0]["waiting"] == 2


def test_nothing_tells_the_honest_sample(client: FlaskClient, db: Database) -> None:
    """Neither the queue nor what a review answers."""
    db.rules = Rules(sample_share=1)
    classify(client, "a")
    post(client, "/v1/classify", text="路灯不亮", id="b", record=True)
    shown = client.get(REVIEWS).get_data(as_text=True)
    shown += post(client, f"{REVIEWS}/next").get_data(as_text=True)
    shown += post(client, REVIEWS, id="a", area="other").get_data(as_text=True)
    assert not re.search("sample|decision|reasons|confidence", shown)


def test_deleted_petition_is_gone(client: FlaskClient, db: Database) -> None:
    """404 from then on."""
    classify(client, "信/1")
    assert client.delete("/v1/petitions/信/1").get_json() == {"id": "信/1", "deleted": True}
    assert client.delete("/v1/petitions/信/1").status_code == 404
    with pytest.raises(Exception, match="no petition"):
        get(db, "信/1")


def test_unusable_database_stops_only_what_needs_it(
    client: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for a recorded answer, 200 for any other."""

    def fail() -> None:
        raise DatabaseUnusable("the disk is full")

    monkeypatch.setattr(db, "engine", fail)
    assert post(client, "/v1/classify", text=TEXT).status_code == 200
    response = post(client, "/v1/classify", text=TEXT, record=True)
    assert response.status_code == 503
    assert json.loads(response.data)["code"] == "database-unusable"
