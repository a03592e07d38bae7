"""What people say of a petition: confirmed, corrected, and undone; every word is kept."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from models.errors import LabelUnknown, ReviewConflict
from models.taxonomy import Taxonomy
from service.reviews import audit, moments
from service.reviews.database import Database
from service.reviews.masking import mask
from service.reviews.records import row_of
from service.reviews.tables import petitions, reviews

Source = Literal["queue", "desk", "api", "import"]
Action = Literal["confirmed", "corrected", "undone"]


@dataclass(frozen=True)
class Label:
    """An area and, perhaps, a topic in it, by code."""

    area: str
    topic: str | None = None

    @classmethod
    def read(cls, taxonomy: Taxonomy, area: str, topic: str | None = None) -> "Label":
        """A label from codes or names. Raises LabelUnknown."""
        found = taxonomy.area(area)
        if found is None:
            codes = ", ".join(each.code for each in taxonomy)
            raise LabelUnknown("there is no such area", expected=f"one of {codes}")
        inside = found.topic(topic) if topic else None
        if topic and inside is None:
            codes = ", ".join(each.code for each in found.topics) or "none"
            raise LabelUnknown(f"{found.code} has no such topic", expected=f"one of {codes}")
        return cls(found.code, inside.code if inside else None)


@dataclass(frozen=True)
class Review:
    """One entry; numbers grow. ``version`` is the model's that was judged.

    The action is ``confirmed`` where the new label is the model's answer, else ``corrected``; an
    ``undone`` entry names in ``undoes`` the entry that holds no more, and as new label what holds
    instead. ``sample`` tells that the petition belongs to the honest sample.
    """

    number: int
    petition: int
    at: datetime
    by: str
    action: Action
    version: str
    old_area: str | None
    old_topic: str | None
    new_area: str | None
    new_topic: str | None
    note: str | None
    source: str
    sample: bool
    undoes: int | None


def review(
    db: Database,
    petition_id: str,
    by: str,
    label: Label | None = None,
    *,
    source: Source = "queue",
    note: str | None = None,
) -> Review:
    """Say which label is right; None confirms the model's answer.

    From the queue the item must not be another clerk's, nor done already. The same label by the
    same person again gives the entry that is in force. Raises PetitionUnknown, ReviewConflict,
    LabelUnknown (nothing to confirm where the model gave no area).
    """
    with db.write() as connection:
        row = row_of(connection, petition_id, lock=True)
        wanted = label or _answered(row)
        last = _entry(connection, row.review) if row.review is not None else None
        if last and (last.by, last.new_area, last.new_topic) == (by, wanted.area, wanted.topic):
            return last
        if source == "queue":
            _check_mine(row, by)
        is_right = (wanted.area, wanted.topic) == (row.area, row.topic)
        action: Action = "confirmed" if is_right else "corrected"
        added = _add(connection, row, by, action, wanted, source=source, note=note)
        _settle(connection, row, added.number, wanted)
        return added


def undo(db: Database, petition_id: str, by: str, *, of_anyone: bool = False) -> Review:
    """Take back the entry in force; what held before it holds again.

    A petition that nobody has judged then waits again, first for ``by``. Raises PetitionUnknown,
    ReviewConflict where there is nothing to undo, or it is another's and not ``of_anyone``.
    """
    with db.write() as connection:
        row = row_of(connection, petition_id, lock=True)
        if row.review is None:
            raise ReviewConflict("there is no review to undo", remedy="look at it again")
        last = _entry(connection, row.review)
        if last.by != by and not of_anyone:
            raise ReviewConflict(
                "the review is another person's", remedy="correct it, or ask an administrator"
            )
        before = _in_force(_history(connection, row.number), without=last.number)
        held = Label(str(before.new_area), before.new_topic) if before else None
        added = _add(connection, row, by, "undone", held, source=last.source, undoes=last.number)
        _settle(connection, row, before.number if before else None, held)
        if before is None:
            _lease_again(connection, db, row, by)
        return added


def history(db: Database, petition_id: str) -> list[Review]:
    """All entries about a petition, oldest first. Raises PetitionUnknown."""
    with db.read() as connection:
        return _history(connection, row_of(connection, petition_id).number)


def recent(db: Database, *, by: str | None = None, limit: int = 50) -> list[tuple[str, Review]]:
    """The latest entries with the ids of their petitions, newest first; of one person if given."""
    query = select(petitions.c.id.label("petition_id"), reviews).join_from(reviews, petitions)
    if by is not None:
        query = query.where(reviews.c.by == by)
    with db.read() as connection:
        found = connection.execute(query.order_by(reviews.c.number.desc()).limit(limit))
        return [(row.petition_id, _as_review(row)) for row in found]


def _answered(row: Row[Any]) -> Label:
    if row.area is None:
        raise LabelUnknown("the model gave no area to confirm", remedy="say which area it is")
    return Label(row.area, row.topic)


def _check_mine(row: Row[Any], by: str) -> None:
    leased = row.leased_until is not None and row.leased_until > moments.now()
    if row.open and (not leased or row.leased_by == by):
        return
    raise ReviewConflict(
        "somebody else has this petition" if row.open else "this petition is reviewed already",
        remedy="take the next one",
    )


def _add(
    connection: Connection,
    row: Row[Any],
    by: str,
    action: Action,
    label: Label | None,
    *,
    source: str,
    note: str | None = None,
    undoes: int | None = None,
) -> Review:
    is_judged = row.review is not None
    labels = {
        "old_area": row.final_area if is_judged else row.area,
        "old_topic": row.final_topic if is_judged else row.topic,
        "new_area": label.area if label else None,
        "new_topic": label.topic if label else None,
    }
    values = {
        "petition": row.number,
        "at": moments.now(),
        "by": by,
        "action": action,
        "version": row.version,
        "note": mask(note.replace("\0", "\ufffd")) if note else None,
        "source": source,
        "sample": row.sample,
        "undoes": undoes,
        **labels,
    }
    (number,) = connection.execute(insert(reviews).values(values)).inserted_primary_key or (0,)
    audit.append(connection, by, f"review {action}", row.id, review=number, source=source, **labels)
    return Review(number=int(number), **values)


def _settle(connection: Connection, row: Row[Any], number: int | None, label: Label | None) -> None:
    """Let the petition say what is in force now."""
    needs_person = row.sample or row.decision == "review"
    values = {
        "review": number,
        "final_area": label.area if label else None,
        "final_topic": label.topic if label else None,
        "open": number is None and needs_person,
        "leased_by": None,
        "leased_until": None,
    }
    connection.execute(update(petitions).where(petitions.c.number == row.number).values(values))


def _lease_again(connection: Connection, db: Database, row: Row[Any], by: str) -> None:
    until = moments.now() + timedelta(seconds=db.rules.lease_s)
    theirs = update(petitions).where(petitions.c.number == row.number, petitions.c.open.is_(True))
    connection.execute(theirs.values(leased_by=by, leased_until=until))


def _in_force(entries: list[Review], without: int) -> Review | None:
    """The last judgement that no entry undoes, were ``without`` undone too."""
    undone = {entry.undoes for entry in entries} | {without}
    held = [each for each in entries if each.action != "undone" and each.number not in undone]
    return held[-1] if held else None


def _history(connection: Connection, petition: int) -> list[Review]:
    query = select(reviews).where(reviews.c.petition == petition).order_by(reviews.c.number)
    return [_as_review(row) for row in connection.execute(query)]


def _entry(connection: Connection, number: int) -> Review:
    return _as_review(connection.execute(select(reviews).where(reviews.c.number == number)).one())


def _as_review(row: Row[Any]) -> Review:
    return Review(**{each.name: getattr(row, each.name) for each in fields(Review)})
