"""The HTTP API: routes of ``/v1`` and the state of the service."""

from collections.abc import Iterator
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
        prediction = running().classifier().classify(petition, explain=asked.explain)
    except InputError as error:
        monitoring().answered([error])
        raise
    monitoring().answered([prediction])
    return prediction.answer()


@api.post("/v1/classify/batch")
def classify_batch() -> Json:
    """Classify up to 500 petitions, each with a result of its own."""
    entries = [read_petition(entry) for entry in read_batch(body()).petitions]
    outcomes = iter(_classified([entry for entry in entries if isinstance(entry, Petition)]))
    return {
        "results": [
            _result(entry.id, next(outcomes)) if isinstance(entry, Petition) else _result(*entry)
            for entry in entries
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
        keyed="securitySchemes" in document(),
    )


def _classified(petitions: list[Petition]) -> Iterator[Prediction | InputError]:
    """Outcomes in order. Raises TimeExceeded between two parts of a batch that takes too long."""
    classifier = running().classifier()
    for start in range(0, len(petitions), PART):
        check_time()
        yield from classifier.classify_batch(petitions[start : start + PART])


def _result(identifier: str | None, outcome: Prediction | InputError) -> Json:
    monitoring().answered([outcome])
    if isinstance(outcome, Prediction):
        return outcome.answer()
    return {"id": identifier, "error": {"code": outcome.code, "detail": str(outcome)}}
