"""Who may do what: every route against everybody, logins, keys, forms."""

import datetime as dt
import json
import re
import time
from pathlib import Path

import pytest
from browser import Browser, browser
from click.testing import CliRunner
from flask import Flask
from werkzeug.test import TestResponse

from models.errors import AccountUnknown, LoginNeeded
from models.store import Store
from service import access
from service.access import NEEDS, Open
from service.app import create_app
from service.cli.main import cli
from service.openapi import OPEN
from service.reviews import audit, moments
from service.reviews.accounts import (
    add_account,
    change_password,
    change_role,
    disable_account,
    has_administrator,
    list_accounts,
    log_in,
    remove_account,
)
from service.reviews.database import Database
from service.reviews.keys import add_key, check_key, list_keys, revoke_key
from service.reviews.rights import Right, Role
from service.settings import Settings

HTTPS = "https://office.example"
PASSWORD = "long enough 123"  # noqa: S105 - opens nothing but what a test has made


@pytest.fixture
def open_app(shared_store: Store, tmp_path: Path) -> Flask:
    """The application as it listens to a network."""
    data = str(tmp_path / "office")
    return create_app(Settings(models=str(shared_store.folder), host="0.0.0.0", data=data))  # noqa: S104 - never listens


@pytest.fixture
def office(open_app: Flask) -> Database:
    """Its database, with one account of each role."""
    db: Database = open_app.extensions["reviews"]
    for role in Role:
        add_account(db, role.value, role, PASSWORD, "test")
    return db


def logged_in(app: Flask, name: str) -> Browser:
    """A browser in which somebody has logged in."""
    client = browser(app)
    form = {"name": name, "password": PASSWORD}
    assert client.post("/login", data=form, base_url=HTTPS).status_code == 302
    return client


def code(response: TestResponse) -> str:
    """The code of a problem."""
    return str(json.loads(response.data)["code"])


ROUTES = {
    "api.healthz": ("GET", "/healthz"),
    "api.readyz": ("GET", "/readyz"),
    "api.openapi": ("GET", "/openapi.json"),
    "api.docs": ("GET", "/docs"),
    "api.metrics": ("GET", "/metrics"),
    "api.classify": ("POST", "/v1/classify"),
    "api.classify_batch": ("POST", "/v1/classify/batch"),
    "api.taxonomy": ("GET", "/v1/taxonomy"),
    "api.model": ("GET", "/v1/model"),
    "api_reviews.review": ("POST", "/v1/reviews"),
    "api_reviews.undo": ("POST", "/v1/reviews/undo"),
    "api_reviews.following": ("POST", "/v1/reviews/next"),
    "api_reviews.reviews": ("GET", "/v1/reviews"),
    "api_reviews.petition": ("GET", "/v1/petitions/none"),
    "api_reviews.forget": ("DELETE", "/v1/petitions/none"),
    "login.log_in": ("GET", "/login"),
    "login.log_out": ("POST", "/logout"),
    "login.password": ("GET", "/password"),
    "pages.desk": ("GET", "/"),
    "pages.queue": ("GET", "/queue"),
    "pages.leave": ("POST", "/queue/leave"),
    "pages.judge": ("POST", "/judge"),
    "pages.undo": ("POST", "/undo"),
    "pages.petition": ("GET", "/petitions/none"),
    "pages.statistics": ("GET", "/statistics"),
    "pages.model": ("GET", "/model"),
    "pages.report": ("GET", "/model/none/report"),
    "pages.promote": ("GET", "/model/none/promote"),
    "pages.rollback": ("GET", "/model/rollback"),
    "pages.accounts": ("GET", "/accounts"),
    "pages.change_account": ("POST", "/accounts"),
    "pages.keys": ("GET", "/keys"),
    "pages.add_key": ("POST", "/keys"),
    "pages.revoke_key": ("POST", "/keys/revoke"),
    "static": ("GET", "/static/desk.css"),
    "bootstrap.static": ("GET", "/bootstrap/static/css/bootstrap.min.css"),
}

EVERYBODY = {name for name, needed in NEEDS.items() if needed is Open.EVERYBODY}
CLASSIFY = {"api.classify", "api.classify_batch", "api.taxonomy", "api.model", "pages.desk"}
REVIEW = {
    "api_reviews.review", "api_reviews.undo", "api_reviews.following", "api_reviews.reviews",
    "api_reviews.petition", "pages.queue", "pages.leave", "pages.judge", "pages.undo",
    "pages.petition", "pages.statistics", "pages.model", "pages.report",
}  # fmt: skip
ADMIN = {
    "api_reviews.forget", "pages.accounts", "pages.change_account", "pages.keys", "pages.add_key",
    "pages.revoke_key",
}  # fmt: skip
MODELS = {"pages.promote", "pages.rollback"}
METRICS = {"api.metrics"}
LOGOUT = {"login.log_out"}
PASSWORD_PAGE = {"login.password"}

ALLOWED: dict[str, set[str]] = {
    "nobody": set(),
    "clerk": CLASSIFY | REVIEW | LOGOUT | PASSWORD_PAGE,
    "analyst": CLASSIFY | REVIEW | LOGOUT | METRICS | MODELS | PASSWORD_PAGE,
    "administrator": CLASSIFY | REVIEW | LOGOUT | METRICS | ADMIN | MODELS | PASSWORD_PAGE,
    "key classify": CLASSIFY | LOGOUT | PASSWORD_PAGE,
    "key review": REVIEW | LOGOUT | PASSWORD_PAGE,
    "key metrics": METRICS | LOGOUT | PASSWORD_PAGE,
    "key models": LOGOUT | MODELS | PASSWORD_PAGE,
    "key admin": ADMIN | LOGOUT | PASSWORD_PAGE,
}


@pytest.mark.parametrize("who", ALLOWED)
def test_every_route_lets_in_whom_it_should(open_app: Flask, office: Database, who: str) -> None:
    """And nobody else: 401, 403, or the login page."""
    rules = {rule.endpoint for rule in open_app.url_map.iter_rules()}
    assert rules <= set(ROUTES), "add the new route to this table and to NEEDS"
    client, headers = browser(open_app), {}
    if who.startswith("key "):
        headers["Authorization"] = "Bearer " + add_key(office, "x", {Right(who[4:])}, "test")
    for endpoint in [*sorted(rules - LOGOUT), *LOGOUT]:
        if who in set(Role):
            client = logged_in(open_app, who)
        method, path = ROUTES[endpoint]
        if method == "POST":  # a form to a page, where it needs its token
            form: dict[str, str] | None = None if endpoint.startswith("api") else {}
            response = client.post(path, data=form, headers=headers, base_url=HTTPS)
        else:
            response = client.open(path, method=method, headers=headers, base_url=HTTPS)
        to_login = response.headers.get("Location", "").startswith("/login") and (
            endpoint not in LOGOUT or who == "nobody"
        )
        forbidden = response.status_code in (401, 403) or to_login
        assert forbidden == (endpoint not in ALLOWED[who] | EVERYBODY), endpoint
        response.close()


def test_api_document_tells_which_routes_ask_for_nothing(open_app: Flask) -> None:
    """As the table of needs has it."""
    rules = open_app.url_map.iter_rules()
    open_ = {rule.rule for rule in rules if NEEDS[rule.endpoint] is Open.EVERYBODY}
    assert {path for path in open_ if not path.startswith(("/login", "/static", "/boot"))} == OPEN


def test_view_that_is_not_in_the_table_answers_nobody(open_app: Flask, office: Database) -> None:
    """Denied by default, to the administrator too."""
    open_app.add_url_rule("/new", "new", lambda: "secret")
    response = logged_in(open_app, "administrator").get("/new", base_url=HTTPS)
    assert response.status_code == 403
    assert "secret" not in response.get_data(as_text=True)
    assert office.file is not None


def test_page_leads_to_the_login_and_back(open_app: Flask, office: Database) -> None:
    """With the page that was asked for; the API answers 401."""
    client = browser(open_app)
    sent = client.get("/?a=1", base_url=HTTPS)
    assert sent.headers["Location"] == "/login?next=/?a%3D1"
    form = {"name": "clerk", "password": PASSWORD}
    done = client.post(sent.headers["Location"], data=form, base_url=HTTPS)
    assert done.headers["Location"] == "/?a=1"
    cookie = done.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Strict"))
    assert "clerk" in client.get("/", base_url=HTTPS).get_data(as_text=True)
    response = browser(open_app).get("/v1/model", base_url=HTTPS)
    assert (response.status_code, code(response)) == (401, "login-needed")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert [entry.action for entry in audit.entries(office)][-1] == "login"


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "x"])
def test_login_leads_nowhere_else(open_app: Flask, office: Database, path: str) -> None:
    """A link to the login must not lead to another site."""
    assert office
    form = {"name": "clerk", "password": PASSWORD}
    query = {"next": path}
    done = browser(open_app).post("/login", data=form, query_string=query, base_url=HTTPS)
    assert done.headers["Location"] == "/"


def test_sixth_wrong_password_finds_the_account_locked(
    open_app: Flask, office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the right one too, until some minutes are over; others get in."""
    client = browser(open_app)
    form = {"name": "clerk", "password": "wrong"}
    for _ in range(5):
        assert client.post("/login", data=form, base_url=HTTPS).status_code == 401
    locked = client.post("/login", data={**form, "password": PASSWORD}, base_url=HTTPS)
    assert locked.status_code == 401
    assert "锁定" in locked.get_data(as_text=True)
    logged_in(open_app, "analyst")
    later = moments.now() + dt.timedelta(minutes=16)
    monkeypatch.setattr(moments, "now", lambda: later)
    assert log_in(office, "clerk", PASSWORD).name == "clerk"


def test_wrong_name_and_wrong_password_look_the_same(office: Database) -> None:
    """Nobody learns who has an account."""
    told = []
    for name in ("clerk", "nobody", "", "clerk'--", "a" * 200):
        with pytest.raises(LoginNeeded) as caught:
            log_in(office, name, "wrong")
        told.append(str(caught.value))
    assert len(set(told)) == 1


def test_idle_session_ends(
    open_app: Flask, office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After half an hour without a request."""
    assert office
    client = logged_in(open_app, "clerk")
    now = time.time()
    monkeypatch.setattr("service.access.time.time", lambda: now + 25 * 60)
    assert client.get("/", base_url=HTTPS).status_code == 200
    monkeypatch.setattr("service.access.time.time", lambda: now + 50 * 60)
    assert client.get("/", base_url=HTTPS).status_code == 200
    monkeypatch.setattr("service.access.time.time", lambda: now + 81 * 60)
    assert client.get("/", base_url=HTTPS).status_code == 302


def test_session_ends_when_the_account_changes(
    open_app: Flask, office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within seconds; at once where somebody logs out."""
    monkeypatch.setattr(access, "_TRUSTED_S", 0)
    client = logged_in(open_app, "clerk")
    change_password(office, "clerk", PASSWORD, "test")
    assert client.get("/", base_url=HTTPS).status_code == 302
    client = logged_in(open_app, "clerk")
    disable_account(office, "clerk", "test")
    assert client.get("/", base_url=HTTPS).status_code == 302
    client = logged_in(open_app, "analyst")
    client.post("/logout", data={}, base_url=HTTPS)
    assert client.get("/", base_url=HTTPS).status_code == 302


def test_last_administrator_stays(office: Database) -> None:
    """Or nobody could make another."""
    last = "administrator"
    with pytest.raises(AccountUnknown, match="last administrator"):
        remove_account(office, last, "test")
    with pytest.raises(AccountUnknown, match="last administrator"):
        disable_account(office, last, "test")
    with pytest.raises(AccountUnknown, match="last administrator"):
        change_role(office, last, Role.CLERK, "test")
    change_role(office, "clerk", Role.ADMINISTRATOR, "test")
    remove_account(office, "administrator", "test")
    assert [each.name for each in list_accounts(office)] == ["analyst", "clerk"]
    assert has_administrator(office)


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("a b", PASSWORD), ("local", PASSWORD), ("a:b", PASSWORD), ("新人", "short")],
)
def test_unfit_names_and_passwords_are_refused(db: Database, name: str, password: str) -> None:
    """With what is expected; a name that is taken too."""
    with pytest.raises(AccountUnknown, match="expected"):
        add_account(db, name, Role.CLERK, password, "test")
    add_account(db, "王某", Role.CLERK, PASSWORD, "test")
    with pytest.raises(AccountUnknown, match="already"):
        add_account(db, "王某", Role.CLERK, PASSWORD, "test")


def test_key_opens_until_it_expires_or_is_revoked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is nowhere in the database."""
    key = add_key(db, "案件系统", {Right.CLASSIFY}, "test", days=30)
    found = check_key(db, key)
    assert (found.name, sorted(found.rights), found.made_by) == ("案件系统", ["classify"], "test")
    with db.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM keys").all())
    assert key.split("_", 2)[2] not in kept
    for wrong in (key[:-1], key + "x", f"pt_{found.id}_", "", "pt_x", "pt_ _x", key.upper()):
        with pytest.raises(LoginNeeded):
            check_key(db, wrong)
    with monkeypatch.context() as patched:
        later = moments.now() + dt.timedelta(days=31)
        patched.setattr(moments, "now", lambda: later)
        with pytest.raises(LoginNeeded):
            check_key(db, key)
    revoke_key(db, found.id, "test")
    with pytest.raises(LoginNeeded):
        check_key(db, key)
    with pytest.raises(AccountUnknown):
        revoke_key(db, found.id, "test")
    assert [each.usable for each in list_keys(db)] == [False]


def test_form_without_the_token_is_refused(app: Flask) -> None:
    """Also at a machine without logins: another site's page may post to it."""
    client = app.test_client()
    assert client.post("/", data={"text": "派出所"}).status_code == 403
    client.get("/")
    response = client.post("/", data={"text": "派出所", "csrf_token": "guessed"})
    assert response.status_code == 403
    assert "过期" in response.get_data(as_text=True)
    page = client.get("/").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    assert client.post("/", data={"text": "派出所", "csrf_token": found[1]}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://["},
    ],
)
def test_request_caused_by_another_site_is_refused(app: Flask, headers: dict[str, str]) -> None:
    """As the browser tells."""
    body = {"text": "派出所不予立案"}
    response = app.test_client().post("/v1/classify", json=body, headers=headers)
    assert (response.status_code, code(response)) == (403, "request-forged")
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert app.test_client().post("/v1/classify", json=body, headers=ours).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("localhost@evil.example", 400),
        ("[", 400),
        ("", 400),
    ],
)
def test_local_service_answers_only_to_its_own_name(app: Flask, host: str, status: int) -> None:
    """Or another site could lead a browser here under its own name."""
    response = app.test_client().get("/v1/taxonomy", headers={"Host": host})
    assert response.status_code == status
    assert status == 200 or code(response) == "host-unknown"


def test_service_for_others_is_asked_under_any_name_and_for_a_login(
    tmp_path: Path, shared_store: Store
) -> None:
    """Behind a proxy too: who comes through it sits elsewhere."""
    folder, data = str(shared_store.folder), str(tmp_path)
    for settings in (
        Settings(models=folder, data=data, trusted_proxy="127.0.0.1"),
        Settings(models=folder, data=data, login=True),
        Settings(models=folder, data=data, host="0.0.0.0"),  # noqa: S104 - nothing listens
    ):
        client = create_app(settings).test_client()
        response = client.get("/v1/taxonomy", headers={"Host": "triage.example"})
        assert (response.status_code, code(response)) == (401, "login-needed")


def test_wrong_key_is_refused_at_a_local_service_too(app: Flask) -> None:
    """And so is another kind of Authorization."""
    for sent in ("Bearer pt_x_y", "Basic eDp5", "Bearer", "x"):
        response = app.test_client().get("/v1/model", headers={"Authorization": sent})
        assert (response.status_code, code(response)) == (401, "login-needed")


def test_login_over_plain_http_is_told_why_it_would_not_last(
    open_app: Flask, office: Database
) -> None:
    """A secure cookie does not come back over HTTP."""
    assert office
    client = browser(open_app)
    form = {"name": "clerk", "password": PASSWORD}
    proxied = {"X-Forwarded-Proto": "https"}
    assert "https" in client.post("/login", data=form).get_data(as_text=True)
    done = client.post("/login", data=form, headers=proxied, base_url=HTTPS)
    assert done.status_code == 302


def test_commands_manage_accounts_and_keys(tmp_path: Path) -> None:
    """A password is never an argument; a key is printed once."""
    data = ["--data", str(tmp_path)]
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")

    def run(*words: str, typed: str | None = None) -> str:
        done = CliRunner().invoke(cli, [*words, *data], input=typed)
        assert done.exit_code == 0, done.output
        return done.output

    run("accounts", "add", "王某", "--role", "administrator", "--password-file", str(password))
    run("accounts", "add", "李某", "--role", "clerk", typed=f"{PASSWORD}\n{PASSWORD}\n")
    run("accounts", "role", "李某", "analyst")
    run("accounts", "disable", "李某")
    assert run("accounts", "list").splitlines() == [
        "李某\tanalyst\tdisabled", "王某\tadministrator\tactive",
    ]  # fmt: skip
    run("accounts", "disable", "李某", "--undo")
    run("accounts", "password", "李某", "--password-file", str(password))
    run("accounts", "remove", "李某")
    key = run("keys", "add", "案件系统", "--scope", "classify", "--scope", "review").splitlines()[0]
    assert key not in run("keys", "list")
    run("keys", "revoke", key.split("_")[1])
    assert "revoked" in run("keys", "list")


def test_serving_others_without_accounts_is_refused(tmp_path: Path, shared_store: Store) -> None:
    """With what to do."""
    words = ["serve", "--host", "0.0.0.0", "--models", str(shared_store.folder)]  # noqa: S104 - refused
    environment = {"PETITION_TRIAGE_DATA": str(tmp_path)}
    done = CliRunner().invoke(cli, words, env=environment)
    assert "accounts add NAME --role administrator" in str(done.exception)
