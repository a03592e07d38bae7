"""What the service tells of itself: request ids, the access log, and metrics; never a text."""

import logging
import re
import secrets
import time
from collections.abc import Iterable
from functools import cache, partial

from flask import Flask, Response, current_app, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from models.errors import InputError
from models.prediction import Prediction
from service.running import Running

log = logging.getLogger("service.access")

ARRIVED = "petition_triage.arrived"
"""Where the server leaves the moment (``time.perf_counter``) at which a request was complete."""

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONG_NUMBER = re.compile(r"[0-9]{11}")
"""Eleven digits in a row may be a telephone or an identity number: not for a log."""


class Monitoring:
    """Counts and times of one application."""

    def __init__(self) -> None:
        """All metrics start at nothing."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "petition_triage_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "petition_triage_request_seconds",
            "From the complete request to its answer, waiting included.",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._answers = Counter(
            "petition_triage_answers",
            "Petitions classified.",
            ["area", "decision", "version"],
            registry=self.registry,
        )
        self._errors = Counter(
            "petition_triage_petition_errors",
            "Petitions that could not be classified.",
            ["code"],
            registry=self.registry,
        )
        # Finding the child of a metric by its labels costs more than counting: kept.
        self._request_of = cache(self._requests.labels)
        self._seconds_of = cache(self._seconds.labels)
        self._answer_of = cache(self._answers.labels)

    def watch(self, running: Running) -> None:
        """Tell of the version that should answer."""
        Gauge(
            "petition_triage_promoted_version_refused",
            "1 while the promoted version cannot be loaded: an older one answers, or none.",
            registry=self.registry,
        ).set_function(lambda: float(running.refused()))

    def answered(self, outcomes: Iterable[Prediction | InputError]) -> None:
        """Count petitions by what was said of them."""
        for outcome in outcomes:
            if isinstance(outcome, Prediction):
                area = outcome.area.area if outcome.area else "none"
                self._answer_of(area, outcome.decision.value, outcome.version).inc()
            else:
                self._errors.labels(outcome.code).inc()

    def told(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._request_of(route, method, str(status)).inc()
        self._seconds_of(route).observe(seconds)

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)


def monitoring() -> Monitoring:
    """The counts of this application."""
    found: Monitoring = current_app.extensions["monitoring"]
    return found


def register_monitoring(app: Flask) -> None:
    """Give every request an id, a line in the log, and its place in the metrics."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    found = app.extensions["monitoring"] = Monitoring()
    found.watch(app.extensions["running"])
    app.before_request(_begin)
    app.after_request(partial(_end, found))


def request_id(asked: str | None) -> str:
    """The sender's id where it is harmless, else a new one."""
    if asked and _ID.fullmatch(asked) and (not _LONG_NUMBER.search(asked) or _HEX.fullmatch(asked)):
        return asked
    return secrets.token_hex(8)


def _begin() -> None:
    environ = request.environ
    g.began = environ.get(ARRIVED) or time.perf_counter()
    g.request_id = request_id(environ.get("HTTP_X_REQUEST_ID"))


def _end(found: Monitoring, response: Response) -> Response:
    seconds = time.perf_counter() - g.began
    identifier, asked, status = g.request_id, request.method, response.status_code
    # A path that is no route is not told: it is whatever somebody typed.
    rule = request.url_rule
    route = rule.rule if rule else "unknown"
    method = asked if asked in _METHODS else "other"
    response.headers["X-Request-ID"] = identifier
    found.told(route, method, status, seconds)
    log_request(identifier, route, method, status, seconds, request.remote_addr)
    return response


def log_request(
    identifier: str, route: str, method: str, status: int, seconds: float, client: str | None
) -> None:
    """One line of the access log."""
    log.info(
        "request",
        extra={
            "request_id": identifier,
            "client": client,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
        },
    )
