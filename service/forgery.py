"""Requests that another site has tricked a browser into: told by origin and token."""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import request, session

from models.errors import RequestForged

TOKEN = "csrf_token"  # noqa: S105 - the name of a form's field
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")


def csrf_token() -> str:
    """The token that forms of this session carry."""
    token: str = session.setdefault("token", secrets.token_urlsafe(16))
    return token


def check_origin() -> None:
    """Refuse what the browser says another site has caused. Raises RequestForged."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "null")  # null: our pages tell nobody where they are
    is_ours = origin == "null" or _netloc(origin) == request.host
    if not (site in ("none", "same-origin") if site else is_ours):
        raise RequestForged("a request that another site has caused", remedy="open this page anew")


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def check_token() -> None:
    """Refuse a form without the token of its session. Raises RequestForged.

    Only forms need it: a browser sends nothing else to another site without asking first.
    """
    if request.mimetype not in _FORMS:
        return
    kept, sent = session.get("token", ""), request.form.get(TOKEN, "")
    if not kept or not hmac.compare_digest(kept.encode(), sent.encode(errors="replace")):
        raise RequestForged("a form without this session's token", remedy="open this page anew")
