"""Moments: always UTC, whatever the database makes of time zones."""

import datetime as dt

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC, kept without its zone so that every database orders and returns it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """The moment as it is kept."""
        del dialect
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value else None

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """The moment as callers get it."""
        del dialect
        return value.replace(tzinfo=dt.UTC) if value else None


def now() -> dt.datetime:
    """This moment."""
    return dt.datetime.now(dt.UTC)


def local_day(moment: dt.datetime) -> str:
    """The day, YYYY-MM-DD, on the calendar of this machine: an office counts its own days."""
    return moment.astimezone().date().isoformat()
