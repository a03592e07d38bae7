"""The page on which people log in."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models.errors import LoginNeeded
from service.access import start_session
from service.recording import database
from service.reviews import accounts, audit

login = Blueprint("login", __name__)

WRONG = "姓名或密码不对，请再试一次。"
LOCKED = "密码连续输错五次，账户已锁定十五分钟。请稍后再试，或请管理员重设密码。"
INSECURE = "这个网址不是 https 开头，浏览器不会保留登录。请管理员按说明配置 HTTPS。"


@login.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """The form; with the right words, the page that was asked for before."""
    if request.method == "GET":
        return render_template("login.html")
    if current_app.config["SESSION_COOKIE_SECURE"] and not _is_https():
        return render_template("login.html", problem=INSECURE), 400
    name = request.form.get("name", "").strip()
    try:
        account = accounts.log_in(database(), name, request.form.get("password", ""))
    except LoginNeeded as error:
        problem = LOCKED if "too many" in error.found else WRONG
        return render_template("login.html", name=name, problem=problem), 401
    start_session(account.name, account.stamp)
    return redirect(_inside(request.args.get("next")))


@login.post("/logout")
def log_out() -> ResponseReturnValue:
    """Forget who the browser is."""
    if "name" in session:
        with database().write() as connection:
            audit.append(connection, session["name"], "logout", session["name"])
    session.clear()
    return redirect(url_for("login.log_in"))


def _is_https() -> bool:
    """Whether the browser speaks HTTPS, with us or with a proxy before us."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"


def _inside(path: str | None) -> str:
    """The path to go on to, if it is one of this service: another's would be a trap."""
    if path and path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable():
        parts = urlsplit(path)
        if not parts.scheme and not parts.netloc:
            return path
    return url_for("pages.desk")
