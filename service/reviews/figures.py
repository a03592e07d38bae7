"""Figures about the records: how many of what, how right the model was, how long people wait."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, select

from service.reviews import moments
from service.reviews.database import Database
from service.reviews.tables import petitions

Unit = Literal["day", "week"]

AGE_BANDS_DAYS = (1, 3, 7, 30)
"""Bounds between the bands in which the waiting ones are counted by age."""

_AREA = case((petitions.c.review.is_(None), petitions.c.area), else_=petitions.c.final_area)
"""As people say, else as the model answered."""


@dataclass(frozen=True)
class Period:
    """A day, or a week under its Monday, with the petitions of each area (None: no area)."""

    start: str
    areas: dict[str | None, int]
    auto: int
    total: int


@dataclass(frozen=True)
class Overruled:
    """Of an area's honest sample: how many people have checked, how many they gave another area."""

    area: str
    checked: int
    overruled: int
    waiting: int

    @property
    def share(self) -> float | None:
        """Share overruled, None before the first check."""
        return self.overruled / self.checked if self.checked else None


@dataclass(frozen=True)
class Ageing:
    """The waiting petitions by age: ``counts`` has one more than ``AGE_BANDS_DAYS``."""

    counts: Sequence[int]
    oldest: dt.datetime | None


def over_time(db: Database, unit: Unit = "day", *, since: dt.date | None = None) -> list[Period]:
    """Petitions per day or week, oldest first; days are those of this machine's calendar."""
    columns = petitions.c
    query = select(columns.day, _AREA.label("area"), columns.decision, func.count().label("n"))
    query = query.where(*_since(since)).group_by(columns.day, _AREA, columns.decision)
    periods: dict[str, Period] = {}
    with db.read() as connection:
        for row in connection.execute(query.order_by(columns.day)):
            start = _start(row.day, unit)
            found = periods.get(start, Period(start, {}, 0, 0))
            areas = {**found.areas, row.area: found.areas.get(row.area, 0) + row.n}
            auto = found.auto + (row.n if row.decision == "auto" else 0)
            periods[start] = Period(start, areas, auto, found.total + row.n)
    return list(periods.values())


def overruled(
    db: Database, *, since: dt.date | None = None, version: str | None = None
) -> list[Overruled]:
    """How the honest sample fared, per area as the model answered it; of one version if given."""
    columns = petitions.c
    checked = columns.review.is_not(None)
    query = select(
        columns.area,
        _count(checked).label("checked"),
        _count(and_(checked, columns.final_area != columns.area)).label("overruled"),
        _count(~checked).label("waiting"),
    )
    query = query.where(columns.sample.is_(True), *_since(since)).group_by(columns.area)
    if version is not None:
        query = query.where(columns.version == version)
    with db.read() as connection:
        return [Overruled(*row) for row in connection.execute(query.order_by(columns.area))]


def ageing(db: Database) -> Ageing:
    """How old the petitions are that wait for a person."""
    now = moments.now()
    older = [petitions.c.at <= now - dt.timedelta(days=bound) for bound in AGE_BANDS_DAYS]
    query = select(func.min(petitions.c.at), func.count(), *map(_count, older))
    with db.read() as connection:
        oldest, *n_older = connection.execute(query.where(petitions.c.open.is_(True))).one()
    return Ageing([more - less for more, less in pairwise([*n_older, 0])], oldest)


def judged(db: Database, *, since: dt.date | None = None) -> tuple[int, int]:
    """How many petitions people have judged, and how many of them got another area or topic."""
    columns = petitions.c
    changed = columns.final_area.is_distinct_from(columns.area) | (
        columns.final_topic.is_distinct_from(columns.topic)
    )
    query = select(func.count(), _count(changed)).where(columns.review.is_not(None), *_since(since))
    with db.read() as connection:
        total, other = connection.execute(query).one()
        return int(total), int(other)


def _count(held: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((held, 1), else_=0)), 0)


def _since(day: dt.date | None) -> list[ColumnElement[bool]]:
    return [petitions.c.day >= day.isoformat()] if day else []


def _start(day: str, unit: Unit) -> str:
    if unit == "day":
        return day
    found = dt.date.fromisoformat(day)
    return (found - dt.timedelta(days=found.weekday())).isoformat()
