"""Petitions, reviews and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the start of the audit log."""
    _make_petitions()
    _make_reviews()
    _make_audit()


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("reviews", "petitions", "chain", "audit"):
        op.drop_table(table)


def _make_petitions() -> None:
    op.create_table(
        "petitions",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("area", sa.String(200)),
        sa.Column("topic", sa.String(200)),
        sa.Column("confidence", sa.Float()),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("reasons", sa.String(300), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("original_title", sa.Text()),
        sa.Column("original_text", sa.Text()),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("doubt", sa.Float(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("leased_by", sa.String(200)),
        sa.Column("leased_until", sa.DateTime()),
        sa.Column("review", NUMBER),
        sa.Column("final_area", sa.String(200)),
        sa.Column("final_topic", sa.String(200)),
        sa.PrimaryKeyConstraint("number", name="pk_petitions"),
        sa.UniqueConstraint("id", name="uq_petitions_id"),
        sqlite_autoincrement=True,
    )
    for columns in ("at", "day", "leased_by open", "open doubt", "open area doubt", "open at"):
        name = f"ix_petitions_{columns.replace(' ', '_')}"
        op.create_index(name, "petitions", columns.split())


def _make_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("petition", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("old_area", sa.String(200)),
        sa.Column("old_topic", sa.String(200)),
        sa.Column("new_area", sa.String(200)),
        sa.Column("new_topic", sa.String(200)),
        sa.Column("note", sa.Text()),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("undoes", NUMBER),
        sa.ForeignKeyConstraint(["petition"], ["petitions.number"], name="fk_reviews_petition"),
        sa.PrimaryKeyConstraint("number", name="pk_reviews"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_petition", "reviews", ["petition"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    chain = op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain"),
    )
    op.bulk_insert(chain, [{"id": 1, "number": 0, "hash": "0" * 64}])
