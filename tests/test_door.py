"""What a server on a real socket does with clients that are hostile, slow or too many."""

import dataclasses
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, request

from models.store import Store
from service.access import NEEDS, Open
from service.app import create_app
from service.channel import Channel
from service.server import Serving
from service.settings import Settings

LIMIT = 20_000
MEGABYTE, LARGE_MB = 1_000_000, 25
"""More than the server keeps for a connection."""

TEXT = "派出所不予立案，请督促依法办理"
PLANTED = "某小区独一无二的句子"


@pytest.fixture(scope="module", autouse=True)
def _views_of_this_module() -> Iterator[None]:
    """Open to everybody, as any view has to say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NEEDS, "slow", Open.EVERYBODY)
        patch.setitem(NEEDS, "who", Open.EVERYBODY)
        patch.setitem(NEEDS, "large", Open.EVERYBODY)
        yield


@pytest.fixture(scope="module")
def app(shared_store: Store) -> Flask:
    """The application, with a route that takes its time."""
    app = create_app(_settings(shared_store))

    @app.get("/slow")
    def slow() -> str:
        time.sleep(0.8)
        return "done"

    @app.get("/large")
    def large() -> Response:
        length = {"Content-Length": str(MEGABYTE * LARGE_MB)}
        return Response((bytes([number]) * MEGABYTE for number in range(LARGE_MB)), headers=length)

    return app


@pytest.fixture(scope="module")
def port(app: Flask, shared_store: Store) -> Iterator[int]:
    """The port of a server with two threads and room for two that wait."""
    serving = Serving(app, _settings(shared_store))
    serving.start()
    yield serving.port
    serving.stop()


def _settings(store: Store) -> Settings:
    return Settings(
        models=str(store.folder),
        port=0,
        threads=2,
        queue=2,
        max_body_bytes=LIMIT,
        stop_timeout_s=5,
    )


def send(port: int, data: bytes) -> HTTPResponse:
    """Send bytes as they are; the first answer, read to its end."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(data)
        response = HTTPResponse(connection)
        response.begin()
        response.body = response.read()  # type: ignore[attr-defined] # the socket closes here
        response.close()
        return response


def problem(response: HTTPResponse) -> dict[str, object]:
    """The problem in an answer."""
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, object] = json.loads(response.body)  # type: ignore[attr-defined]
    assert found["status"] == response.status
    assert found["request_id"] == response.headers["X-Request-ID"]
    return found


POST = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
REFUSED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400, "request-malformed"),
    "text as header": (b"GET / HTTP/1.1\r\n" + PLANTED.encode() + b"\r\n\r\n", 400, None),
    "bare line feed": (b"GET / HTTP/1.1\r\nX: a\nY: " + PLANTED.encode() + b"\r\n\r\n", 400, None),
    "folded nothing": (b"GET / HTTP/1.1\r\n " + PLANTED.encode() + b"\r\n\r\n", 400, None),
    "address": (b"GET http://[::1 HTTP/1.1\r\n\r\n", 400, "request-malformed"),
    "address in NFKC": ("GET http://a℀b/ HTTP/1.1\r\n\r\n".encode(), 400, None),
    "small method": (b"get / HTTP/1.1\r\n\r\n", 400, None),
    "large header": (b"GET / HTTP/1.1\r\nX: " + b"a" * 600_000 + b"\r\n\r\n", 431, None),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", 400, "request-malformed"),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, None),
    "coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not-implemented"),
    "length and coding": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "request-malformed",
    ),
    "chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nab\r\n", 400, None),
    "body over the limit": (
        POST + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1) + b"a" * (LIMIT + 1),
        413,
        "body-too-large",
    ),
    "body far over the limit": (
        POST + b"Content-Length: 3000000\r\n\r\n" + b"a" * 3_000_000,
        413,
        "body-too-large",
    ),
    "chunks over the limit": (
        POST
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"5000\r\n"
        + b"a" * 0x5000
        + b"\r\n0\r\n\r\n",
        413,
        "body-too-large",
    ),
    "endless chunks": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 9,
        413,
        "body-too-large",
    ),
    "no length": (POST + b"\r\n", 411, "length-required"),
    "not JSON": (POST + b"Content-Length: 2\r\n\r\n{]", 400, "json-invalid"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_a_problem(
    port: int, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever refuses it, and nothing of it comes back or stands in the log."""
    data, status, code = REFUSED[name]
    response = send(port, data)
    assert response.status == status
    assert problem(response)["code"] == code or code is None
    told = response.body.decode() + str([vars(each) for each in caplog.records])  # type: ignore[attr-defined]
    assert PLANTED not in told
    assert PLANTED.encode().decode("latin-1") not in told


def test_body_at_the_limit_is_read(port: int) -> None:
    """Only one byte more is refused."""
    body = json.dumps({"text": TEXT}).encode()
    body += b" " * (LIMIT - len(body))
    response = send(port, POST + b"Content-Length: %d\r\n\r\n" % LIMIT + body)
    assert response.status == 200


def test_client_may_ask_before_it_sends(port: int) -> None:
    """``Expect: 100-continue`` gets a go-ahead, or the refusal before the body."""
    ask = POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    body = json.dumps({"text": TEXT}).encode()
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(ask % len(body))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert send(port, ask % 3_000_000).status == 413


def test_requests_in_a_pipeline_are_answered_in_order(port: int) -> None:
    """And an unreadable one ends it."""
    one = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(one % b"/healthz" + one % b"/nowhere" + one % b"/readyz" + b"x\r\n\r\n")
        read = b"".join(iter(lambda: connection.recv(65536), b""))
    found = [part.split(b" ")[1] for part in read.split(b"HTTP/1.")[1:]]
    assert found == [b"200", b"404", b"200", b"400"]


def test_a_large_answer_reaches_a_slow_client_whole(port: int) -> None:
    """Two in a pipeline, one after the other; nothing is left out, nobody waits for ever."""
    head = b"GET /large HTTP/1.1\r\nHost: localhost\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(head + b"\r\n" + head + b"Connection: close\r\n\r\n")
        time.sleep(0.5)
        read = io.BytesIO(b"".join(iter(lambda: connection.recv(65536), b"")))
    for _ in range(2):
        assert read.readline().startswith(b"HTTP/1.1 200")
        while read.readline() != b"\r\n":
            pass
        for number in range(LARGE_MB):
            assert read.read(MEGABYTE) == bytes([number]) * MEGABYTE
    assert not read.read()


def test_server_does_not_spin_while_a_thread_answers() -> None:
    """The thread sends by itself; only what is more than it may keep is the server's to send."""
    adj = SimpleNamespace(outbuf_high_watermark=10)
    channel: Any = Channel.__new__(Channel)
    state = {"adj": adj, "requests": ["one"], "will_close": False, "close_when_flushed": False}
    channel.__dict__ |= {**state, "total_outbufs_len": 5, "last_activity": time.time()}
    assert not channel.writable()
    channel.total_outbufs_len = 11
    assert channel.writable()
    channel.total_outbufs_len, channel.requests = 5, []
    assert channel.writable()


def test_clients_that_read_nothing_hold_no_thread_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each thread, with more than the server keeps; then somebody else is answered."""
    monkeypatch.setattr("service.channel.MOST_STALLED_S", 0.5)
    with ExitStack() as stack:
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            stack.enter_context(closing(connection))
            connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        response = send(port, b"GET /v1/taxonomy HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert response.status == 200


def test_too_many_requests_are_refused_at_once(port: int) -> None:
    """Two are worked for, two wait, the others hear 503; whoever watches is answered meanwhile."""
    statuses: list[tuple[int, float]] = []

    def ask() -> None:
        began = time.perf_counter()
        response = send(port, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        statuses.append((response.status, time.perf_counter() - began))
        if response.status == 503:
            assert problem(response)["code"] == "busy"
            assert response.headers["Retry-After"]

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    began = time.perf_counter()
    assert send(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
    assert send(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
    assert time.perf_counter() - began < 0.7
    for thread in threads:
        thread.join()
    refused = [took for status, took in statuses if status == 503]
    answered = [took for status, took in statuses if status == 200]
    # On a busy machine the queue may be full for a moment before a thread has taken the first.
    assert 2 <= len(answered) <= 4
    assert len(answered) + len(refused) == 12
    assert max(refused) < 0.7


def test_half_open_clients_hold_up_nobody(port: int) -> None:
    """Two hundred who never finish their request; the others are answered as quickly as ever."""
    with ExitStack() as stack:
        for at in range(200):
            half = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            half.sendall((POST + b"Content-Length: 100\r\n\r\n{")[: 10 + at])
        times = []
        for _ in range(50):
            began = time.perf_counter()
            assert send(port, b"GET /v1/taxonomy HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
            times.append(time.perf_counter() - began)
    assert max(times) < 1


def test_more_clients_than_connections_hold_up_nobody(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has been silent longest loses the connection to whoever comes."""
    monkeypatch.setattr("service.channel.CROWDED", 0.03)
    with ExitStack() as stack:
        idle = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=5)))
            for _ in range(60)
        ]
        began = time.perf_counter()
        assert send(port, b"GET /v1/taxonomy HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
        assert time.perf_counter() - began < 1
        assert idle[0].recv(1) == b""
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            idle[-1].recv(1)


@pytest.mark.parametrize(
    ("proxy", "found"), [("127.0.0.1", b"192.0.2.7 https"), ("", b"127.0.0.1 http")]
)
def test_address_before_the_proxy_is_believed(
    shared_store: Store, tmp_path: Path, proxy: str, found: bytes
) -> None:
    """Only where the settings name the proxy."""
    settings = dataclasses.replace(_settings(shared_store), trusted_proxy=proxy, data=str(tmp_path))
    app = create_app(settings)
    app.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {request.scheme}")
    serving = Serving(app, settings)
    serving.start()
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    with closing(HTTPConnection("127.0.0.1", serving.port, timeout=10)) as connection:
        connection.request("GET", "/who", headers=headers)
        assert connection.getresponse().read() == found
    serving.stop()


def test_browser_is_told_in_chinese(port: int) -> None:
    """Where the server refuses before any page could say it."""
    browser = b"GET /%s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,*/*\r\n"
    response = send(port, browser % b"" + b"Content-Length: 3000000\r\n\r\n")
    assert response.status == 413
    assert response.headers["Content-Type"].startswith("text/html")
    page = response.body.decode()  # type: ignore[attr-defined]
    assert "太大" in page
    assert response.headers["X-Request-ID"] in page


def drip(connection: socket.socket, data: bytes) -> None:
    """Send the same again and again."""
    for _ in range(100):
        connection.sendall(data)
        time.sleep(0.05)


def test_request_that_never_ends_is_ended(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where a byte arrives every now and then."""
    monkeypatch.setattr("service.channel.MOST_RECEIVING_S", 0.3)
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(POST)
        with pytest.raises(ConnectionError):
            drip(connection, b"X: y\r\n")


def test_refused_client_is_heard_out_but_not_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its answer, and whatever it goes on sending ends the connection in the end."""
    monkeypatch.setattr("service.channel.MOST_DRAINING_S", 0.3)
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(POST + b"Content-Length: 3000000\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        with pytest.raises(ConnectionError):
            drip(connection, b"a" * 1000)


def test_stopping_does_not_wait_for_a_silent_client(app: Flask, shared_store: Store) -> None:
    """One that has sent half a request, and one that keeps its connection for later."""
    serving = Serving(app, dataclasses.replace(_settings(shared_store), stop_timeout_s=30))
    serving.start()
    with ExitStack() as stack:
        for sent in (POST, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            client = socket.create_connection(("127.0.0.1", serving.port), timeout=10)
            stack.enter_context(closing(client))
            client.sendall(sent)
        time.sleep(0.2)
        began = time.perf_counter()
        serving.stop()
        assert time.perf_counter() - began < 5
