"""Accounts of the people in the office: made, checked at login, locked, changed, removed."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from models.errors import (
    AccountNeeded,
    AccountTaken,
    AccountUnfit,
    AccountUnknown,
    LoginNeeded,
)
from service.reviews import audit, moments
from service.reviews.database import Database
from service.reviews.rights import Role
from service.reviews.tables import accounts

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 200
MAX_WRONG = 5
LOCKED_FOR = timedelta(minutes=15)

_NAME = re.compile(r"[\w.@-]{1,40}")
_RESERVED = "local"


@dataclass(frozen=True)
class Account:
    """A person who may log in; ``stamp`` changes whenever open sessions must end."""

    name: str
    role: Role
    stamp: str
    made_at: datetime
    disabled: bool
    locked_until: datetime | None


def add_account(db: Database, name: str, role: Role, password: str, by: str) -> None:
    """Make an account. Raises AccountUnknown for a bad or taken name or a short password."""
    if not _NAME.fullmatch(name) or name == _RESERVED:
        raise AccountUnfit(
            "this is no name for an account", expected="1 to 40 letters, digits, or .@_-"
        )
    _check_password(password)
    with db.write() as connection:
        if _row(connection, name) is not None:
            raise AccountTaken(f"there is an account {name} already", remedy="choose another")
        values = {
            "name": name,
            "role": role.value,
            "password": generate_password_hash(password),
            "stamp": secrets.token_hex(16),
            "failed": 0,
            "made_at": moments.now(),
            "disabled": False,
        }
        connection.execute(insert(accounts).values(values))
        audit.append(connection, by, "account added", name, role=role.value)


def list_accounts(db: Database) -> list[Account]:
    """All accounts by name."""
    with db.read() as connection:
        return [_account(row) for row in connection.execute(select(accounts).order_by("name"))]


def find_account(db: Database, name: str) -> Account | None:
    """The account, or None."""
    with db.read() as connection:
        row = _row(connection, name)
        return _account(row) if row else None


def has_administrator(db: Database) -> bool:
    """Whether somebody can manage accounts."""
    with db.read() as connection:
        return _administrators(connection) > 0


def log_in(db: Database, name: str, password: str) -> Account:
    """The account that these words open.

    After ``MAX_WRONG`` wrong passwords in a row it is locked for a while. Raises LoginNeeded, with
    the same words for a wrong name, a wrong password and a disabled account.
    """
    with db.read() as connection:
        row = _row(connection, name)
    known = row.password if row is not None else _password_of_nobody()
    # Outside of any transaction: it takes as long as a hundred reviews.
    is_right = check_password_hash(known, password[:MAX_PASSWORD_CHARS])
    with db.write() as connection:
        row = _row(connection, name, lock=True)
        if row is not None and row.locked_until and row.locked_until > moments.now():
            refusal = LoginNeeded(
                "too many wrong passwords",
                remedy=f"wait {LOCKED_FOR.seconds // 60} minutes, or ask an administrator",
            )
        elif row is None or row.disabled or not is_right or row.password != known:
            if row is not None:
                _count_wrong(connection, row)
            refusal = LoginNeeded("name or password is wrong", remedy="try again")
        else:
            _update(connection, name, failed=0, locked_until=None)
            audit.append(connection, name, "login", name)
            return _account(row)
    raise refusal


def change_password(db: Database, name: str, password: str, by: str) -> None:
    """Set another password; open sessions end and a lock opens. Raises AccountUnknown."""
    _check_password(password)
    with db.write() as connection:
        _known(connection, name)
        hashed = generate_password_hash(password)
        stamp = secrets.token_hex(16)
        _update(connection, name, password=hashed, stamp=stamp, failed=0, locked_until=None)
        audit.append(connection, by, "password changed", name)


def change_role(db: Database, name: str, role: Role, by: str) -> None:
    """Give another role. Raises AccountUnknown, also where no administrator would be left."""
    with db.write() as connection:
        row = _known(connection, name)
        _update(connection, name, role=role.value, stamp=secrets.token_hex(16))
        _check_administrators(connection, row)
        audit.append(connection, by, "role changed", name, before=row.role, role=role.value)


def disable_account(db: Database, name: str, by: str, *, disabled: bool = True) -> None:
    """Let nobody log in with it, or somebody again. Raises AccountUnknown as ``change_role``."""
    with db.write() as connection:
        row = _known(connection, name)
        _update(connection, name, disabled=disabled, stamp=secrets.token_hex(16))
        _check_administrators(connection, row)
        audit.append(connection, by, "account disabled" if disabled else "account enabled", name)


def remove_account(db: Database, name: str, by: str) -> None:
    """Remove it; what the person reviewed stays. Raises AccountUnknown as ``change_role``."""
    with db.write() as connection:
        row = _known(connection, name)
        connection.execute(delete(accounts).where(accounts.c.name == name))
        _check_administrators(connection, row)
        audit.append(connection, by, "account removed", name)


@cache
def _password_of_nobody() -> str:
    """So that a wrong name takes as long as a wrong password."""
    return generate_password_hash(secrets.token_hex(16))


def _count_wrong(connection: Connection, row: Row[Any]) -> None:
    wrong = row.failed + 1
    if wrong < MAX_WRONG:
        _update(connection, row.name, failed=wrong)
        return
    _update(connection, row.name, failed=0, locked_until=moments.now() + LOCKED_FOR)
    audit.append(connection, row.name, "account locked", row.name)


def _check_password(password: str) -> None:
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise AccountUnfit(
            f"a password of {len(password)} characters",
            expected=f"{MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS}",
        )


def _check_administrators(connection: Connection, before: Row[Any]) -> None:
    """Undo the transaction where the last administrator would go."""
    was = before.role == Role.ADMINISTRATOR and not before.disabled
    if was and _administrators(connection) == 0:
        raise AccountNeeded(
            f"{before.name} is the last administrator", remedy="make another one first"
        )


def _administrators(connection: Connection) -> int:
    is_one = (accounts.c.role == Role.ADMINISTRATOR.value) & accounts.c.disabled.is_(False)
    found = connection.execute(select(func.count()).select_from(accounts).where(is_one))
    return int(found.scalar_one())


def _known(connection: Connection, name: str) -> Row[Any]:
    row = _row(connection, name, lock=True)
    if row is None:
        raise AccountUnknown(f"there is no account {name!r}", remedy="see `accounts list`")
    return row


def _row(connection: Connection, name: str, *, lock: bool = False) -> Row[Any] | None:
    if not _NAME.fullmatch(name):
        return None
    query = select(accounts).where(accounts.c.name == name)
    return connection.execute(query.with_for_update() if lock else query).one_or_none()


def _update(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(accounts).where(accounts.c.name == name).values(values))


def _account(row: Row[Any]) -> Account:
    return Account(row.name, Role(row.role), row.stamp, row.made_at, row.disabled, row.locked_until)
