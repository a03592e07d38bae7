"""Keys for systems: shown once when made, kept only as a hash, limited in rights and time."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from models.errors import AccountUnfit, AccountUnknown, LoginNeeded
from service.reviews import audit, moments
from service.reviews.database import Database
from service.reviews.rights import Right
from service.reviews.tables import keys

PREFIX = "pt"
MAX_NAME_CHARS = 60


@dataclass(frozen=True)
class Key:
    """A key without its secret; ``name`` says which system uses it."""

    id: str
    name: str
    rights: frozenset[Right]
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def usable(self) -> bool:
        """Neither revoked nor expired."""
        expired = self.expires_at is not None and self.expires_at <= moments.now()
        return self.revoked_at is None and not expired


def add_key(
    db: Database, name: str, rights: Collection[Right], by: str, *, days: int | None = 365
) -> str:
    """Make a key; the only time that it is told. Raises AccountUnknown for a bad name."""
    if not name.strip() or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise AccountUnfit(
            "this is no name for a key", expected=f"1 to {MAX_NAME_CHARS} characters"
        )
    if not rights:
        raise AccountUnfit("a key without rights", expected="one or more of " + ", ".join(Right))
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    now = moments.now()
    scopes = "|".join(sorted(rights))
    values = {
        "id": key_id,
        "name": name.strip(),
        "hash": _hash(secret),
        "scopes": scopes,
        "made_by": by,
        "made_at": now,
        "expires_at": now + timedelta(days=days) if days else None,
    }
    with db.write() as connection:
        connection.execute(insert(keys).values(values))
        audit.append(connection, by, "key added", key_id, name=name.strip(), rights=scopes)
    return f"{PREFIX}_{key_id}_{secret}"


def list_keys(db: Database) -> list[Key]:
    """All keys, oldest first, the revoked ones too."""
    with db.read() as connection:
        return [_key(row) for row in connection.execute(select(keys).order_by("made_at", "id"))]


def revoke_key(db: Database, key_id: str, by: str) -> None:
    """Let a key open nothing from now on. Raises AccountUnknown."""
    with db.write() as connection:
        theirs = update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        if not connection.execute(theirs.values(revoked_at=moments.now())).rowcount:
            raise AccountUnknown("there is no such key in force", remedy="see `keys list`")
        audit.append(connection, by, "key revoked", key_id)


def check_key(db: Database, told: str) -> Key:
    """The key that somebody sent. Raises LoginNeeded, with the same words whatever is wrong."""
    parts = told.split("_", 2)
    row = None
    if len(parts) == 3 and parts[0] == PREFIX and parts[1].isalnum() and parts[1].isascii():  # noqa: PLR2004
        with db.read() as connection:
            row = connection.execute(select(keys).where(keys.c.id == parts[1])).one_or_none()
    kept = row.hash if row else _hash("")
    is_right = hmac.compare_digest(kept, _hash(parts[-1]))
    if row is None or not is_right or not _key(row).usable:
        raise LoginNeeded(
            "the key is wrong, revoked or expired", remedy="ask an administrator for a key"
        )
    return _key(row)


def _hash(secret: str) -> str:
    """SHA-256 suffices: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _key(row: Row[Any]) -> Key:
    rights = frozenset(map(Right, row.scopes.split("|")))
    return Key(row.id, row.name, rights, row.made_by, row.made_at, row.expires_at, row.revoked_at)
