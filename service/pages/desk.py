"""受理台: a petition goes in, an answer with reasons comes out, to be confirmed or corrected."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import render_template, request

from models.errors import InputError, OperatorError, PetitionDiffers, TriageError
from models.prediction import Prediction
from models.text import Petition
from service.access import caller
from service.api import running
from service.monitoring import monitoring
from service.pages.judging import latest
from service.pages.labels import taxonomy
from service.pages.marks import marked
from service.recording import database
from service.reviews import queue
from service.reviews.records import record
from service.reviews.rights import Right
from service.words import ERRORS, NO_MODEL, REASONS

_ID = re.compile("desk-[0-9a-f]{16}")


def desk() -> str | tuple[str, int]:
    """The form; and what was sent, with its answer."""
    if request.method == "GET":
        return _page(latest=latest(request.args.get("last")))
    petition = _sent()
    try:
        classifier = running().classifier()
        with running().turn:
            prediction = classifier.classify(petition, explain=True)
        monitoring().answered([prediction])
    except InputError as error:
        monitoring().answered([error])
        return _page(petition=petition, problem=ERRORS[error.code]), 422
    except TriageError:
        return _page(petition=petition, problem=NO_MODEL), 503
    return _page(petition=petition, prediction=prediction, **_told(petition, prediction))


def _page(**shown: object) -> str:
    """The page; its form has an id of its own, so that sending it twice keeps one petition."""
    return render_template("desk.html", new_id=_new_id(), **shown)


def _new_id() -> str:
    return f"desk-{secrets.token_hex(8)}"


def _sent() -> Petition:
    told = request.form.get("id", "")
    petition_id = told if _ID.fullmatch(told) else _new_id()
    # A browser sends line ends as CR LF.
    text = request.form.get("text", "").replace("\r\n", "\n")
    return Petition(text, request.form.get("title", "").strip() or None, petition_id)


def _told(petition: Petition, prediction: Prediction) -> Mapping[str, Any]:
    area = prediction.area.area if prediction.area else ""
    return {
        "reasons": [REASONS[reason] for reason in prediction.reasons],
        "certificate": running().classifier().policy.certificates.get(area),
        "fields": marked(petition, prediction),
        "areas": taxonomy(),
        "kept_id": _keep(petition, prediction),
        "keeps_text": database().rules.keep_text,
        "may_review": Right.REVIEW in caller().rights,
    }


def _keep(petition: Petition, prediction: Prediction) -> str | None:
    """The id under which it is kept, in the hands of this clerk; None where nothing can be kept.

    A form that was sent before with another text has kept that one: this one gets an id of its own.
    """
    try:
        try:
            kept = record(database(), petition, prediction, "desk")
        except PetitionDiffers:
            changed = Petition(petition.text, petition.title, _new_id())
            kept = record(database(), changed, prediction, "desk")
        queue.hold(database(), kept.id, caller().name)
    except OperatorError:
        return None
    return kept.id
