"""账户: who may log in; made, changed, locked and removed by administrators."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models.errors import AccountNeeded, AccountTaken, AccountUnfit, AccountUnknown
from service.access import caller
from service.recording import database
from service.reviews import accounts as kept
from service.reviews import moments
from service.reviews.rights import Role
from service.words import ROLES

REFUSALS: dict[type[AccountUnknown], str] = {
    AccountTaken: "已经有这个账户了，请换一个名字。",
    AccountUnfit: (
        "名字或密码不合要求。名字 1 到 40 个字，可用汉字、字母、数字和 .@_-，不能有空格；"
        f"密码 {kept.MIN_PASSWORD_CHARS} 到 {kept.MAX_PASSWORD_CHARS} 个字符。"
    ),
    AccountNeeded: "这是最后一位管理员，不能停用、删除或改成别的角色。请先再设一位管理员。",
    AccountUnknown: "没有这个账户，可能刚被别人删除了。",
}


def accounts() -> str:
    """All accounts, and the forms that change them."""
    return _page()


def change_account() -> ResponseReturnValue:
    """Do what the form asks, or say why not."""
    deed = _DEEDS.get(request.form.get("deed", ""))
    try:
        if deed:
            deed(request.form.get("name", "").strip(), caller().name)
    except AccountUnknown as error:
        return _page(problem=REFUSALS[type(error)]), 422
    return redirect(url_for("pages.accounts"))


def _page(problem: str | None = None) -> str:
    return render_template(
        "accounts.html",
        accounts=kept.list_accounts(database()),
        roles=ROLES,
        problem=problem,
        now=moments.now(),
        least=kept.MIN_PASSWORD_CHARS,
    )


def _role() -> Role:
    told = request.form.get("role", "")
    return Role(told) if told in set(Role) else Role.CLERK


def _add(name: str, by: str) -> None:
    kept.add_account(database(), name, _role(), request.form.get("password", ""), by)


def _change_role(name: str, by: str) -> None:
    kept.change_role(database(), name, _role(), by)


def _change_password(name: str, by: str) -> None:
    kept.change_password(database(), name, request.form.get("password", ""), by)


def _disable(name: str, by: str) -> None:
    kept.disable_account(database(), name, by)


def _enable(name: str, by: str) -> None:
    kept.disable_account(database(), name, by, disabled=False)


def _remove(name: str, by: str) -> None:
    kept.remove_account(database(), name, by)


_DEEDS: dict[str, Callable[[str, str], None]] = {
    "add": _add,
    "role": _change_role,
    "password": _change_password,
    "disable": _disable,
    "enable": _enable,
    "remove": _remove,
}
