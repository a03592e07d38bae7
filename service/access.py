"""Who asks, and whether they may: one table of what each view needs, and denied by default.

At a machine that listens to nobody else there is one local person with every right and no login.
Otherwise people log in and systems send a key. Forms carry a token of their session; a browser's
request that another site has caused is refused.
"""

import time
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from models.errors import AccessDenied, LoginNeeded
from service.forgery import TOKEN, check_origin, check_token, csrf_token
from service.problems import is_page
from service.recording import database
from service.reviews.accounts import find_account
from service.reviews.keys import check_key
from service.reviews.rights import Right, Role
from service.settings import Settings

LOCAL = "local"


class Open(Enum):
    """What needs no right."""

    EVERYBODY = "everybody"
    LOGGED_IN = "logged in"


NEEDS: dict[str, Right | Open] = {
    "static": Open.EVERYBODY,
    "bootstrap.static": Open.EVERYBODY,
    "api.healthz": Open.EVERYBODY,
    "api.readyz": Open.EVERYBODY,
    "api.openapi": Open.EVERYBODY,
    "api.docs": Open.EVERYBODY,
    "api.metrics": Right.METRICS,
    "api.classify": Right.CLASSIFY,
    "api.classify_batch": Right.CLASSIFY,
    "api.taxonomy": Right.CLASSIFY,
    "api.model": Right.CLASSIFY,
    "api_reviews.review": Right.REVIEW,
    "api_reviews.undo": Right.REVIEW,
    "api_reviews.following": Right.REVIEW,
    "api_reviews.reviews": Right.REVIEW,
    "api_reviews.petition": Right.REVIEW,
    "api_reviews.forget": Right.ADMIN,
    "login.log_in": Open.EVERYBODY,
    "login.log_out": Open.LOGGED_IN,
    "login.password": Open.LOGGED_IN,
    "pages.desk": Right.CLASSIFY,
    "pages.queue": Right.REVIEW,
    "pages.leave": Right.REVIEW,
    "pages.judge": Right.REVIEW,
    "pages.undo": Right.REVIEW,
    "pages.petition": Right.REVIEW,
    "pages.statistics": Right.REVIEW,
    "pages.model": Right.REVIEW,
    "pages.report": Right.REVIEW,
    "pages.promote": Right.MODELS,
    "pages.rollback": Right.MODELS,
    "pages.accounts": Right.ADMIN,
    "pages.change_account": Right.ADMIN,
    "pages.keys": Right.ADMIN,
    "pages.add_key": Right.ADMIN,
    "pages.revoke_key": Right.ADMIN,
    "batch.overview": Right.CLASSIFY,
    "batch.upload": Right.CLASSIFY,
    "batch.bring_back": Right.REVIEW,
    "batch.job": Right.CLASSIFY,
    "batch.look": Right.CLASSIFY,
    "batch.start": Right.CLASSIFY,
    "batch.stop": Right.CLASSIFY,
    "batch.delete": Right.CLASSIFY,
    "batch.progress": Right.CLASSIFY,
    "batch.result": Right.CLASSIFY,
}
"""What each view needs. One that is missing here answers nobody."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_TRUSTED_S = 5.0
"""A key or account that was good is asked about again after so long."""
_MAX_REMEMBERED = 1000
_TOUCH_S = 60
"""The time of the last request in a session is renewed when it is older."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a name for the records, what they may do, and how they came in."""

    name: str
    rights: frozenset[Right]
    via: Literal["local", "session", "key"]
    role: Role | None = None


_LOCAL = Caller(LOCAL, Role.ADMINISTRATOR.rights, "local", Role.ADMINISTRATOR)


def caller() -> Caller:
    """Whoever sent the request that is being answered. Raises LoginNeeded where nobody did."""
    found: Caller | None = g.get("caller")
    if found is None:
        raise LoginNeeded("nobody is logged in", remedy="log in, or send a key")
    return found


def register_access(app: Flask, settings: Settings) -> None:
    """Let no request pass unless its caller may."""
    app.extensions["access"] = _Access(not settings.is_local, settings.idle_minutes * 60)
    app.before_request(_guard)
    app.context_processor(lambda: {TOKEN: csrf_token, "caller": g.get("caller")})


def start_session(name: str, stamp: str) -> None:
    """Let the browser be this person from now on; whatever it was before is forgotten."""
    session.clear()
    session.update(name=name, stamp=stamp, seen=int(time.time()))


class _Access:
    """What this application asks of its callers, and whom it has just seen."""

    def __init__(self, login: bool, idle_s: int) -> None:
        self.login = login
        self.idle_s = idle_s
        self._remembered: dict[tuple[str, str], tuple[float, Caller]] = {}

    def of_key(self, told: str) -> Caller:
        """The caller with this key. Raises LoginNeeded."""
        return self._recall("key", told) or self._remember("key", told, _key_caller(told))

    def of_session(self) -> Caller | None:
        """The caller whose browser this is, or None."""
        name, stamp = session.get("name"), session.get("stamp")
        if not isinstance(name, str) or not isinstance(stamp, str):
            return None
        now = int(time.time())
        if now - session.get("seen", 0) > self.idle_s:
            session.clear()
            return None
        if now - session["seen"] > _TOUCH_S:
            session["seen"] = now
        found = self._recall(name, stamp)
        if found is None and (person := _account_caller(name, stamp)):
            found = self._remember(name, stamp, person)
        return found

    def _recall(self, *who: str) -> Caller | None:
        until, found = self._remembered.get((who[0], who[1]), (0.0, None))
        return found if time.monotonic() < until else None

    def _remember(self, kind: str, told: str, found: Caller) -> Caller:
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[kind, told] = (time.monotonic() + _TRUSTED_S, found)
        return found


def _guard() -> ResponseReturnValue | None:
    """Nothing where the request may go on, else the refusal."""
    access: _Access = current_app.extensions["access"]
    endpoint = request.endpoint
    try:
        g.caller = _identify(access)
        if request.method not in _SAFE and not _is_by_key():
            check_origin()
            if is_page():
                check_token()
        if endpoint is not None:
            _check_right(endpoint)
    except LoginNeeded:
        if not is_page():
            raise
        return redirect(url_for("login.log_in", next=_here()))
    return None


def _identify(access: _Access) -> Caller | None:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    if kind:
        if kind.lower() != "bearer":
            raise LoginNeeded("an Authorization of another kind", expected="Bearer and a key")
        return access.of_key(told.strip())
    return access.of_session() if access.login else _LOCAL


def _check_right(endpoint: str) -> None:
    needed = NEEDS.get(endpoint)
    if needed is Open.EVERYBODY:
        return
    rights = caller().rights
    if needed is None or (isinstance(needed, Right) and needed not in rights):
        raise AccessDenied(
            "this is beyond your rights",
            expected=f"the right {needed}" if needed else "a view that is open to anybody",
            remedy="ask an administrator",
        )


def _is_by_key() -> bool:
    return "Authorization" in request.headers


def _here() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _key_caller(told: str) -> Caller:
    key = check_key(database(), told)
    return Caller(f"{key.name}#{key.id}", key.rights, "key")


def _account_caller(name: str, stamp: str) -> Caller | None:
    account = find_account(database(), name)
    if account is None or account.disabled or account.stamp != stamp:
        return None
    return Caller(account.name, account.role.rights, "session", account.role)
