"""The audit log: who did what and when, each entry chained to the one before by its hash.

It names petitions by id and labels by code, and never holds any text. An entry that was changed,
removed or put in later breaks the chain; whoever can write to the database could forge a whole new
one, so copy the last hash elsewhere from time to time (``reviews verify`` prints it).
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from models.errors import DatabaseUnusable
from service.reviews import moments
from service.reviews.database import Database
from service.reviews.tables import audit, chain

START = "0" * 64

_MOST_CHARS = 200
"""What a column holds; only the name of a file can be longer."""


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    number: int
    at: str
    by: str
    action: str
    subject: str
    details: dict[str, Any]


def append(
    connection: Connection, by: str, action: str, subject: str = "", **details: object
) -> None:
    """Add an entry in the caller's transaction: both happen or neither."""
    end = connection.execute(select(chain).with_for_update()).one()
    number = end.number + 1
    by, subject = by[:_MOST_CHARS], subject[:_MOST_CHARS]
    told = json.dumps(details, ensure_ascii=False, sort_keys=True)
    at = moments.now().isoformat(timespec="microseconds")
    found = _hash(end.hash, number, at, by, action, subject, told)
    connection.execute(
        insert(audit).values(
            number=number, at=at, by=by, action=action, subject=subject, details=told, hash=found
        )
    )
    connection.execute(update(chain).values(number=number, hash=found))


def entries(db: Database, *, after: int = 0, limit: int = 100) -> list[Entry]:
    """Entries in order, from the one behind ``after`` on."""
    query = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
    with db.read() as connection:
        return [
            Entry(row.number, row.at, row.by, row.action, row.subject, json.loads(row.details))
            for row in connection.execute(query)
        ]


def verify(db: Database) -> tuple[int, str]:
    """How many entries there are, and the last hash.

    Raises DatabaseUnusable naming the first entry that is not the one that was written.
    """
    with db.read() as connection:
        return verify_on(connection)


def verify_on(connection: Connection) -> tuple[int, str]:
    """``verify`` on a connection."""
    before, number = START, 0
    for row in connection.execute(select(audit).order_by(audit.c.number)):
        number += 1
        told = (row.number, row.at, row.by, row.action, row.subject, row.details)
        if row.number != number or row.hash != _hash(before, *told):
            raise _broken(number)
        before = row.hash
    end = connection.execute(select(chain)).one()
    if (end.number, end.hash) != (number, before):
        raise _broken(number + 1)
    return number, before


def _hash(before: str, *parts: object) -> str:
    told = json.dumps([before, *parts], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _broken(number: int) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"entry {number} of the audit log was changed, removed or added later",
        expected="an unbroken chain of hashes",
        remedy="compare with a backup; keep this database as evidence",
    )
