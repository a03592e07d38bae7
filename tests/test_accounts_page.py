"""账户 and 接口密钥: what administrators do with them, and what is told when they cannot."""

import re
from pathlib import Path

import pytest
from browser import browser
from flask.testing import FlaskClient

from models.errors import AccountUnknown
from models.store import Store
from service import access
from service.app import create_app
from service.pages.accounts import REFUSALS
from service.reviews import audit
from service.reviews.accounts import add_account, find_account, log_in
from service.reviews.database import Database
from service.reviews.keys import check_key, list_keys
from service.reviews.rights import Right, Role
from service.settings import Settings
from service.words import RIGHTS, ROLES

PASSWORD = "long enough 123"  # noqa: S105 - opens nothing but what a test has made


def change(client: FlaskClient, deed: str, name: str, **more: str) -> tuple[int, str]:
    """Status and page after a form was sent."""
    response = client.post("/accounts", data={"deed": deed, "name": name, **more})
    return response.status_code, response.get_data(as_text=True)


def test_account_is_made_changed_locked_and_removed(client: FlaskClient, office: Database) -> None:
    """Every step stands in the audit log under who did it."""
    assert change(client, "add", "张某", role="administrator", password=PASSWORD)[0] == 302
    assert change(client, "add", "李某", role="clerk", password=PASSWORD)[0] == 302
    change(client, "role", "李某", role="analyst")
    change(client, "password", "李某", password=PASSWORD + "4")
    assert log_in(office, "李某", PASSWORD + "4").role is Role.ANALYST
    change(client, "disable", "李某")
    assert "已停用" in client.get("/accounts").get_data(as_text=True)
    change(client, "enable", "李某")
    assert "已停用" not in client.get("/accounts").get_data(as_text=True)
    change(client, "remove", "李某")
    assert find_account(office, "李某") is None
    told = [(entry.by, entry.action) for entry in audit.entries(office)]
    assert told == [
        ("local", "account added"),
        ("local", "account added"),
        ("local", "role changed"),
        ("local", "password changed"),
        ("李某", "login"),
        ("local", "account disabled"),
        ("local", "account enabled"),
        ("local", "account removed"),
    ]


def test_what_cannot_be_is_told_in_words(client: FlaskClient) -> None:
    """And passwords never come back."""
    change(client, "add", "张某", role="administrator", password=PASSWORD)
    told = {
        "add 张某": change(client, "add", "张某", password=PASSWORD),
        "add 张 某": change(client, "add", "张 某", password=PASSWORD),
        "short": change(client, "add", "王某", password=PASSWORD[:7]),
        "last": change(client, "disable", "张某"),
        "unknown": change(client, "remove", "无此人"),
    }
    assert all(status == 422 for status, _ in told.values())
    assert "已经有这个账户" in told["add 张某"][1]
    assert "不能有空格" in told["add 张 某"][1]
    assert "8 到 200" in told["short"][1]
    assert "最后一位管理员" in told["last"][1]
    assert "没有这个账户" in told["unknown"][1]
    assert not any(PASSWORD in page for _, page in told.values())
    assert change(client, "odd", "张某")[0] == 302


def test_person_changes_the_own_password(
    shared_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the present one; this browser stays, others have to log in again."""
    settings = Settings(
        models=str(shared_store.folder), data=str(tmp_path), login=True, insecure_cookies=True
    )
    app = create_app(settings)
    add_account(app.extensions["reviews"], "王某", Role.CLERK, PASSWORD, "test")
    client, other = browser(app), browser(app)
    monkeypatch.setattr(access, "_TRUSTED_S", 0)
    for each in (client, other):
        each.post("/login", data={"name": "王某", "password": PASSWORD})

    def ask(old: str, new: str, again: str) -> tuple[int, str]:
        response = client.post("/password", data={"old": old, "new": new, "again": again})
        return response.status_code, response.get_data(as_text=True)

    new = PASSWORD + "4"
    assert ask("wrong", new, new)[0] == 401
    assert "不一样" in ask(PASSWORD, new, PASSWORD)[1]
    assert ask(PASSWORD, new[:7], new[:7])[0] == 422
    assert "密码已改" in ask(PASSWORD, new, new)[1]
    assert client.get("/queue").status_code == 200
    assert other.get("/queue").status_code == 302


def test_everything_that_can_be_told_has_words() -> None:
    """Refusals, roles and rights."""
    assert set(REFUSALS) == {AccountUnknown, *AccountUnknown.__subclasses__()}
    assert set(ROLES) == set(Role)
    assert set(RIGHTS) == set(Right)


def test_key_is_shown_once_and_revoked(client: FlaskClient, office: Database) -> None:
    """With the rights and the time that were asked for."""
    form = {"name": "案件系统", "right": ["classify", "review"], "days": "90"}
    page = client.post("/keys", data=form).get_data(as_text=True)
    found = re.search('id="secret">([^<]+)<', page)
    assert found is not None
    key = check_key(office, found[1])
    assert key.rights == {Right.CLASSIFY, Right.REVIEW}
    assert key.made_by == "local"
    assert key.expires_at is not None
    assert (key.expires_at - key.made_at).days == 90
    assert found[1] not in client.get("/keys").get_data(as_text=True)
    client.post("/keys/revoke", data={"id": key.id})
    assert "已作废" in client.get("/keys").get_data(as_text=True)
    again = client.post("/keys/revoke", data={"id": key.id})
    assert (again.status_code, "可能已经作废" in again.get_data(as_text=True)) == (422, True)


@pytest.mark.parametrize(
    "form", [{"name": "", "right": ["classify"]}, {"name": "x"}, {"name": "x", "right": ["odd"]}]
)
def test_key_without_name_or_right_is_refused(
    client: FlaskClient, office: Database, form: dict[str, object]
) -> None:
    """Nothing is made."""
    response = client.post("/keys", data=form)
    assert response.status_code == 422
    assert "至少选一项权限" in response.get_data(as_text=True)
    assert list_keys(office) == []


def test_local_person_is_told_that_accounts_are_not_needed(client: FlaskClient) -> None:
    """On a machine that serves nobody else."""
    assert "用不到账户" in client.get("/accounts").get_data(as_text=True)
