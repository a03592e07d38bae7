"""Serving the application with waitress until a signal asks to stop."""

import logging
import select
import signal
import sys
import threading
import time
from copy import copy
from functools import partial
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from models.errors import SettingsError
from service.channel import Channel, Door
from service.limits import UPLOAD_FORM_BYTES
from service.monitoring import Monitoring, log_request
from service.settings import Settings

log = logging.getLogger(__name__)

_POLL_S = 0.05
_LAST_CALL_S = 0.2
"""Connections that reached this machine before the signal are still accepted for so long."""
_CAN_POLL = hasattr(select, "poll")
_MAX_CONNECTIONS = 800 if _CAN_POLL else 400
"""Windows can wait for 512 sockets; elsewhere most systems give a process 1,024 files."""
_IDLE_S = 30
_SILENT_S = 1


def serve(app: Flask, settings: Settings) -> None:
    """Listen until SIGTERM or Ctrl-C, then let requests in flight finish.

    Raises SettingsError where the address cannot be listened on.
    """
    serving = Serving(app, settings)
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        stopping.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    serving.start()
    sys.stderr.write(f"Listening on {serving.addresses()} — Ctrl-C stops.\n")
    while not stopping.wait(1):  # a wait without end would hold back signals on Windows
        pass
    serving.stop()


class Serving:
    """A server on the address of the settings."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Raises SettingsError where the address cannot be listened on."""
        self._sockets: dict[int, object] = {}
        self._server = _listen(app, settings, self._sockets)
        self._stop_timeout_s = settings.stop_timeout_s

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listening()[0].effective_port)

    def addresses(self) -> str:
        """Where it can be reached."""
        found = self._listening()
        return ", ".join(f"http://{each.effective_host}:{each.effective_port}" for each in found)

    def start(self) -> None:
        """Answer requests in a thread of its own."""
        threading.Thread(target=self._server.run, daemon=True).start()

    def stop(self) -> None:
        """Let requests in flight finish."""
        _finish(self._sockets, self._listening(), self._stop_timeout_s)
        self._server.task_dispatcher.shutdown()

    def _listening(self) -> list[Any]:
        return [each for each in self._sockets.values() if isinstance(each, BaseWSGIServer)]


def _listen(app: Flask, settings: Settings, sockets: dict[int, object]) -> Any:  # noqa: ANN401 - waitress has no types
    """A server on the address of the settings; its open connections appear in ``sockets``."""
    found: Monitoring = app.extensions["monitoring"]

    def refused(identifier: str, status: int, seconds: float, client: str) -> None:
        found.told("refused", "other", status, seconds)
        log_request(identifier, "refused", "other", status, seconds, client)

    proxy = {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto x-forwarded-host",
        "clear_untrusted_proxy_headers": True,
    }
    try:
        server = create_server(
            app,
            map=sockets,
            _dispatcher=Door(settings.threads, settings.queue, refused),
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            connection_limit=_MAX_CONNECTIONS,
            channel_timeout=_IDLE_S,
            cleanup_interval=_IDLE_S // 6,
            max_request_body_size=settings.max_body_bytes + 1,
            asyncore_use_poll=_CAN_POLL,
            ident="petition-triage",
            **(proxy if settings.trusted_proxy else {}),
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"cannot listen on {settings.host}, port {settings.port} ({error})",
            remedy="choose another --host or --port; another program may use this one",
        ) from error
    for each in sockets.values():
        if isinstance(each, BaseWSGIServer):
            each.channel_class = Channel
            each.adj.for_uploads = copy(each.adj)
            each.adj.for_uploads.max_request_body_size = (
                settings.max_upload_bytes + UPLOAD_FORM_BYTES + 1
            )
    return server


def _finish(sockets: dict[int, object], servers: list[Any], timeout_s: int) -> None:
    """Accept no more connections, and wait until every request that was begun is answered."""
    deadline = time.monotonic() + timeout_s
    time.sleep(_LAST_CALL_S)
    for server in servers:
        # The sockets belong to the serving thread: it is asked to close them.
        server.trigger.pull_trigger(partial(wasyncore.dispatcher.close, server))
    while time.monotonic() < deadline and any(map(_is_busy, list(sockets.values()))):
        for server in servers:
            server.trigger.pull_trigger(partial(_close_idle, sockets))
        time.sleep(_POLL_S)


def _close_idle(sockets: dict[int, object]) -> None:
    """Close the connections that wait for a next request."""
    for each in list(sockets.values()):
        if isinstance(each, Channel) and not _is_busy(each):
            each.will_close = True


def _is_busy(each: object) -> bool:
    """Whether a connection is being read from, worked for, or written to."""
    if not isinstance(each, Channel):
        return False
    # A client that has fallen silent in the middle of a request is not waited for.
    receiving = each.request and time.time() - each.last_activity < _SILENT_S
    return bool(receiving or each.requests or each.total_outbufs_len)
