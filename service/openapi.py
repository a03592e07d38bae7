"""The OpenAPI 3.1 document, put together from the schemas that check the bodies."""

import json
import re
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service import schemas

_REF = "#/components/schemas/{model}"


class Route(NamedTuple):
    """One operation: its body and answer, and the errors that it may answer beside."""

    method: str
    path: str
    summary: str
    body: type[BaseModel] | None
    answer: type[BaseModel]
    errors: tuple[int, ...]
    query: type[BaseModel] | None = None


_BODY_ERRORS = (400, 411, 413, 415, 422, 503)

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
        "post", "/v1/reviews/undo", "Take one's latest review of a petition back",
        schemas.UndoIn, schemas.ReviewOut, (*_BODY_ERRORS, 404, 409),
    ),
    Route(
        "post", "/v1/reviews/next", "Take the next petition that waits for a person",
        schemas.NextIn, schemas.NextOut, _BODY_ERRORS,
    ),
    Route(
        "get", "/v1/reviews", "Petitions that wait for a person, or were reviewed",
        None, schemas.ReviewsOut, (422, 503), schemas.ReviewsQuery,
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
)  # fmt: skip


@cache
def document() -> str:
    """The document as JSON."""
    models = {route.body for route in ROUTES if route.body} | {schemas.ProblemOut}
    models |= {route.answer for route in ROUTES}
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
            "components": {"schemas": definitions["$defs"]},
        },
        ensure_ascii=False,
    )


def _operation(route: Route) -> dict[str, Any]:
    answers = {"200": _content("The answer", route.answer, "application/json")}
    for status in route.errors:
        answers[str(status)] = _content("Error", schemas.ProblemOut, "application/problem+json")
    operation: dict[str, Any] = {"summary": route.summary, "responses": answers}
    parameters = [*_path_parameters(route.path), *_query_parameters(route.query)]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        body = _content("The body", route.body, "application/json")
        operation["requestBody"] = {"required": True, "content": body["content"]}
    return operation


def _content(description: str, model: type[BaseModel], media_type: str) -> dict[str, Any]:
    reference = {"$ref": _REF.format(model=model.__name__)}
    return {"description": description, "content": {media_type: {"schema": reference}}}


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
