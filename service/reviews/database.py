"""The database: SQLite in a file, or PostgreSQL by URL, at the schema that this program knows."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from models.errors import DatabaseUnusable, SettingsError
from service.reviews.engines import new_engine, told
from service.reviews.schema import upgrade
from service.settings import Settings

FILE = "reviews.sqlite"


@dataclass(frozen=True)
class Rules:
    """What an office decides about its records."""

    keep_text: bool = False
    """Keep the original text beside the masked one."""
    sample_share: float = 0.05
    """Share of ``auto`` decisions that people check unmarked."""
    lease_s: int = 600
    """How long an item of the queue belongs to the clerk who was given it."""
    retention_days: int = 0
    """How long petitions are kept; 0 for ever."""


class Database:
    """Transactions on the records. Nothing is opened, made or migrated before the first one."""

    def __init__(self, url: str | URL, rules: Rules | None = None) -> None:
        """``url`` as SQLAlchemy writes it; raises SettingsError where it is none."""
        self.url = _checked(url)
        self.rules = rules or Rules()
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @classmethod
    def in_folder(cls, folder: Path, rules: Rules | None = None) -> "Database":
        """The SQLite database of a data folder, which need not exist yet."""
        return cls(URL.create("sqlite", database=str(folder / FILE)), rules)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database, None for any other."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        return Path(str(self.url.database)) if is_file else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: whole, or without a trace. Raises DatabaseUnusable."""
        with told(self.url), self.engine().begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and waits for no writer. Raises DatabaseUnusable."""
        options: dict[str, Any] = {"reading": True}
        if self.file is None:
            options["isolation_level"] = "REPEATABLE READ"  # all queries see the same moment
        with told(self.url), self.engine().connect() as connection:
            yield connection.execution_options(**options)

    def engine(self) -> Engine:
        """The engine on a database that is at this program's schema. Raises DatabaseUnusable."""
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def forget(self) -> None:
        """Let nothing of what was deleted stay in SQLite's log beside the database."""
        if self.file is None:
            return
        with told(self.url):
            connection = self.engine().raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        """Give all connections back; the next transaction opens the database again."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _open(self) -> Engine:
        if self.file:
            _make_file(self.file)
        try:
            engine = new_engine(self.url)
        except ModuleNotFoundError as error:
            raise DatabaseUnusable(
                f"no driver for {self.url.get_backend_name()} ({error.name})",
                remedy='install it: pip install "petition-triage[postgresql]"',
            ) from error
        try:
            with told(self.url), engine.begin() as connection:
                upgrade(connection)
        except DatabaseUnusable:
            engine.dispose()
            raise
        return engine


def _checked(url: str | URL) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "the setting database is no URL", expected="postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    if found.drivername in ("postgresql", "postgres"):
        return found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"the setting database names {found.get_backend_name()}",
            expected="postgresql://…, or nothing for SQLite in the data folder",
        )
    return found


def _make_file(path: Path) -> None:
    """An empty file that only its owner may read; the folder likewise where it is new."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseUnusable(
            f"{path} cannot be written ({error.strerror})",
            remedy="choose another folder with the setting `data`",
        ) from error


def open_database(settings: Settings) -> Database:
    """The database that the settings name; nothing is opened yet. Raises SettingsError."""
    rules = Rules(
        settings.keep_text,
        settings.sample_share,
        settings.lease_minutes * 60,
        settings.retention_days,
    )
    if settings.database:
        return Database(settings.database, rules)
    return Database.in_folder(settings.data_folder, rules)
