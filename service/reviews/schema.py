"""The schema of the database: which one it has, and the steps to the one this program knows."""

import logging
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from models.errors import DatabaseUnusable

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

HEAD = "0002"
"""The newest schema this program knows; a test holds it to the migrations."""

_LOCK = 5_170_226
"""Any number, the same for all processes: they migrate a PostgreSQL database one after another."""


def upgrade(connection: Connection) -> None:
    """Bring the database to ``HEAD``, in this transaction.

    Raises DatabaseUnusable for a database that a newer program has written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = revision(connection)
    if found == HEAD:
        return
    check_known(found)
    step(connection, "head")


def step(connection: Connection, target: str) -> None:
    """Migrate up or down to the revision ``target``: ``head``, ``base`` or an id."""
    from alembic import command

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    config.attributes["connection"] = connection
    if target == "base" or target < (revision(connection) or ""):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)
    log.info("database migrated", extra={"schema": revision(connection)})


def revision(connection: Connection) -> str | None:
    """The revision of the database, None where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def known_revisions() -> list[str]:
    """All revisions that this program has migrations for, newest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()]


def check_known(found: str | None) -> None:
    """Raise DatabaseUnusable for a schema that this program has no migration for."""
    if found is not None and found not in known_revisions():
        raise DatabaseUnusable(
            f"the database has schema {found}",
            expected=f"schema {HEAD} or older",
            remedy="a newer program wrote it: install that version, or restore an older backup",
        )


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "service.reviews:migrations")
    config.set_main_option("path_separator", "os")
    return config
