"""How requests reach the application: read, queued, let in or refused."""

import socket
import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ThreadedTaskDispatcher, WSGITask

from service.limits import UNLIMITED, UPLOADS
from service.monitoring import ARRIVED
from service.refusal import Busy, Refusal

MOST_WAITING_S = 1.5
MOST_RECEIVING_S = 300
MOST_DRAINING_S = 10
MOST_STALLED_S = 10
CROWDED = 0.9
DRAINED_BYTES = 1 << 16


class Admitted(WSGITask):  # type: ignore[misc] # waitress has no types
    """Takes a request to the application, with the moment of its arrival."""

    def get_environment(self) -> dict[str, Any]:
        """The environment of WSGI."""
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVED] = self.request.arrived
        return environ


class Parser(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """Reads one request."""

    adj: Any

    def received(self, data: bytes) -> int:
        """Read on; how many bytes were used. Nobody is told to go on with what is refused."""
        used = int(super().received(data))
        if self.error:
            self.expect_continue = False
        return used

    def parse_header(self, header_plus: bytes) -> None:
        """Read the request line and the header fields. Raises ParsingError."""
        try:
            super().parse_header(header_plus)
            if self.path in UPLOADS:
                self.adj = self.adj.for_uploads
        except ValueError as error:  # an address that Python's urlsplit refuses
            raise ParsingError("Bad URI") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy may believe the length: where it sees the end is then somebody's request.
            raise ParsingError("Content-Length beside Transfer-Encoding")


class Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """One connection.

    After a refusal what the client still sends is read and thrown away for a while: closing at once
    would reset the connection, and the client might never see why.
    """

    task_class = Admitted
    error_task_class = Refusal
    parser_class = Parser

    refused = False
    _began: float | None = None
    _draining_until: float | None = None

    def __init__(self, server: object, sock: object, addr: object, adj: Any, map: Any) -> None:  # noqa: A002, ANN401 - waitress names it so and has no types
        """Where nearly all connections are taken, the one that has been silent longest ends."""
        super().__init__(server, sock, addr, adj, map=map)
        if len(map) > CROWDED * adj.connection_limit:
            idle = [each for each in map.values() if isinstance(each, Channel) and each.is_idle()]
            if idle:
                min(idle, key=lambda each: each.last_activity).will_close = True

    def is_idle(self) -> bool:
        """Whether nothing of this connection is being worked for, written, or about to close."""
        return not (self.requests or self.total_outbufs_len or self.will_close)

    def readable(self) -> bool:
        """Whether the server should read from this connection."""
        return self._draining_until is not None or bool(super().readable())

    def writable(self) -> bool:
        """Whether the server should write to this connection.

        Not while a thread answers, which sends by itself: the socket is ready and its lock taken
        then, and the server would ask again and again, with Python's own lock in its hands. What
        the thread cannot send waits for its end; only what is more than it may keep is sent
        meanwhile, while it waits. It does not wait for ever for a client that reads nothing.
        """
        is_closing = self.will_close or self.close_when_flushed
        if self.requests and not is_closing:
            if self.total_outbufs_len < self.adj.outbuf_high_watermark:
                return False
            if time.time() - self.last_activity > MOST_STALLED_S:
                self.handle_close()  # to set will_close would wait until the client reads
                return False
        return bool(super().writable())

    def handle_read(self) -> None:
        """Read once; a request that takes too long to arrive ends its connection."""
        if self._draining_until is not None:
            self._drain(self._draining_until)
            return
        super().handle_read()
        now = time.monotonic()
        if self.request is None:
            self._began = None
        elif self._began is None:
            self._began = now
        elif now - self._began > MOST_RECEIVING_S:
            self.will_close = True

    def handle_close(self) -> None:
        """Close, after a refusal only once the client has heard it."""
        if not self.refused or self._draining_until is not None or not self.connected:
            super().handle_close()
            return
        self.will_close = False
        self._draining_until = time.monotonic() + MOST_DRAINING_S
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            super().handle_close()

    def _drain(self, until: float) -> None:
        try:
            more = self.socket.recv(DRAINED_BYTES)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more or time.monotonic() > until:
            super().handle_close()


class Door(ThreadedTaskDispatcher):  # type: ignore[misc] # waitress has no types
    """Lets ``threads`` requests in at a time and ``queue`` wait; refuses the others at once.

    A thread of its own refuses, and answers those who watch the service.
    """

    def __init__(
        self,
        threads: int,
        queue: int,
        refused: Callable[[str, int, float, str], None],
    ) -> None:
        """``refused`` is told id, status, seconds and address of each refusal."""
        super().__init__()
        self.refused = refused
        self._most_waiting = queue
        self._aside = ThreadedTaskDispatcher()
        self._aside.set_thread_count(1)
        self.set_thread_count(threads)

    def add_task(self, task: Channel) -> None:
        """Let the first request of a connection in, or refuse it."""
        request = task.requests[0]
        request.arrived = time.perf_counter()
        aside = request.error or request.path in UNLIMITED
        if not aside and self._is_full(request.arrived):
            request.error = Busy()
            aside = True
        if aside:
            self._aside.add_task(task)
        else:
            super().add_task(task)

    def _is_full(self, now: float) -> bool:
        """Whether too many wait, or the first of them for so long that another would too."""
        try:
            first = self.queue[0].requests[0]
        except IndexError:  # nobody waits, or the first has just been let in
            return False
        waits = now - first.arrived
        return len(self.queue) >= self._most_waiting or waits > MOST_WAITING_S

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads."""
        self._aside.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))
