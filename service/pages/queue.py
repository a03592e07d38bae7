"""复核队列: the next petition that needs a person, to be judged in place."""

from typing import Any, get_args

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models.decision import Reason
from models.errors import TriageError
from models.prediction import Prediction
from models.text import Petition
from service.access import caller
from service.api import running
from service.pages.judging import latest
from service.pages.labels import named, taxonomy
from service.pages.marks import Piece, marked
from service.recording import database
from service.reviews import queue as waiting_line
from service.reviews.queue import Item, Order, Wanted
from service.words import SHORT_REASONS


def queue() -> str:
    """The next petition, in the hands of this clerk, or a sentence where none waits."""
    wanted = _wanted()
    paused = "paused" in request.args
    item = None if paused else waiting_line.next_item(database(), caller().name, wanted)
    return render_template(
        "queue.html",
        item=item,
        paused=paused,
        missed="missed" in request.args,
        latest=latest(request.args.get("last")),
        wanted=wanted,
        kept=_kept(wanted),
        waiting=waiting_line.waiting(database(), wanted),
        waiting_all=waiting_line.waiting(database()),
        reasons=SHORT_REASONS,
        areas=taxonomy(),
        answer=named(item.area, item.topic) if item else None,
        likeliest=[named(area).area for area in item.areas[:3]] if item else [],
        fields=_fields(item) if item else [],
    )


def leave() -> ResponseReturnValue:
    """Give the petition back, and stop; or put it off, and take the next."""
    petition_id, kept = request.form.get("id", ""), _kept(_wanted())
    if request.form.get("how") == "later":
        waiting_line.put_off(database(), petition_id, caller().name)
        return redirect(url_for("pages.queue", **kept))
    waiting_line.release(database(), petition_id, caller().name)
    return redirect(url_for("pages.queue", paused="1", **kept))


def _wanted() -> Wanted:
    """What the clerk filters by; a value that there is not is none."""
    told = request.values
    area, reason, order = (told.get(name, "") for name in ("area_wanted", "reason", "order"))
    return Wanted(
        area if taxonomy().area(area) else None,
        reason if reason in set(Reason) else None,
        next((each for each in get_args(Order) if each == order), "doubtful"),
    )


def _kept(wanted: Wanted) -> dict[str, Any]:
    """The filters as the next page needs them."""
    told = {"area_wanted": wanted.area, "reason": wanted.reason, "order": wanted.order}
    return {name: value for name, value in told.items() if value and value != "doubtful"}


def _fields(item: Item) -> list[tuple[str, list[Piece]]]:
    petition = Petition(item.text, item.title)
    return marked(petition, _explained(petition, item))


def _explained(petition: Petition, item: Item) -> Prediction | None:
    """The answer again with its words, where it is still the one that was kept."""
    try:
        classifier = running().classifier()
        with running().turn:
            prediction = classifier.classify(petition, explain=True)
    except TriageError:
        return None
    is_same = prediction.area is not None and prediction.area.area == item.area
    return prediction if is_same else None
