"""The pages on which people log in and change their password."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models.errors import AccountUnfit, LoginNeeded
from service.access import caller, start_session
from service.recording import database
from service.reviews import accounts, audit

login = Blueprint("login", __name__)

WRONG = "姓名或密码不对，请再试一次。"
DIFFERENT = "两次输入的新密码不一样，请再输一次。"
UNFIT = (
    f"密码要有 {accounts.MIN_PASSWORD_CHARS} 到 {accounts.MAX_PASSWORD_CHARS} 个字符，请换一个。"
)
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
        return render_template("login.html", name=name, problem=_why(error)), 401
    start_session(account.name, account.stamp)
    return redirect(_inside(request.args.get("next")))


@login.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """The form; with the present password, another one, and all other sessions end."""
    if caller().via != "session":  # nobody logs in here
        return redirect(url_for("pages.desk"))
    if request.method == "GET":
        return _password_page()
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again"):
        return _password_page(problem=DIFFERENT), 422
    name = caller().name
    try:
        accounts.log_in(database(), name, old)
        accounts.change_password(database(), name, new, name)
        start_session(name, accounts.log_in(database(), name, new).stamp)
    except LoginNeeded as error:
        return _password_page(problem=_why(error)), 401
    except AccountUnfit:
        return _password_page(problem=UNFIT), 422
    return _password_page(done=True)


def _password_page(**shown: object) -> str:
    return render_template("password.html", least=accounts.MIN_PASSWORD_CHARS, **shown)


def _why(error: LoginNeeded) -> str:
    return LOCKED if "too many" in error.found else WRONG


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
