"""Serving over a real socket, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from models.store import Store

TEXT = "派出所不予立案，请督促依法办理"


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(shared_store: Store, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``petition-triage serve``, ready to answer."""
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", str(port)]
    command += ["--models", str(shared_store.folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_until_ready(port, process)
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when ``/readyz`` is green."""
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not become ready")


def request(port: int, texts: int) -> int:
    """POST a batch; the status."""
    body = json.dumps({"petitions": [{"text": TEXT * 50}] * texts}).encode()
    found = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/classify/batch", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(found, timeout=30) as response:
        return len(json.load(response)["results"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_requests_in_flight_finish_after_a_signal_to_stop(
    server: subprocess.Popen[bytes], port: int, name: str
) -> None:
    """All of them, and the process ends with 0."""
    answered: list[int] = []
    threads = [
        threading.Thread(target=lambda: answered.append(request(port, 500))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    server.send_signal(getattr(signal, name))
    for thread in threads:
        thread.join()
    assert answered == [500] * 8
    assert server.wait(timeout=20) == 0


def test_address_in_use_is_told_in_words(
    server: subprocess.Popen[bytes], port: int, shared_store: Store
) -> None:
    """Exit code 2, and what to do."""
    del server
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", str(port)]
    command += ["--models", str(shared_store.folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"cannot listen" in done.stderr


def test_chunked_and_oversized_bodies_are_problems(
    server: subprocess.Popen[bytes], port: int
) -> None:
    """Never a truncated answer; the connection's next request is not confused."""
    del server
    body = json.dumps({"text": TEXT}).encode()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/v1/classify", iter([body]), headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status in {200, 411}
    response.read()
    connection.close()
    with pytest.raises(urllib.error.HTTPError) as caught:
        request(port, 5_000)
    assert caught.value.code == 413
    assert json.load(caught.value)["code"] == "body-too-large"
    caught.value.close()
