"""Limits on how long a request may take, how many one address may send, and under which name."""

import math
import re
import threading
import time
from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app, g, request
from werkzeug.exceptions import SecurityError

from models.errors import RateExceeded, TimeExceeded
from service.settings import Settings

UPLOADS = frozenset({"/batch", "/batch/corrected"})
"""What takes whole files."""

_UPLOAD_MEMORY_BYTES = 500_000
"""What is read of a form at once; a file in it goes to the disk."""
UPLOAD_FORM_BYTES = 4096
"""What a form adds to the file in it."""

UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})
"""What watches the service is answered however busy it is."""

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PORT = re.compile(r":[0-9]{1,5}$")
_MINUTE_S = 60.0
_MOST_ADDRESSES = 10_000


@dataclass
class _Bucket:
    left: float
    at: float


class Rate:
    """At most ``per_minute`` requests of each sender in any minute's length, in the long run.

    A sender who was silent may send so many at once (token bucket).
    """

    def __init__(self, per_minute: int) -> None:
        """Every sender starts with a full minute."""
        self.per_minute = per_minute
        self._per_second = per_minute / _MINUTE_S
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, sender: str, now: float) -> None:
        """Count one request. Raises RateExceeded where nothing is left."""
        with self._lock:
            if len(self._buckets) >= _MOST_ADDRESSES:
                self._forget(now)
            bucket = self._buckets.setdefault(sender, _Bucket(self.per_minute, now))
            gained = (now - bucket.at) * self._per_second
            bucket.left, bucket.at = min(self.per_minute, bucket.left + gained), now
            if bucket.left >= 1:
                bucket.left -= 1
                return
            wait_s = math.ceil((1 - bucket.left) / self._per_second)
        raise RateExceeded(
            "this address sent more requests than it may",
            expected=f"at most {self.per_minute} a minute",
            retry_after_s=wait_s,
        )

    def _forget(self, now: float) -> None:
        """Senders whose bucket is full again need no memory."""
        full_after_s = _MINUTE_S
        recent = {
            name: each for name, each in self._buckets.items() if now - each.at < full_after_s
        }
        self._buckets = recent if len(recent) < _MOST_ADDRESSES else {}


def register_limits(app: Flask, settings: Settings) -> None:
    """Refuse requests that waited too long, and senders that send too many."""
    app.extensions["request_timeout_s"] = settings.request_timeout_s
    app.before_request(check_time)
    app.before_request(partial(_allow_uploads, settings.max_upload_bytes))
    if settings.is_local:
        app.before_request(partial(_check_name, LOCAL_NAMES | {settings.host}))
    if settings.rate_per_minute:
        app.before_request(partial(_check_rate, Rate(settings.rate_per_minute)))


def _check_name(names: frozenset[str]) -> None:
    """Raise SecurityError where a local service is asked under a name that is not local.

    A page from elsewhere can have its own name lead to this machine, and would then read what the
    local user may read.
    """
    # Flask's TRUSTED_HOSTS cannot hold an IPv6 address.
    if _PORT.sub("", request.environ.get("HTTP_HOST", "")) not in names:
        raise SecurityError


def _allow_uploads(most_bytes: int) -> None:
    if request.path in UPLOADS:
        request.max_content_length = most_bytes + UPLOAD_FORM_BYTES
        request.max_form_memory_size = _UPLOAD_MEMORY_BYTES


def check_time() -> None:
    """Raise TimeExceeded where this request has already taken its time."""
    limit_s = current_app.extensions["request_timeout_s"]
    if time.perf_counter() - g.began > limit_s and request.path not in UNLIMITED:
        raise TimeExceeded(f"the request took longer than {limit_s} s, waiting included")


def _check_rate(rate: Rate) -> None:
    if request.path not in UNLIMITED:
        rate.take(request.remote_addr or "unknown", time.monotonic())
