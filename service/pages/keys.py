"""接口密钥: which systems may ask; made and revoked by administrators."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models.errors import AccountUnfit, AccountUnknown
from service.access import caller
from service.recording import database
from service.reviews.keys import MAX_NAME_CHARS, add_key, list_keys, revoke_key
from service.reviews.rights import Right
from service.words import RIGHTS

DAYS = {"90": "90 天", "365": "一年", "1095": "三年", "0": "不过期"}

UNFIT = f"请写明哪个系统用（1 到 {MAX_NAME_CHARS} 个字），并至少选一项权限。"
UNKNOWN = "没有这个有效的密钥，可能已经作废。"


def keys() -> str:
    """All keys without their secrets, and the form that makes one."""
    return _page()


def add() -> ResponseReturnValue:
    """Make a key and show it, this once."""
    rights = {Right(told) for told in request.form.getlist("right") if told in set(Right)}
    days = int(told) if (told := request.form.get("days", "365")) in DAYS else 365
    name = request.form.get("name", "")
    try:
        secret = add_key(database(), name, rights, caller().name, days=days or None)
    except AccountUnfit:
        return _page(problem=UNFIT), 422
    return _page(secret=secret)


def revoke() -> ResponseReturnValue:
    """Let a key open nothing from now on."""
    try:
        revoke_key(database(), request.form.get("id", ""), caller().name)
    except AccountUnknown:
        return _page(problem=UNKNOWN), 422
    return redirect(url_for("pages.keys"))


def _page(**shown: str) -> str:
    found = list_keys(database())[::-1]
    return render_template("keys.html", keys=found, rights=RIGHTS, days=DAYS, **shown)
