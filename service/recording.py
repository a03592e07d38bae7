"""Answers that are kept, for whichever edge gave them."""

from collections.abc import Sequence
from typing import Any

from flask import current_app

from models.prediction import Prediction
from models.text import Petition
from service.reviews.database import Database
from service.reviews.records import Channel, Record, Refusal, record, record_all

Answered = tuple[Petition, Prediction]


def database() -> Database:
    """The database of this application; nothing is opened before it is used."""
    found: Database = current_app.extensions["reviews"]
    return found


def recorded(petition: Petition, prediction: Prediction, channel: Channel) -> dict[str, Any]:
    """The answer as it is kept. Raises PetitionDiffers, DatabaseUnusable."""
    return _answer(record(database(), petition, prediction, channel), prediction)


def recorded_all(answered: Sequence[Answered], channel: Channel) -> list[dict[str, Any]]:
    """The answers as they are kept, or the error of a petition whose id is taken."""
    kept = record_all(database(), answered, channel) if answered else []
    return [
        _answer(found, prediction)
        if isinstance(found, Record)
        else {"id": petition.id, "error": _error(found)}
        for found, (petition, prediction) in zip(kept, answered, strict=True)
    ]


def _answer(kept: Record, prediction: Prediction) -> dict[str, Any]:
    """The kept answer, with the explanation, which is not kept, where it explains this answer."""
    explained = prediction.answer() if kept.version == prediction.version else {}
    return {**explained, **kept.answer}


def _error(found: Refusal) -> dict[str, str]:
    return {"code": found.code, "detail": str(found)}
