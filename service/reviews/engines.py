"""Connections to either kind of database, and what their errors say."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models.errors import DatabaseUnusable

BUSY_S = 60.0
"""How long a writer waits for the others before SQLite calls the database locked."""

_LOOK_S = (0.001, 0.01)
"""Between two looks whether the writers' lock is free."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


def new_engine(url: URL) -> Engine:
    """An engine whose transactions wait for each other instead of losing updates."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:  # noqa: ANN401 - a driver's connection
    connection.isolation_level = None  # transactions begin below, never by guessing of the driver
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection.connection.dbapi_connection)


def _begin_writing(connection: Any) -> None:  # noqa: ANN401 - a driver's connection
    """Take the writers' lock at once: one that has read before may find that it came too late.

    SQLite itself looks ever more seldom the longer it waits, so that latecomers pass by it; here
    all look equally often.
    """
    deadline = time.monotonic() + BUSY_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if (
                    error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
                    or time.monotonic() > deadline
                ):
                    raise
                time.sleep(random.uniform(*_LOOK_S))  # noqa: S311 - no secret
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Errors of the database as DatabaseUnusable, without what was asked or any password."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnusable(
            "every connection to the database is in use", remedy="try again in a moment"
        ) from error
    except (DatabaseError, sqlite3.Error) as error:
        raise DatabaseUnusable(
            f"the database {url.render_as_string()} does not answer ({_reason(error)})",
            remedy="check that it runs, that its disk has room, and the setting `database`",
        ) from error


def _reason(error: DatabaseError | sqlite3.Error) -> str:
    """The kind of the driver's error, and its words where they are known to quote nothing."""
    origin = error.orig if isinstance(error, DatabaseError) else error
    kind = type(origin).__name__
    return f"{kind}: {origin}" if str(origin) in _SQLITE_WORDS else kind


_SQLITE_WORDS = frozenset(
    {
        "attempt to write a readonly database",
        "database disk image is malformed",
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "file is not a database",
        "unable to open database file",
    }
)
