"""The queue: what waits for a person, handed to one clerk at a time.

An item is leased for some minutes; when they are over, or it is put off, it goes to whoever asks
next. Decisions of the model that people check as the honest sample come in between, and an item
says neither what the model decided nor how sure it was, or nobody would judge the sample as openly
as the rest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, update

from service.reviews import moments
from service.reviews.database import Database
from service.reviews.tables import petitions

Order = Literal["doubtful", "oldest"]


@dataclass(frozen=True)
class Item:
    """A petition to be reviewed. ``areas`` are all areas, the likeliest first."""

    id: str
    at: datetime
    title: str | None
    text: str
    area: str | None
    topic: str | None
    areas: tuple[str, ...]
    version: str
    leased_until: datetime


@dataclass(frozen=True)
class Wanted:
    """Which items a clerk wants: of an area as answered, for a reason, in an order."""

    area: str | None = None
    reason: str | None = None
    order: Order = "doubtful"


def next_item(db: Database, by: str, wanted: Wanted | None = None) -> Item | None:
    """The item that ``by`` shall review now, leased to them alone; None when nothing waits.

    Who asks again before reviewing gets the same item while it is still theirs and wanted; any
    other item of theirs goes back.
    """
    wanted = wanted or Wanted()
    with db.write() as connection:
        # They hold one at most: asked for an order, SQLite would pass by the index of names.
        row = _first(connection, _query(wanted, petitions.c.leased_by == by))
        if row is None:
            free = _query(wanted, _is_free(moments.now()))
            row = _first(connection, free.order_by(*_order(wanted)))
        _give_back(connection, by)
        if row is None:
            return None
        until = moments.now() + timedelta(seconds=db.rules.lease_s)
        mine = update(petitions).where(petitions.c.number == row.number)
        connection.execute(mine.values(leased_by=by, leased_until=until))
        return _item(row, until)


def hold(db: Database, petition_id: str, by: str) -> None:
    """Put a waiting item that nobody has into these hands; nothing happens to any other."""
    until = moments.now() + timedelta(seconds=db.rules.lease_s)
    free = (petitions.c.id == petition_id) & petitions.c.open.is_(True) & _is_free(moments.now())
    with db.write() as connection:
        connection.execute(update(petitions).where(free).values(leased_by=by, leased_until=until))


def release(db: Database, petition_id: str, by: str) -> None:
    """Give an item back; whoever asks next may get it. Nothing happens if it is not theirs."""
    with db.write() as connection:
        _give_back(connection, by, petitions.c.id == petition_id)


def put_off(db: Database, petition_id: str, by: str) -> None:
    """Skip an item: for the time of a lease nobody gets it. Nothing happens if it is not theirs."""
    until = moments.now() + timedelta(seconds=db.rules.lease_s)
    mine = (petitions.c.id == petition_id) & (petitions.c.leased_by == by)
    with db.write() as connection:
        connection.execute(update(petitions).where(mine).values(leased_by=None, leased_until=until))


def waiting(db: Database, wanted: Wanted | None = None) -> int:
    """How many items wait, those in the hands of clerks included."""
    query = select(func.count()).select_from(petitions).where(*_conditions(wanted or Wanted()))
    with db.read() as connection:
        return int(connection.execute(query).scalar_one())


def _query(wanted: Wanted, held: ColumnElement[bool]) -> Select[Any]:
    return select(petitions).where(*_conditions(wanted), held)


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    oldest: list[ColumnElement[Any]] = [petitions.c.number]
    return oldest if wanted.order == "oldest" else [petitions.c.doubt.desc(), *oldest]


def _first(connection: Connection, query: Select[Any]) -> Row[Any] | None:
    # PostgreSQL passes by what another clerk is being given; SQLite has one writer at a time.
    return connection.execute(query.limit(1).with_for_update(skip_locked=True)).one_or_none()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [petitions.c.open.is_(True)]
    if wanted.area is not None:
        found.append(petitions.c.area == wanted.area)
    if wanted.reason is not None:
        found.append(petitions.c.reasons.contains(f"|{wanted.reason}|", autoescape=True))
    return found


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(petitions.c.leased_until.is_(None), petitions.c.leased_until <= now)


def _give_back(connection: Connection, by: str, *which: ColumnElement[bool]) -> None:
    theirs = update(petitions).where(petitions.c.leased_by == by, *which)
    connection.execute(theirs.values(leased_by=None, leased_until=None))


def _item(row: Row[Any], until: datetime) -> Item:
    kept = row.original_text is not None
    return Item(
        id=row.id,
        at=row.at,
        title=row.original_title if kept else row.title,
        text=row.original_text if kept else row.text,
        area=row.area,
        topic=row.topic,
        areas=tuple(ranked["area"] for ranked in row.answer["ranking"]),
        version=row.version,
        leased_until=until,
    )
