"""What the service tells of itself: request ids, access log, metrics, limits."""

import json
import logging
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.errors import InputError, RateExceeded
from models.store import Store
from service.app import create_app
from service.limits import Rate
from service.log import JsonFormatter, start_log
from service.monitoring import request_id
from service.settings import Settings

TEXT = "派出所不予立案，请督促依法办理"
PLANTED = "某小区独一无二的句子"


def metrics(client: FlaskClient) -> dict[str, float]:
    """Every sample by its name and labels."""
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def test_answers_are_counted_by_area_decision_and_version(
    client: FlaskClient, shared_store: Store
) -> None:
    """From the API, from batches and from the page alike; errors by their code."""
    answer = client.post("/v1/classify", json={"text": TEXT}).get_json()
    client.post("/v1/classify/batch", json={"petitions": [{"text": TEXT}, {"text": ""}, 1]})
    client.post("/", data={"text": TEXT})
    client.post("/v1/classify", json={"text": " "})
    labels = f'area="{answer["area"]}",decision="{answer["decision"]}"'
    version = shared_store.resolve()
    found = metrics(client)
    assert found[f'petition_triage_answers_total{{{labels},version="{version}"}}'] == 3
    assert found['petition_triage_petition_errors_total{code="text-empty"}'] == 2
    assert found['petition_triage_petition_errors_total{code="schema"}'] == 1


def test_requests_are_counted_and_timed_by_route(client: FlaskClient) -> None:
    """Whatever is no route counts as one, however many there are."""
    for path in ("/healthz", "/healthz", "/a", "/b"):
        client.get(path)
    client.open("/healthz", method="BREW")
    found = metrics(client)
    counted = 'petition_triage_requests_total{{method="{}",route="{}",status="{}"}}'
    assert found[counted.format("GET", "/healthz", 200)] == 2
    assert found[counted.format("GET", "unknown", 404)] == 2
    assert found[counted.format("other", "unknown", 405)] == 1
    assert found['petition_triage_request_seconds_count{route="/healthz"}'] == 2


def test_nothing_that_was_sent_stands_in_metrics_or_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither text, title, id, path, query nor header."""
    caplog.set_level(logging.DEBUG)
    body = {"text": PLANTED, "title": PLANTED, "id": PLANTED}
    headers = {"X-Request-ID": PLANTED.encode().decode("latin-1"), "User-Agent": "planted"}
    client.post(f"/v1/classify?q={PLANTED}", json=body, headers=headers)
    client.post("/v1/classify/batch", json={"petitions": [body, {PLANTED: 1}], PLANTED: 2})
    client.get(f"/{PLANTED}?q={PLANTED}")
    client.post(f"/?q={PLANTED}", data=body)
    formatter = JsonFormatter()
    told = "".join(formatter.format(record) for record in caplog.records)
    told += client.get("/metrics").get_data(as_text=True)
    assert told.count('"route"') >= 4
    assert PLANTED[:4] not in told
    assert "planted" not in told
    assert "%E6" not in told


def test_request_has_one_id_everywhere(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """In the header, the problem and the log."""
    caplog.set_level(logging.INFO)
    response = client.get("/nowhere", headers={"X-Request-ID": "case-7.a_b"})
    assert response.headers["X-Request-ID"] == "case-7.a_b"
    assert json.loads(response.data)["request_id"] == "case-7.a_b"
    assert [vars(record)["request_id"] for record in caplog.records] == ["case-7.a_b"]


@pytest.mark.parametrize(
    "harmless",
    ["a", "case-7", "x" * 64, "0af7651916cd43dd8448eb211c80319c", "12345678901234567890" + 12 * "0",
     "b7ad6b7169203331", "123e4567-e89b-12d3-a456-426614174000"],
)  # fmt: skip
def test_harmless_id_is_kept(harmless: str) -> None:
    """Names, numbers of traces, UUIDs."""
    assert request_id(harmless) == harmless


@pytest.mark.parametrize(
    "other",
    [None, "", "x" * 65, "a b", "a\nb", "a;b", "张某", "a/b", '"', "13800000000",
     "330102199001010000", "33010219900101000X", "p13800000000"],
)  # fmt: skip
def test_any_other_id_is_replaced(other: str | None) -> None:
    """What may be a telephone or identity number has no place in a log."""
    made = request_id(other)
    assert len(made) == 16
    assert made != request_id(other)


def test_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever its message holds; the server's own words lose the address."""
    record = logging.makeLogRecord({"msg": "a\nb", "levelname": "INFO", "name": "x", "extra": 1})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "a\nb"
    root = logging.getLogger()
    kept = root.handlers[:]
    root.handlers.clear()
    try:
        start_log()
        logging.getLogger("waitress").error("Exception while serving /%s", PLANTED)
    finally:
        root.handlers[:] = kept
    assert json.loads(capsys.readouterr().err)["message"] == "Exception"


def test_sender_may_send_so_many_a_minute() -> None:
    """At once or spread; others are not concerned, and time gives back."""
    rate = Rate(60)
    for _ in range(60):
        rate.take("a", 0)
    rate.take("b", 0)
    with pytest.raises(RateExceeded) as caught:
        rate.take("a", 0.5)
    assert caught.value.retry_after_s == 1
    rate.take("a", 1.0)
    with pytest.raises(RateExceeded):
        rate.take("a", 1.5)


def test_senders_are_forgotten() -> None:
    """However many there are, memory stays small."""
    rate = Rate(1)
    for at in range(25_000):
        rate.take(str(at), at / 1000)
    assert len(rate._buckets) <= 10_000  # noqa: SLF001 - memory has no other measure


def test_rate_is_limited_only_where_a_setting_says_so(shared_store: Store) -> None:
    """429 with Retry-After; whoever watches the service is exempt."""
    folder = str(shared_store.folder)
    limited = create_app(Settings(models=folder, rate_per_minute=2)).test_client()
    free = create_app(Settings(models=folder)).test_client()
    for client, last in ((limited, 429), (free, 200)):
        statuses = [client.get("/v1/taxonomy").status_code for _ in range(3)]
        assert statuses == [200, 200, last]
        assert client.get("/healthz").status_code == 200
    response = limited.get("/v1/taxonomy")
    assert json.loads(response.data)["code"] == "rate-limited"
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_request_that_takes_too_long_is_told_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 between two parts of a batch, or at once where it waited too long."""
    client = app.test_client()
    client.get("/v1/taxonomy")
    app.extensions["request_timeout_s"] = 1
    waited = client.get(
        "/v1/taxonomy", environ_overrides={"petition_triage.arrived": time.perf_counter() - 2}
    )
    monkeypatch.setattr("service.api.PART", 1)

    def slow(_: object, petitions: list[object]) -> list[InputError]:
        time.sleep(0.6)
        return [InputError("slow")] * len(petitions)

    monkeypatch.setattr("models.classifier.Classifier.classify_batch", slow)
    worked = client.post("/v1/classify/batch", json={"petitions": [{"text": TEXT}] * 5})
    for response in (waited, worked):
        assert response.status_code == 503
        assert json.loads(response.data)["code"] == "timeout"
        assert response.headers["Retry-After"]
