"""The HTTP API: routes of ``/v1`` and the state of the service."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.exceptions import LengthRequired, UnsupportedMediaType

from models.errors import InputError
from models.prediction import Prediction
from models.text import Petition
from service.bodies import read_batch, read_petition
from service.docs import operations, schemas
from service.limits import check_time
from service.monitoring import METRICS_TYPE, monitoring
from service.openapi import document
from service.recording import recorded, recorded_all
from service.running import Running
from service.schemas import ClassifyIn

api = Blueprint("api", __name__)

Json = dict[str, Any]

PART = 125
"""Petitions of a batch between two looks at the clock."""


def running() -> Running:
    """The version that this application answers with."""
    found: Running = current_app.extensions["running"]
    return found


def body() -> bytes:
    """The JSON bytes of the request.

    A body without a length is refused: some servers cut it off silently instead.
    """
    if request.content_length is None:
        raise LengthRequired("send the body with a Content-Length")
    if request.mimetype != "application/json" or request.content_encoding:
        raise UnsupportedMediaType("send the body as application/json, not compressed")
    return request.get_data()


@api.post("/v1/classify")
def classify() -> Json:
    """Classify one petition."""
    asked = ClassifyIn.model_validate_json(body())
    petition = Petition(asked.text, asked.title, asked.id)
    try:
        classifier = running().classifier()
        with running().turn:
            prediction = classifier.classify(petition, explain=asked.explain)
    except InputError as error:
        monitoring().answered([error])
        raise
    monitoring().answered([prediction])
    return recorded(petition, prediction, "api") if asked.record else prediction.answer()


@api.post("/v1/classify/batch")
def classify_batch() -> Json:
    """Classify up to 500 petitions, each with a result of its own."""
    asked = read_batch(body())
    entries = [read_petition(entry) for entry in asked.petitions]
    petitions = [entry for entry in entries if isinstance(entry, Petition)]
    monitoring().answered(entry[1] for entry in entries if not isinstance(entry, Petition))
    tell = _kept if asked.record else partial(map, _result)
    results = iter(tell(petitions, _classified(petitions)))
    return {
        "results": [
            next(results) if isinstance(entry, Petition) else _error(*entry) for entry in entries
        ]
    }


@api.get("/v1/taxonomy")
def taxonomy() -> Json:
    """Areas and topics of the running version."""
    found = running().classifier().taxonomy
    areas = [
        {"code": area.code, "name": area.name, "topics": [vars(topic) for topic in area.topics]}
        for area in found
    ]
    return {"areas": areas, "other": found.other}


@api.get("/v1/model")
def model() -> Json:
    """The running version: metrics, certificates and where it came from."""
    classifier = running().classifier()
    manifest = running().manifest()
    told = ("saved_at", "metrics", "target_precision", "data", "seed", "libraries")
    certificates = classifier.policy.certificates
    return {
        "version": classifier.version,
        "certificates": {
            area: vars(found) | {"provisional": found.provisional}
            for area, found in certificates.items()
        },
        **{key: manifest[key] for key in told},
    }


@api.get("/healthz")
def healthz() -> Json:
    """Alive, with or without a model."""
    return {"status": "alive"}


@api.get("/readyz")
def readyz() -> Json:
    """Ready: the running version answers its golden examples."""
    return {"status": "ready", "version": running().check()}


@api.get("/metrics")
def metrics() -> Response:
    """Counts and times for Prometheus."""
    return Response(monitoring().text(), content_type=METRICS_TYPE)


@api.get("/openapi.json")
def openapi() -> Response:
    """This API as an OpenAPI 3.1 document."""
    return Response(document(), content_type="application/json")


@api.get("/docs")
def docs() -> str:
    """The same document as a page."""
    return render_template(
        "docs.html",
        operations=operations(),
        schemas=schemas(),
        host=request.host_url.rstrip("/"),
    )


def _classified(petitions: list[Petition]) -> Iterator[Prediction | InputError]:
    """Outcomes in order. Raises TimeExceeded between two parts of a batch that takes too long."""
    classifier = running().classifier()
    for start in range(0, len(petitions), PART):
        check_time()
        with running().turn:
            outcomes = classifier.classify_batch(petitions[start : start + PART])
        monitoring().answered(outcomes)
        yield from outcomes


def _kept(petitions: list[Petition], outcomes: Iterable[Prediction | InputError]) -> Iterator[Json]:
    """The results, after keeping all that were answered."""
    told = list(zip(petitions, outcomes, strict=True))
    answered = [(sent, found) for sent, found in told if isinstance(found, Prediction)]
    answers = iter(recorded_all(answered, "api"))
    for petition, outcome in told:
        yield next(answers) if isinstance(outcome, Prediction) else _result(petition, outcome)


def _result(petition: Petition, outcome: Prediction | InputError) -> Json:
    return outcome.answer() if isinstance(outcome, Prediction) else _error(petition.id, outcome)


def _error(identifier: str | None, error: InputError) -> Json:
    return {"id": identifier, "error": {"code": error.code, "detail": str(error)}}
