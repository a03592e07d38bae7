"""A real browser before a real server, which notes every request that leaves the host."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from waitress import create_server, wasyncore

PROGRAM = Path("/usr/bin/chromium")
REQUIRED = "TRIAGE_TESTS_NEED_CHROMIUM"
"""With this variable set, a machine without Chromium fails the tests instead of skipping them."""

SIZES = {"desk": (1366, 768), "phone": (375, 812)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window. It ends with the module: its event loop would disturb others."""
    if not PROGRAM.exists():
        reason = "Chromium is not installed here (on Debian: apt-get install chromium)"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=str(PROGRAM), args=options)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where ``app`` is served."""
    sockets: dict[int, object] = {}
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    # The sockets belong to the serving thread, which may be waiting for them.
    server.trigger.pull_trigger(partial(wasyncore.close_all, sockets))
    thread.join(timeout=5)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """A page of a new browser, with and without scripts.

    At the end no request has left the host, and the console has nothing to say against a page.
    """
    context = chromium.new_context(base_url=address, java_script_enabled=request.param)
    found = context.new_page()
    outside: list[str] = []
    told: list[str] = []

    def note(sent: Request) -> None:
        if not sent.url.startswith((address, "data:")):
            outside.append(sent.url)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            told.append(message.text)

    found.on("request", note)
    found.on("console", hear)
    found.on("pageerror", lambda error: told.append(str(error)))
    yield found
    context.close()
    assert not outside
    assert not told
