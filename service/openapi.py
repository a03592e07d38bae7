"""The OpenAPI 3.1 document, put together from the schemas that check the bodies."""

import json
import re
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service import schemas
from service.limits import UNLIMITED

_REF = "#/components/schemas/{model}"


class Route(NamedTuple):
    """One operation: its body and answer, and the errors that it may answer beside."""

    method: str
    path: str
    summary: str
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    """None where the answer is text of another ``media_type``."""
    errors: tuple[int, ...]
    media_type: str = "application/json"
    query: type[BaseModel] | None = None


OPEN = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
"""Paths that are answered to everybody."""

_LIMIT_ERRORS = (429, 503)
_BODY_ERRORS = (400, 411, 413, 415, 422, 503)

_HEADERS = {
    "X-Request-ID": {
        "description": "The id under which the log has this request.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which the same request may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    },
}

ROUTES = (
    Route(
        "post", "/v1/classify", "Classify one petition",
        schemas.ClassifyIn, schemas.AnswerOut, (*_BODY_ERRORS, 409),
    ),
    Route(
        "post", "/v1/classify/batch", "Classify up to 500 petitions",
        schemas.BatchIn, schemas.BatchOut, _BODY_ERRORS,
    ),
    Route("get", "/v1/taxonomy", "Areas and topics", None, schemas.TaxonomyOut, (503,)),
    Route("get", "/v1/model", "The running version", None, schemas.ModelOut, (503,)),
    Route(
        "post", "/v1/reviews", "Confirm or correct the answer of a kept petition",
        schemas.ReviewIn, schemas.ReviewOut, (*_BODY_ERRORS, 404, 409),
    ),
    Route(
        "post", "/v1/reviews/undo", "Take back the latest review of a petition",
        schemas.UndoIn, schemas.ReviewOut, (*_BODY_ERRORS, 404, 409),
    ),
    Route(
        "post", "/v1/reviews/next", "Take the next petition that waits for a person",
        schemas.NextIn, schemas.NextOut, _BODY_ERRORS,
    ),
    Route(
        "get", "/v1/reviews", "Petitions that wait for a person, or were reviewed",
        None, schemas.ReviewsOut, (422, 503), query=schemas.ReviewsQuery,
    ),
    Route(
        "get", "/v1/petitions/{petition_id}", "All that is kept of a petition",
        None, schemas.KeptOut, (404, 503),
    ),
    Route(
        "delete", "/v1/petitions/{petition_id}", "Remove a petition and its reviews",
        None, schemas.DeletedOut, (404, 503),
    ),
    Route("get", "/healthz", "Alive", None, schemas.HealthOut, ()),
    Route("get", "/readyz", "Ready to classify", None, schemas.HealthOut, (503,)),
    Route("get", "/metrics", "Counts and times for Prometheus", None, None, (), "text/plain"),
    Route("get", "/openapi.json", "This document", None, None, (), "application/json"),
    Route("get", "/docs", "This document as a page", None, None, (), "text/html"),
)  # fmt: skip


@cache
def document() -> str:
    """The document as JSON."""
    models: set[type[BaseModel]] = {route.body for route in ROUTES if route.body} | {
        schemas.ProblemOut,
        schemas.PetitionIn,
    }
    models |= {route.answer for route in ROUTES if route.answer}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REF
    )
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route)
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "petition-triage", "version": "1"},
            "paths": paths,
            "components": {
                "schemas": definitions["$defs"],
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
        },
        ensure_ascii=False,
    )


def _operation(route: Route) -> dict[str, Any]:
    limits = () if route.path in UNLIMITED else _LIMIT_ERRORS
    access = (401,) if route.path in OPEN else (401, 403)  # a wrong key is refused anywhere
    answers = {"200": _content("The answer", route.answer, route.media_type) | _headers(200)}
    for status in sorted({*route.errors, *limits, *access}):
        told = HTTPStatus(status).phrase
        content = _content(told, schemas.ProblemOut, "application/problem+json")
        answers[str(status)] = content | _headers(status)
    name = re.sub(r"\W+", "_", f"{route.method}{route.path}").strip("_")
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": route.summary,
        "responses": answers,
    }
    if route.path not in OPEN:
        operation["security"] = [{"key": []}, {}]  # a local service asks for none
    parameters = [*_path_parameters(route.path), *_query_parameters(route.query)]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        body = _content("The body", route.body, "application/json")
        operation["requestBody"] = {"required": True, "content": body["content"]}
    return operation


def _headers(status: int) -> dict[str, Any]:
    names = ["X-Request-ID", *(["Retry-After"] if status in _LIMIT_ERRORS else [])]
    return {"headers": {name: _HEADERS[name] for name in names}}


def _content(description: str, model: type[BaseModel] | None, media_type: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)} if model else {}
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", path)
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    """One parameter per field; small types stand in place, not as references."""
    if query is None:
        return []
    schema = query.model_json_schema()
    definitions = schema.get("$defs", {})
    text = json.dumps(schema["properties"])
    for name, definition in definitions.items():
        reference = json.dumps({"$ref": f"#/$defs/{name}"})
        text = text.replace(reference, json.dumps(definition))
    return [
        {"name": name, "in": "query", "required": False, "schema": found}
        for name, found in json.loads(text).items()
    ]
