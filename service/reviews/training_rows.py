"""Confirmed and corrected petitions as rows that ``train`` takes."""

import csv
import hashlib
from collections.abc import Mapping
from io import StringIO
from typing import Any

from sqlalchemy import select

from models.tables.guards import REVIEW_COLUMNS, guard
from service.reviews import audit
from service.reviews.database import Database
from service.reviews.tables import petitions, reviews


def export_rows(db: Database, by: str) -> list[dict[str, str]]:
    """A row per petition with a review in force, under ``REVIEW_COLUMNS``; kept in the audit log.

    ``author`` is a code of the reviewer and the month, so that validation holds out rows that were
    judged together; ``sample`` is ``1`` in the honest sample. The text is the original where the
    office keeps it, else masked.
    """
    with db.write() as connection:
        query = select(
            petitions, reviews.c.by.label("reviewer"), reviews.c.at.label("reviewed_at")
        ).join(reviews, reviews.c.number == petitions.c.review)
        found = connection.execute(query.order_by(petitions.c.number)).mappings()
        rows = [_row(row) for row in found]
        audit.append(connection, by, "reviews exported", rows=len(rows))
    return rows


def to_csv(rows: list[dict[str, str]]) -> bytes:
    """The rows as a CSV file; an apostrophe stands before what Excel would run as a formula."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, REVIEW_COLUMNS)
    writer.writeheader()
    writer.writerows({name: guard(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _row(found: Mapping[Any, Any]) -> dict[str, str]:
    prefix = "original_" if found["original_text"] is not None else ""
    return {
        "text": found[f"{prefix}text"],
        "title": found[f"{prefix}title"] or "",
        "area": found["final_area"],
        "topic": found["final_topic"] or "",
        "id": found["id"],
        "author": _author(found["reviewer"], found["reviewed_at"].strftime("%Y-%m")),
        "rule": "",
        "sample": "1" if found["sample"] else "",
    }


def _author(reviewer: str, month: str) -> str:
    """The same code for the same person and month, without the name."""
    code = hashlib.sha256(reviewer.encode()).hexdigest()[:6]
    return f"office-{code}-{month}"
