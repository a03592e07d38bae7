"""The HTTP API of kept petitions: the queue, what people say, and what is kept of one petition."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request

from service.access import caller
from service.api import Json, body, running
from service.recording import database
from service.reviews import judgement, queue
from service.reviews.judgement import Label, Review, history
from service.reviews.queue import Item, Wanted, next_item
from service.reviews.records import Cut, Record, delete_petition, get, listing
from service.schemas import NextIn, ReviewIn, ReviewsQuery, UndoIn

review_routes = Blueprint("api_reviews", __name__)


@review_routes.post("/v1/reviews")
def review() -> Json:
    """Confirm or correct the answer that a kept petition got."""
    asked = ReviewIn.model_validate_json(body())
    label = None
    if asked.area is not None:
        label = Label.read(running().classifier().taxonomy, asked.area, asked.topic)
    by = _reviewer(asked.reviewer)
    found = judgement.review(database(), asked.id, by, label, source="api", note=asked.note)
    return _review(asked.id, found)


@review_routes.post("/v1/reviews/undo")
def undo() -> Json:
    """Take back one's own latest review of a petition."""
    asked = UndoIn.model_validate_json(body())
    return _review(asked.id, judgement.undo(database(), asked.id, _reviewer(asked.reviewer)))


@review_routes.post("/v1/reviews/next")
def following() -> Json:
    """The petition that this reviewer shall look at next, given to nobody else meanwhile."""
    asked = NextIn.model_validate_json(body())
    wanted = Wanted(asked.area, asked.reason, asked.order)
    item = next_item(database(), _reviewer(asked.reviewer), wanted)
    return {"item": _item(item) if item else None, "waiting": queue.waiting(database(), wanted)}


@review_routes.get("/v1/reviews")
def reviews() -> Json:
    """The petitions that wait for a person, or those that were reviewed, page by page."""
    asked = ReviewsQuery.model_validate(request.args.to_dict())
    is_open = asked.state == "open"
    cut = Cut(area=asked.area, reason=asked.reason, open=is_open, reviewed=not is_open)
    found = listing(database(), cut, after=asked.cursor, limit=asked.limit + 1)
    page = found[: asked.limit]
    return {
        "petitions": [_listed(each) for each in page],
        "next": page[-1].number if len(found) > asked.limit else None,
    }


@review_routes.get("/v1/petitions/<path:petition_id>")
def petition(petition_id: str) -> Json:
    """What is kept of a petition: its answer and all that people said of it."""
    kept = get(database(), petition_id)
    said = [_review(petition_id, each) for each in history(database(), petition_id)]
    area, topic = kept.label
    return {
        "id": kept.id,
        "at": kept.at.isoformat(),
        "title": kept.title,
        "text": kept.text,
        "channel": kept.channel,
        "area": area,
        "topic": topic,
        "answer": kept.answer,
        "reviews": said,
    }


@review_routes.delete("/v1/petitions/<path:petition_id>")
def forget(petition_id: str) -> Json:
    """Remove a petition and all that was said of it."""
    delete_petition(database(), petition_id, caller().name)
    return {"id": petition_id, "deleted": True}


def _reviewer(named: str | None) -> str:
    """Who reviews: the caller, or a person of whom a calling system tells."""
    name = caller().name
    return f"{name}:{named}" if named else name


def _review(petition_id: str, found: Review) -> dict[str, Any]:
    """A review without its sample, which whoever undoes and looks again must not know."""
    hidden = ("number", "petition", "undoes", "sample")
    told = {key: value for key, value in asdict(found).items() if key not in hidden}
    return {"id": petition_id, **told, "at": found.at.isoformat()}


def _item(item: Item) -> dict[str, Any]:
    told = {**vars(item), "areas": list(item.areas), "at": item.at.isoformat()}
    return told | {"leased_until": item.leased_until.isoformat()}


def _listed(kept: Record) -> dict[str, Any]:
    """A petition as the queue shows it: nothing tells whether the model decided it alone."""
    area, topic = kept.label
    return {
        "id": kept.id,
        "at": kept.at.isoformat(),
        "title": kept.title,
        "text": kept.text,
        "area": area,
        "topic": topic,
        "areas": [ranked["area"] for ranked in kept.answer["ranking"]],
        "version": kept.version,
    }
