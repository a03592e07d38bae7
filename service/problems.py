"""Every error as ``application/problem+json`` (RFC 9457): one table from error to status."""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, SecurityError

from models.errors import (
    AccessError,
    AccountUnknown,
    DatasetError,
    FileError,
    InputError,
    JobConflict,
    JobUnknown,
    LimitError,
    LoginNeeded,
    OperatorError,
    PetitionDiffers,
    PetitionUnknown,
    RateExceeded,
    RecordError,
    ReviewConflict,
    TriageError,
)
from service.words import PROBLEM, PROBLEMS

log = logging.getLogger(__name__)

STATUS_OF_ERROR: tuple[tuple[type[TriageError], HTTPStatus], ...] = (
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FileError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DatasetError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LoginNeeded, HTTPStatus.UNAUTHORIZED),
    (AccountUnknown, HTTPStatus.UNPROCESSABLE_ENTITY),
    (AccessError, HTTPStatus.FORBIDDEN),
    (PetitionUnknown, HTTPStatus.NOT_FOUND),
    (PetitionDiffers, HTTPStatus.CONFLICT),
    (ReviewConflict, HTTPStatus.CONFLICT),
    (JobUnknown, HTTPStatus.NOT_FOUND),
    (JobConflict, HTTPStatus.CONFLICT),
    (RecordError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (OperatorError, HTTPStatus.SERVICE_UNAVAILABLE),
    (RateExceeded, HTTPStatus.TOO_MANY_REQUESTS),
    (LimitError, HTTPStatus.SERVICE_UNAVAILABLE),
)

CODE_OF_STATUS = {
    400: "json-invalid",
    404: "not-found",
    405: "method-not-allowed",
    411: "length-required",
    413: "body-too-large",
    415: "media-type",
    416: "range",
    422: "schema",
    500: "internal",
    503: "unavailable",
}
"""Codes of errors that are no TriageError."""

RETRY_AFTER_S = 5
MAX_PLACES = 20
"""Places of a body that are told when it does not fit its schema."""


def problem(status: int, code: str, detail: str, **more: Any) -> Response:  # noqa: ANN401 - JSON values
    """The response for one error: a page where a person asks."""
    identifier = g.get("request_id")
    if is_page():
        words = PROBLEMS.get(code, PROBLEM)
        text = render_template("problem.html", words=words, identifier=identifier)
        response = Response(text, status=status, content_type="text/html; charset=utf-8")
    else:
        _, text = problem_text(status, code, detail, request_id=identifier, **more)
        response = Response(text, status=status, content_type="application/problem+json")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def is_page() -> bool:
    """Whether a person with a browser asks: all but the routes of the API."""
    endpoint = request.endpoint
    if endpoint is None:
        return not request.path.startswith("/v1/") and "text/html" in request.headers.get(
            "Accept", ""
        )
    return not endpoint.startswith("api")


def problem_text(status: int, code: str, detail: str, **more: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON values
    """Title and JSON text of one error."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "code": code,
        "detail": detail,
        **more,
    }
    return title, json.dumps(body, ensure_ascii=False)


def register_problems(app: Flask) -> None:
    """Answer every error of the application as a problem."""
    app.register_error_handler(TriageError, _from_triage_error)
    app.register_error_handler(ValidationError, _from_validation)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_fault)


def validation_detail(error: ValidationError) -> tuple[int, str, list[dict[str, str]]]:
    """Status, detail and places of a body that does not fit; never any of its content."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(entry["type"] == "json_invalid" for entry in found):
        return 400, "the body is not JSON in UTF-8", []
    places = [
        {"field": ".".join(map(_shown, entry["loc"])), "problem": entry["type"]}
        for entry in found[:MAX_PLACES]
    ]
    told = "; ".join(f"{place['field'] or 'body'}: {place['problem']}" for place in places[:5])
    return 422, f"the body does not fit its schema ({told})", places


def _shown(part: int | str) -> str:
    """A field's name, unless it may be anything else that somebody sent."""
    harmless = isinstance(part, int) or (part.isascii() and part.isidentifier() and len(part) <= 40)  # noqa: PLR2004
    return str(part) if harmless else "(unnamed)"


def _from_triage_error(error: TriageError) -> Response:
    statuses = (status for kind, status in STATUS_OF_ERROR if isinstance(error, kind))
    status = next(statuses, HTTPStatus.INTERNAL_SERVER_ERROR)
    response = problem(status, error.code, str(error))
    if isinstance(error, LimitError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _from_validation(error: ValidationError) -> Response:
    status, detail, places = validation_detail(error)
    return problem(status, CODE_OF_STATUS[status], detail, errors=places)


def _from_http(error: HTTPException) -> Response | HTTPException:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:  # a redirect is no error
        return error
    code, detail = CODE_OF_STATUS.get(status, "http"), error.description or ""
    if isinstance(error, SecurityError):
        code, detail = "host-unknown", "this service is not asked under this name; see its settings"
    response = problem(status, code, detail)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _from_fault(error: Exception) -> Response:
    # The message of a foreign exception may quote the petition; its kind and place do not.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
    log.error("fault", extra={"error": type(error).__name__, "place": place})
    return problem(500, "internal", "the service failed on this request; its log says where")
