"""The tables of the database. The migrations beside this file make them; a test holds both alike.

Audit entries and reviews are only ever added. What ``petitions`` says of reviews (``open``,
``review``, ``final_area``, ``final_topic``) repeats the last review in force, so that the queue and
the figures need no search.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from service.reviews.moments import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts by itself only in a column of exactly this type."""

petitions = Table(
    "petitions", metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String(200), nullable=False, unique=True),
    Column("at", Moment, nullable=False),
    Column("day", String(10), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("version", String(200), nullable=False),
    Column("area", String(200)),
    Column("topic", String(200)),
    Column("confidence", Float),
    Column("decision", String(10), nullable=False),
    Column("reasons", String(300), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("title", Text),
    Column("text", Text, nullable=False),
    Column("original_title", Text),
    Column("original_text", Text),
    Column("sample", Boolean, nullable=False),
    Column("doubt", Float, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("leased_by", String(200)),
    Column("leased_until", Moment),
    Column("review", Number),
    Column("final_area", String(200)),
    Column("final_topic", String(200)),
    Index(None, "open", "doubt"),
    Index(None, "open", "area", "doubt"),
    Index(None, "open", "at"),
    Index(None, "at"),
    Index(None, "day"),
    Index(None, "leased_by", "open"),
    sqlite_autoincrement=True,
)  # fmt: skip

reviews = Table(
    "reviews", metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("petition", Number, ForeignKey("petitions.number"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("action", String(10), nullable=False),
    Column("version", String(200), nullable=False),
    Column("old_area", String(200)),
    Column("old_topic", String(200)),
    Column("new_area", String(200)),
    Column("new_topic", String(200)),
    Column("note", Text),
    Column("source", String(10), nullable=False),
    Column("sample", Boolean, nullable=False),
    Column("undoes", Number),
    sqlite_autoincrement=True,
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("by", String(200), nullable=False),
    Column("action", String(30), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("details", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip

chain = Table(
    "chain", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip
"""One row: the end of the audit log. Whoever appends to the log holds it."""

accounts = Table(
    "accounts", metadata,
    Column("name", String(100), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("password", String(300), nullable=False),
    Column("stamp", String(32), nullable=False),
    Column("failed", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("made_at", Moment, nullable=False),
    Column("disabled", Boolean, nullable=False),
)  # fmt: skip

keys = Table(
    "keys", metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", String(100), nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)  # fmt: skip
