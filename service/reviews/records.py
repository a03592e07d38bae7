"""Petitions with the answers they got: kept once by id, shown, listed and deleted."""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from models.decision import Decision
from models.errors import PetitionDiffers, PetitionUnknown, TextMalformed
from models.prediction import Prediction
from models.text import Petition
from service.reviews import audit, moments
from service.reviews.database import Database
from service.reviews.masking import mask
from service.reviews.tables import petitions, reviews

Channel = Literal["desk", "upload", "api"]
Refusal = PetitionDiffers | TextMalformed

MAX_ID_CHARS = 200

_NUL = "\0"
_PORTION = 500
_draw = random.SystemRandom()


@dataclass(frozen=True)
class Record:
    """A kept petition: what was answered, and what people say of it.

    ``text`` and ``title`` are the original where the office keeps it, else masked. ``answer`` is
    as ``Prediction.answer`` gives it. ``review`` is the number of the review in force;
    ``final_area`` and ``final_topic`` are its labels. ``open`` records wait for a person;
    ``sample`` tells the honest sample and must not reach whoever reviews it.
    """

    number: int
    id: str
    at: datetime
    channel: str
    version: str
    answer: Mapping[str, Any]
    title: str | None
    text: str
    sample: bool
    open: bool
    review: int | None
    final_area: str | None
    final_topic: str | None

    @property
    def answered(self) -> tuple[str | None, str | None]:
        """Area and topic as the model answered."""
        return self.answer["area"], self.answer["topic"]

    @property
    def label(self) -> tuple[str | None, str | None]:
        """Area and topic: what people say, else what the model answered."""
        if self.review is not None:
            return self.final_area, self.final_topic
        return self.answered


@dataclass(frozen=True)
class Cut:
    """Which records to list: each given part must hold."""

    area: str | None = None
    """The area as it stands: by a person, else by the model."""
    decision: str | None = None
    reason: str | None = None
    open: bool | None = None
    reviewed: bool | None = None
    channel: str | None = None


def record(db: Database, petition: Petition, prediction: Prediction, channel: Channel) -> Record:
    """The record of one petition; see ``record_all``. Raises PetitionDiffers or TextMalformed."""
    (found,) = record_all(db, [(petition, prediction)], channel)
    if not isinstance(found, Record):
        raise found
    return found


def record_all(
    db: Database, answered: Sequence[tuple[Petition, Prediction]], channel: Channel
) -> list[Record | Refusal]:
    """Keep petitions, in one transaction, and give the record of each.

    An id that is kept already with the same masked text and title gives its record as it is, with
    the answer of the first time; with another text it gives PetitionDiffers. A petition without an
    id gets one. An id that cannot be kept gives TextMalformed.
    """
    refused = TextMalformed(
        "the id cannot be kept", expected=f"up to {MAX_ID_CHARS} characters, none of them NUL"
    )
    values = [
        _values(db, petition, prediction, channel) if _can_keep(petition.id) else None
        for petition, prediction in answered
    ]
    with db.write() as connection:
        rows = _keep(connection, [each for each in values if each])
    return [_kept(rows[each["id"]], each) if each else refused for each in values]


def get(db: Database, petition_id: str) -> Record:
    """The record of a petition. Raises PetitionUnknown."""
    with db.read() as connection:
        return as_record(row_of(connection, petition_id))


def listing(
    db: Database, cut: Cut | None = None, *, after: int = 0, limit: int = 50
) -> list[Record]:
    """Records in the order in which they were kept, from the one behind number ``after`` on."""
    query = select(petitions).where(petitions.c.number > after, *_conditions(cut or Cut()))
    with db.read() as connection:
        found = connection.execute(query.order_by(petitions.c.number).limit(limit))
        return [as_record(row) for row in found]


def delete_petition(db: Database, petition_id: str, by: str) -> None:
    """Remove a petition and its reviews; the audit log keeps its id. Raises PetitionUnknown."""
    with db.write() as connection:
        row = row_of(connection, petition_id)
        remove(connection, select(petitions.c.number).where(petitions.c.number == row.number))
        audit.append(connection, by, "petition deleted", petition_id)
    db.forget()


def remove(connection: Connection, numbers: Select[tuple[int]]) -> None:
    """Remove the petitions of these numbers with their reviews."""
    connection.execute(delete(reviews).where(reviews.c.petition.in_(numbers)))
    connection.execute(delete(petitions).where(petitions.c.number.in_(numbers)))


def row_of(connection: Connection, petition_id: str, *, lock: bool = False) -> Row[Any]:
    """The row of a petition, held against other writers if asked. Raises PetitionUnknown."""
    query = select(petitions).where(petitions.c.id == petition_id)
    found = None
    if _NUL not in petition_id:
        found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise PetitionUnknown(
            "no petition is kept under this id",
            remedy='classify it with "record": true first, or check the id',
        )
    return found


def as_record(row: Row[Any]) -> Record:
    """The record in a row of the table."""
    kept = row.original_text is not None
    return Record(
        number=row.number,
        id=row.id,
        at=row.at,
        channel=row.channel,
        version=row.version,
        answer=row.answer,
        title=row.original_title if kept else row.title,
        text=row.original_text if kept else row.text,
        sample=row.sample,
        open=row.open,
        review=row.review,
        final_area=row.final_area,
        final_topic=row.final_topic,
    )


def _keep(connection: Connection, values: Sequence[dict[str, Any]]) -> dict[str, Row[Any]]:
    """The rows with the ids of these values, which are put in where there is none yet."""
    rows: dict[str, Row[Any]] = {}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(petitions).on_conflict_do_nothing()
    # In one order for all, or two writers on PostgreSQL may wait for each other for ever.
    values = sorted(values, key=itemgetter("id"))
    for start in range(0, len(values), _PORTION):
        portion = values[start : start + _PORTION]
        connection.execute(new, portion)
        query = select(petitions).where(petitions.c.id.in_([each["id"] for each in portion]))
        rows |= {row.id: row for row in connection.execute(query)}
    return rows


def _can_keep(petition_id: str | None) -> bool:
    return petition_id is None or (_NUL not in petition_id and len(petition_id) <= MAX_ID_CHARS)


def _kept(row: Row[Any], values: dict[str, Any]) -> Record | PetitionDiffers:
    if (row.title, row.text) != (values["title"], values["text"]):
        return PetitionDiffers(
            "another text is kept under this id already",
            remedy="send a changed petition under an id of its own",
        )
    return as_record(row)


def _values(
    db: Database, petition: Petition, prediction: Prediction, channel: str
) -> dict[str, Any]:
    at = moments.now()
    petition_id = petition.id or secrets.token_hex(8)
    answer = {**prediction.answer(), "id": petition_id}
    for explained in ("score", "baseline", "evidence", "evidence_rest"):
        answer.pop(explained, None)  # it quotes the text
    # At the desk people have seen the answer already: what they say of it is no honest sample.
    drawn = channel != "desk" and _draw.random() < db.rules.sample_share
    sample = drawn and prediction.decision is Decision.AUTO
    best = prediction.area
    # PostgreSQL keeps no NUL.
    text = petition.text.replace(_NUL, "\ufffd")
    title = petition.title.replace(_NUL, "\ufffd") if petition.title else None
    certainty = best.confidence if best else 0.0
    return {
        "id": petition_id,
        "at": at,
        "day": moments.local_day(at),
        "channel": channel,
        "version": prediction.version,
        "area": best.area if best else None,
        "topic": prediction.topic,
        "confidence": best.confidence if best else None,
        "decision": prediction.decision.value,
        "reasons": f"|{'|'.join(prediction.reasons)}|",
        "answer": answer,
        "title": mask(title) if title else None,
        "text": mask(text),
        "original_title": title if db.rules.keep_text else None,
        "original_text": text if db.rules.keep_text else None,
        "sample": sample,
        # Among the doubtful ones the sample stands anywhere, or its place would tell it.
        "doubt": _draw.random() if sample else 1 - certainty,
        "open": sample or prediction.decision is Decision.REVIEW,
    }


def _conditions(cut: Cut) -> list[Any]:
    columns = petitions.c
    area = (columns.final_area == cut.area) | (
        columns.review.is_(None) & (columns.area == cut.area)
    )
    wanted = {
        "decision": columns.decision == cut.decision,
        "reason": columns.reasons.contains(f"|{cut.reason}|", autoescape=True),
        "open": columns.open == cut.open,
        "reviewed": columns.review.is_not(None) == cut.reviewed,
        "channel": columns.channel == cut.channel,
        "area": area,
    }
    return [held for name, held in wanted.items() if getattr(cut, name) is not None]
