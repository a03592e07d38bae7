"""How requests reach the application, and what the server refuses before: always as a problem."""

import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from service.limits import UNLIMITED
from service.monitoring import ARRIVED, request_id
from service.problems import RETRY_AFTER_S, problem_text

REFUSALS = {
    400: ("request-malformed", "this is not HTTP as RFC 9112 describes it"),
    413: ("body-too-large", "the body is larger than this service accepts"),
    431: ("header-too-large", "the header fields are larger than this service accepts"),
    500: ("internal", "the service failed on this request; its log says where"),
    501: ("not-implemented", "this transfer encoding is not supported; send a Content-Length"),
    503: ("busy", "too many requests are waiting; send this one again later"),
}
"""Status, code and words. The words of the server itself may quote what was sent."""


class Busy:
    """Stands at a request that is not let in."""

    code = 503


class Refusal(ErrorTask):  # type: ignore[misc] # waitress has no types
    """Answers a request that never reaches the application."""

    def execute(self) -> None:
        """Write the problem, and close: what follows on this connection is not to be trusted."""
        status = self.request.error.code
        code, detail = REFUSALS.get(status, REFUSALS[500])
        identifier = request_id(self.request.headers.get("X_REQUEST_ID"))
        title, text = problem_text(status, code, detail, request_id=identifier)
        body = text.encode()
        self.status = f"{status} {title}"
        self.response_headers += [
            ("Content-Type", "application/problem+json"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("X-Request-ID", identifier),
        ]
        if status == Busy.code:
            self.response_headers.append(("Retry-After", str(RETRY_AFTER_S)))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        seconds = time.perf_counter() - getattr(self.request, "arrived", time.perf_counter())
        self.channel.server.task_dispatcher.refused(
            identifier, status, seconds, self.channel.addr[0]
        )


class Admitted(WSGITask):  # type: ignore[misc] # waitress has no types
    """Takes a request to the application, with the moment of its arrival."""

    def get_environment(self) -> dict[str, Any]:
        """The environment of WSGI."""
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVED] = self.request.arrived
        return environ


class Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """One connection."""

    task_class = Admitted
    error_task_class = Refusal


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
        if not aside and len(self.queue) >= self._most_waiting:
            request.error = Busy()
            aside = True
        if aside:
            self._aside.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads."""
        self._aside.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))
