"""The web application: one factory that puts the API and the page together."""

import os
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from flask_bootstrap import Bootstrap5
from pydantic_core import to_json

from models.store import Store
from service.access import register_access
from service.api import api
from service.jobs import Jobs, Runner
from service.limits import register_limits
from service.login import login
from service.monitoring import register_monitoring
from service.pages import pages
from service.pages.batch import batch
from service.pages.navigation import navigation
from service.problems import register_problems
from service.review_routes import review_routes
from service.reviews.database import open_database
from service.running import Running
from service.settings import Settings

Gate = Callable[[Store, str], None]
"""Raises GateRefused where a version must not replace the promoted one."""

SIGNING_FILE = "session.key"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Json(DefaultJSONProvider):
    """JSON as pydantic writes it, several times faster: keys in their order, Chinese as it is."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ANN401 - Flask's own types
        """The text; nothing that Flask could ask for in ``kwargs`` is needed here."""
        del kwargs
        return to_json(obj).decode()


class _Application(Flask):
    """Flask without the question, at each of a dozen calls a request, whether a view is async."""

    json_provider_class = _Json

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none here is async."""
        return func


def create_app(settings: Settings, gate: Gate | None = None) -> Flask:
    """A WSGI application that answers with the promoted version of the store in ``settings``.

    Without a ``gate`` no other version is promoted by its pages.
    """
    app = _Application(__name__)
    app.config.update(
        SECRET_KEY=_secret(settings),
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        SESSION_COOKIE_NAME="petition_triage",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=not (settings.is_local or settings.insecure_cookies),
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    Bootstrap5(app)
    app.extensions["running"] = Running(Store(settings.versions))
    app.extensions["gate"] = gate
    app.extensions["reviews"] = open_database(settings)
    app.extensions["jobs"] = Runner(Jobs(settings.data_folder / "uploads"), settings)
    app.extensions["max_upload_bytes"] = settings.max_upload_bytes
    app.extensions["upload_days"] = settings.upload_days
    register_monitoring(app)
    register_limits(app, settings)
    app.register_blueprint(api)
    app.register_blueprint(review_routes)
    app.register_blueprint(login)
    app.register_blueprint(pages)
    app.register_blueprint(batch)
    app.context_processor(navigation)
    register_problems(app)
    register_access(app, settings)
    app.after_request(_secure)
    return app


def _secret(settings: Settings) -> bytes:
    """What signs the sessions; where people log in it is kept, so that a restart ends none."""
    if settings.is_local:
        return secrets.token_bytes(32)
    path = settings.data_folder / SIGNING_FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def _secure(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _ in headers}
    for name, value in SECURITY_HEADERS.items():
        if name.lower() not in given:
            headers.add(name, value)
    return response
