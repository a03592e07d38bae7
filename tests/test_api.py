"""The HTTP API: answers, and problems for everything that is not one."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from models.store import Store
from service.app import create_app
from service.openapi import ROUTES
from service.schemas import MAX_PETITIONS
from service.settings import Settings

TEXT = "派出所不予立案，请督促依法办理"
JSON = "application/json"


def post(client: FlaskClient, body: object, path: str = "/v1/classify") -> TestResponse:
    """POST a value as JSON, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, content_type=JSON)


def test_petition_gets_an_answer(client: FlaskClient, shared_store: Store) -> None:
    """With the names that callers know; evidence only when asked for."""
    response = post(client, {"text": TEXT, "id": "甲1", "title": "求助"})
    answer: dict[str, Any] = response.get_json()
    assert response.status_code == 200
    assert answer["id"] == "甲1"
    assert answer["version"] == shared_store.resolve()
    assert answer["area"] == answer["ranking"][0]["area"]
    assert "score" not in answer


def test_explained_answer_adds_up(client: FlaskClient) -> None:
    """Also after the way through JSON."""
    answer = post(client, {"text": TEXT, "explain": True}).get_json()
    total = answer["baseline"] + answer["evidence_rest"]
    total += sum(piece["weight"] for piece in answer["evidence"])
    assert total == pytest.approx(answer["score"], abs=1e-9)


def test_batch_answers_each_petition(client: FlaskClient) -> None:
    """In order; a bad one gets its error."""
    petitions = [{"text": TEXT, "id": "a"}, {"text": ""}, {"id": "c"}, 5, {"text": TEXT, "x": 1}]
    results = post(client, {"petitions": petitions}, "/v1/classify/batch").get_json()["results"]
    codes = [result.get("error", {}).get("code") for result in results]
    assert codes == [None, "text-empty", "schema", "schema", "schema"]
    assert [result["id"] for result in results] == ["a", None, "c", None, None]


def test_batch_over_the_limit_is_refused(client: FlaskClient) -> None:
    """At 501; 500 are answered."""
    petitions = [{"text": TEXT}] * MAX_PETITIONS
    path = "/v1/classify/batch"
    assert len(post(client, {"petitions": petitions}, path).get_json()["results"]) == MAX_PETITIONS
    assert post(client, {"petitions": [*petitions, petitions[0]]}, path).status_code == 422


PLANTED = "某小区独一无二的句子"
HOSTILE = {
    "empty body": (b"", 411),
    "broken": (b'{"text": "', 400),
    "brackets": (b"[" * 100_000, 400),
    "braces": (b'{"text":' * 100_000, 400),
    "lone surrogate": (rb'{"text": "\ud800"}', 400),
    "raw surrogate": (b'{"text": "\xed\xa0\x80"}', 400),
    "NUL": (b"\0" * 100, 400),
    "not UTF-8": (f'{{"text": "{PLANTED}"}}'.encode("gbk"), 400),
    "UTF-16": (f'{{"text": "{PLANTED}"}}'.encode("utf-16"), 400),
    "UTF-32": (f'{{"text": "{PLANTED}"}}'.encode("utf-32"), 400),
    "BOM": (b"\xef\xbb\xbf" + f'{{"text": "{PLANTED}"}}'.encode(), 400),
    "cut in a character": (f'{{"text": "{PLANTED}'.encode()[:-1], 400),
    "two values": (f'{{"text": "{PLANTED}"}} {{"text": "{PLANTED}"}}'.encode(), 400),
    "NaN": (b"NaN", 422),
    "infinity as text": (b'{"text": Infinity}', 422),
    "long number": (b'{"text": ' + b"9" * 5_000 + b"}", 400),
    "huge exponent": (b'{"text": 1e999999}', 422),
    "array": (b"[]", 422),
    "missing field": (b"{}", 422),
    "unknown field": (b'{"text": "a", "petitioner_risk": 1}', 422),
    "unknown field in Chinese": (f'{{"text": "a", "{PLANTED}": 1}}'.encode(), 422),
    "not a string": (b'{"text": 5}', 422),
    "object": (f'{{"text": {{"{PLANTED}": "{PLANTED}"}}}}'.encode(), 422),
    "wrong flag": (f'{{"text": "a", "explain": "{PLANTED}"}}'.encode(), 422),
    "null": (b'{"text": null}', 422),
    "empty text": (b'{"text": ""}', 422),
    "white space": (b'{"text": "  \\n "}', 422),
    "invisible": ('{"text": "\u200b\u200d\ufeff\u3000"}'.encode(), 422),
    "long id": (json.dumps({"text": "a", "id": PLANTED * 25}).encode(), 422),
    "oversized": (b'{"text": "' + b"a" * 1_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["/v1/classify", "/v1/classify/batch"])
def test_bad_body_is_a_problem(client: FlaskClient, name: str, path: str) -> None:
    """4xx with a code, never 500, and nothing of what was sent comes back."""
    body, status = HOSTILE[name]
    response = post(client, body, path)
    assert response.content_type == "application/problem+json"
    assert response.status_code == (status if path == "/v1/classify" or status != 422 else 422)
    problem = json.loads(response.data)
    assert problem["status"] == response.status_code
    assert problem["code"]
    assert PLANTED[:4] not in response.get_data(as_text=True)


def test_every_beginning_of_a_body_is_a_problem(client: FlaskClient) -> None:
    """Cut at each byte; only the whole is answered."""
    whole = json.dumps({"text": TEXT, "id": "甲"}, ensure_ascii=False).encode()
    for length in range(len(whole)):
        response = post(client, whole[:length])
        assert response.status_code in {400, 411}
        assert response.content_type == "application/problem+json"
    assert post(client, whole).status_code == 200


@pytest.mark.parametrize(
    ("entry", "code", "identifier"),
    [
        (rb'{"text": "a\ud800"}', "text-malformed", None),
        (rb'{"text": "\udc00", "id": "b"}', "text-malformed", "b"),
        (rb'{"text": "x", "title": "\ud83d"}', "text-malformed", None),
        (rb'{"text": "x", "id": "\ud800"}', "text-malformed", None),
        (rb'{"text": "x", "\ud800": 1}', "text-malformed", None),
        (rb'["\ud800"]', "schema", None),
        (rb'{"text": "", "id": "b", "title": "\ud83d\ude00"}', "text-empty", "b"),
        (b'{"text": "x", "id": "' + b"y" * 201 + b'"}', "schema", None),
        (b"[" * 150 + b"]" * 150, "schema", None),
    ],
)
def test_unusable_petition_fails_alone(
    client: FlaskClient, entry: bytes, code: str, identifier: str | None
) -> None:
    """The others of its batch are answered, and their text may hold characters of every plane."""
    good = json.dumps({"text": TEXT + "😀𠮷", "id": "a"}).encode()
    body = b'{"petitions": [' + b", ".join([good, entry, good]) + b"]}"
    results = post(client, body, "/v1/classify/batch").get_json()["results"]
    assert [result.get("area") for result in results].count(results[0]["area"]) == 2
    assert results[0] == results[2]
    assert results[1]["error"]["code"] == code
    assert results[1]["id"] == identifier


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_half_a_surrogate_excuses_nothing_else(client: FlaskClient, constant: bytes) -> None:
    """What is no JSON stays none."""
    body = rb'{"petitions": ["\ud800", ' + constant + b"]}"
    assert post(client, body, "/v1/classify/batch").status_code == 400
    broken = rb'{"petitions": ["\ud800", '
    assert post(client, broken, "/v1/classify/batch").status_code == 400


ODD_TEXTS = {
    "one character": "钱",
    "no Chinese": "hello world, this is a test",
    "emoji": "😀😀😀",
    "long": "诉求" * 50_000,
    "astral": "𠮷" * 30,
}


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_text_is_answered_for_review(client: FlaskClient, name: str) -> None:
    """A person looks at it."""
    answer = post(client, {"text": ODD_TEXTS[name]}).get_json()
    assert answer["decision"] == "review"
    assert answer["reasons"]


def test_compressed_body_is_refused(client: FlaskClient) -> None:
    """415, not taken for broken JSON."""
    response = client.post(
        "/v1/classify", data=b"{}", content_type=JSON, headers={"Content-Encoding": "gzip"}
    )
    assert response.status_code == 415


def test_other_content_type_is_refused(client: FlaskClient) -> None:
    """415."""
    response = client.post("/v1/classify", data=b"text=a", content_type="text/plain")
    assert response.status_code == 415


def test_body_without_length_is_refused(client: FlaskClient) -> None:
    """411: a chunked body may be cut off on its way."""
    response = client.post(
        "/v1/classify",
        input_stream=None,
        headers={"Transfer-Encoding": "chunked"},
        content_type=JSON,
    )
    assert response.status_code == 411


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/classify", 405), ("DELETE", "/v1/taxonomy", 405)],
)
def test_unknown_route_or_method_is_a_problem(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    """With the methods that are allowed."""
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert ("Allow" in response.headers) == (status == 405)


def test_address_with_a_slash_too_many_leads_on(client: FlaskClient) -> None:
    """A redirect is none of the problems."""
    response = client.get("/v1//taxonomy")
    assert response.status_code == 308
    assert response.headers["Location"].endswith("/v1/taxonomy")


def test_fault_of_ours_tells_no_petition(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the answer nor in the log."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(TEXT)

    client = app.test_client()
    client.get("/readyz")
    monkeypatch.setattr("models.classifier.Classifier.classify", fail)
    response = post(client, {"text": TEXT})
    assert response.status_code == 500
    assert json.loads(response.data)["code"] == "internal"
    assert "RuntimeError" in str([vars(record) for record in caplog.records])
    assert TEXT not in response.get_data(as_text=True) + caplog.text


def test_taxonomy_and_model_tell_what_runs(client: FlaskClient, shared_store: Store) -> None:
    """Areas in order; metrics, certificates, data hashes."""
    taxonomy = client.get("/v1/taxonomy").get_json()
    assert [area["code"] for area in taxonomy["areas"]][-1] == taxonomy["other"] == "other"
    model = client.get("/v1/model").get_json()
    assert model["version"] == shared_store.resolve()
    assert model["metrics"]["macro_f1"] > 0
    assert all(len(digest) == 64 for digest in model["data"].values())


def test_service_without_a_version_is_alive_but_not_ready(tmp_path_factory: Any) -> None:  # noqa: ANN401
    """503 with Retry-After for everything that needs one."""
    client = create_app(Settings(models=str(tmp_path_factory.mktemp("none")))).test_client()
    assert client.get("/healthz").status_code == 200
    for response in (client.get("/readyz"), client.get("/v1/model"), post(client, {"text": TEXT})):
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        assert json.loads(response.data)["code"] == "version-missing"


def test_promoted_version_answers_without_a_restart(store: Store) -> None:
    """And a damaged one leaves the old one answering, ready as before."""
    client = create_app(Settings(models=str(store.folder))).test_client()
    first = store.resolve()
    assert post(client, {"text": TEXT}).get_json()["version"] == first
    second = first.replace("2026", "2027")
    (store.folder / first).rename(store.folder / second)
    store.promote(second, "newer")
    assert post(client, {"text": TEXT}).get_json()["version"] == second
    document = store.pointer.read_text("utf-8")
    store.pointer.write_text(document.replace(second, "20280101-000000-00000000"), encoding="utf-8")
    assert post(client, {"text": TEXT}).get_json()["version"] == second
    assert client.get("/readyz").get_json() == {"status": "ready", "version": second}


def test_openapi_document_is_valid_and_complete(client: FlaskClient, app: Flask) -> None:
    """Every route of the API stands in it."""
    document = client.get("/openapi.json").get_json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    rules = {
        re.sub(r"<path:(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api")
    }
    assert {route.path for route in ROUTES} == rules


def test_every_answer_carries_security_headers(client: FlaskClient) -> None:
    """Errors too."""
    for path in ("/", "/nowhere", "/healthz"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_unreadable_pointer_leaves_the_running_version(store: Store) -> None:
    """And so does a folder that was moved away."""
    client = create_app(Settings(models=str(store.folder))).test_client()
    version = post(client, {"text": TEXT}).get_json()["version"]
    store.pointer.write_bytes(b"\xff\xfe")
    (store.folder / version).rename(store.folder / "elsewhere")
    assert post(client, {"text": TEXT}).get_json()["version"] == version
    assert client.get("/readyz").status_code == 200
    assert client.get("/v1/model").get_json()["version"] == version


def test_damaged_version_is_named_from_the_start(store: Store) -> None:
    """503 with its own code, not one that asks for a training."""
    (store.folder / store.resolve() / "terms.txt").write_text("x", encoding="utf-8")
    client = create_app(Settings(models=str(store.folder))).test_client()
    response = post(client, {"text": TEXT})
    assert response.status_code == 503
    assert json.loads(response.data)["code"] == "version-damaged"


def test_body_of_many_unknown_fields_gets_a_short_answer(client: FlaskClient) -> None:
    """However many there are."""
    body = {"text": TEXT} | {f"k{n}": 1 for n in range(20_000)}
    response = post(client, body)
    assert response.status_code == 422
    assert len(response.data) < 10_000
