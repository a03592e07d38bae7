"""What a clerk says of a petition, wherever they read it: confirmed, corrected, taken back."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models.errors import PetitionUnknown, ReviewConflict
from models.text import Petition
from service.access import caller
from service.pages.labels import Named, chosen, named, taxonomy
from service.pages.marks import marked
from service.recording import database
from service.reviews import judgement
from service.reviews.judgement import Review, Source
from service.reviews.records import get
from service.words import ACTIONS

MAX_NOTE_CHARS = 1000

AGAIN = "again"
QUEUE = ("queue", AGAIN)
"""Places from which the queue goes on: itself, and a petition out of it that is judged again."""


@dataclass(frozen=True)
class Said:
    """One entry about a petition, as people read it."""

    petition_id: str
    entry: Review
    words: str
    label: Named

    @property
    def undoable(self) -> bool:
        """Whether it is the caller's and says a label."""
        return self.entry.action != "undone" and self.entry.by == caller().name


def judge() -> ResponseReturnValue:
    """Keep what the form says, then on to the next petition."""
    petition_id, place = request.form.get("id", ""), request.form.get("place")
    note = request.form.get("note", "").strip()[:MAX_NOTE_CHARS] or None
    source: Source = "queue" if place == "queue" else "desk"
    try:
        judgement.review(database(), petition_id, caller().name, chosen(), source=source, note=note)
    except ReviewConflict:
        return redirect(_back(place, {"missed": 1}))
    return redirect(_back(place, {"last": petition_id}))


def undo() -> ResponseReturnValue:
    """Take back one's own latest word on a petition, and show it again."""
    petition_id = request.form.get("id", "")
    judgement.undo(database(), petition_id, caller().name)
    place = AGAIN if request.form.get("place") in QUEUE else None  # None stays out of the URL
    return redirect(url_for("pages.petition", petition_id=petition_id, place=place))


def petition(petition_id: str) -> str:
    """What is kept of a petition, to be judged again."""
    kept = get(database(), petition_id)
    said = [_said(petition_id, entry) for entry in judgement.history(database(), petition_id)]
    return render_template(
        "petition.html",
        kept=kept,
        label=named(*kept.label),
        answer=named(kept.answer["area"], kept.answer["topic"]),
        said=said,
        fields=marked(Petition(kept.text, kept.title), None),
        areas=taxonomy(),
        place=AGAIN if request.args.get("place") == AGAIN else "desk",
        undo=said[-1] if said and said[-1].undoable else None,
    )


def latest(petition_id: str | None) -> Said | None:
    """What the caller has just said of this petition, to be told and taken back."""
    if not petition_id:
        return None
    try:
        entries = judgement.history(database(), petition_id)
    except PetitionUnknown:
        return None
    said = _said(petition_id, entries[-1]) if entries else None
    return said if said and said.undoable else None


def _said(petition_id: str, entry: Review) -> Said:
    label = named(entry.new_area, entry.new_topic)
    return Said(petition_id, entry, ACTIONS[entry.action], label)


def _back(place: str | None, told: dict[str, Any]) -> str:
    if place not in QUEUE:
        return url_for("pages.desk", **told)
    filters = {name: request.form.get(name) for name in ("area_wanted", "reason", "order")}
    return url_for("pages.queue", **told | {key: value for key, value in filters.items() if value})
