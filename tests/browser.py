"""A browser, as far as forms go: what it posts carries the token of its session."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.forgery import TOKEN


class Browser(FlaskClient):
    """A client whose forms carry the token."""

    def post(self, *args: Any, **kw: Any) -> TestResponse:  # noqa: ANN401 - as the client takes them
        """POST; a form given as a mapping gets the token."""
        if isinstance(kw.get("data"), dict):
            with self.session_transaction(base_url=kw.get("base_url")) as session:
                token = session.setdefault("token", "the token of this test")
            kw["data"] = {TOKEN: token, **kw["data"]}
        return super().post(*args, **kw)


def browser(app: Flask) -> Browser:
    """A new browser without any cookie."""
    app.test_client_class = Browser
    client = app.test_client()
    if not isinstance(client, Browser):
        raise TypeError
    return client
