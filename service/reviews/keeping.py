"""Keeping the database: copies, getting them back, and letting go of what is too old."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from models.errors import DatabaseUnusable, FileUnreadable, OutputRefused
from models.files import replace
from service.reviews import audit, moments
from service.reviews.database import Database
from service.reviews.engines import BUSY_S
from service.reviews.records import remove
from service.reviews.schema import check_known
from service.reviews.tables import petitions


def purge(db: Database, by: str, retention_days: int) -> int:
    """Remove petitions older than so many days, with their reviews; how many there were."""
    before = moments.now() - timedelta(days=retention_days)
    old = petitions.c.at < before
    with db.write() as connection:
        count = int(
            connection.execute(select(func.count()).select_from(petitions).where(old)).scalar_one()
        )
        if count:
            remove(connection, select(petitions.c.number).where(old))
            told = before.isoformat(timespec="seconds")
            audit.append(connection, by, "petitions purged", count=count, before=told)
    db.forget()
    return count


def backup(db: Database, target: Path, by: str) -> None:
    """Copy the whole database to one file while others go on working.

    Raises OutputRefused where the file is there already or the database is no SQLite.
    """
    source = _sqlite_file(db)
    if target.exists():
        raise OutputRefused(f"{target} is there already", remedy="choose another name")
    with db.write() as connection:
        audit.append(connection, by, "backup", target.name)
    aside = target.with_name(f".{target.name}.partial")
    aside.unlink(missing_ok=True)
    try:
        _copy(source, aside)
        with closing(sqlite3.connect(aside)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        _check(aside)
        replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def restore(db: Database, source: Path, by: str) -> Path | None:
    """Put a copy in place of the database, at this program's schema; where the one before went.

    Raises FileUnreadable or DatabaseUnusable for a copy that is damaged, of something else, or of
    a newer program; nothing has changed then.
    """
    target = _sqlite_file(db)
    if not source.is_file():
        raise FileUnreadable(f"{source}: there is no such file", remedy="check the path")
    _check(source)
    kept = None
    if target.is_file() and target.stat().st_size:
        stamp = moments.now().strftime("%Y%m%d-%H%M%S-%f")
        kept = target.with_name(f"before-restore-{stamp}.sqlite")
        _copy(target, kept)
    db.close()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(source, target)
    with db.write() as connection:
        audit.append(connection, by, "restored", source.name)
    return kept


def _sqlite_file(db: Database) -> Path:
    if db.file is None:
        raise OutputRefused(
            "this database is PostgreSQL", remedy="use pg_dump and pg_restore for it"
        )
    return db.file


def _copy(source: Path, target: Path) -> None:
    """SQLite's own copy: whole although others write, and into a database that others have open."""
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(source, timeout=BUSY_S)) as old,
        closing(sqlite3.connect(target, timeout=BUSY_S)) as new,
    ):
        old.backup(new)


def _check(path: Path) -> None:
    """Raise unless the file is a whole database of reviews that this program can read."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            foreign = copy.execute("PRAGMA foreign_key_check").fetchone()
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
            ours = {"alembic_version", "petitions", "reviews", "audit"} <= tables
            schema = copy.execute("SELECT version_num FROM alembic_version") if ours else None
            revision = schema.fetchone()[0] if schema else None
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(
            f"{path.name} is no SQLite database, or damaged ({error})", remedy="use another backup"
        ) from error
    if found != "ok" or foreign is not None:
        raise DatabaseUnusable(f"{path.name} is damaged", remedy="use another backup")
    if revision is None:
        raise DatabaseUnusable(
            f"{path.name} is no database of reviews",
            expected="a file written by `petition-triage reviews backup`",
        )
    check_known(revision)
