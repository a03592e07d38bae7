"""Bodies of requests: read from bytes, judged against their schema, petition by petition."""

import json
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from models.errors import EntryUnfit, InputError, TextMalformed
from models.text import Petition
from service.problems import validation_detail
from service.schemas import BatchIn, PetitionId, PetitionIn

_PETITION_ID: TypeAdapter[str] = TypeAdapter(PetitionId)


def read_batch(body: bytes) -> BatchIn:
    """The batch in a JSON body. Raises ValidationError where it is none.

    Half a surrogate pair is no reason to refuse all of it: the petition that holds it is refused.
    """
    try:
        return BatchIn.model_validate_json(body)
    except ValidationError as error:
        if not any(found["type"] == "json_invalid" for found in error.errors()):
            raise
        try:
            # Python's own reader takes what pydantic's refuses; it guesses encodings from bytes.
            return BatchIn.model_validate(json.loads(body.decode(), parse_constant=_refuse))
        except (ValueError, RecursionError):
            raise error from None


def read_petition(entry: Any) -> Petition | tuple[str | None, InputError]:  # noqa: ANN401 - any JSON value
    """One petition of a batch, or its id (where it has one) and what is wrong with it."""
    try:
        asked = PetitionIn.model_validate(entry)
    except ValidationError as error:
        return _id(entry), _unfit(error)
    return Petition(asked.text, asked.title, asked.id)


def _unfit(error: ValidationError) -> InputError:
    _, detail, places = validation_detail(error)
    if any(place["problem"] == "string_unicode" for place in places):
        return TextMalformed(
            "the petition holds half a surrogate pair",
            expected="Unicode characters",
            remedy="send the text as UTF-8",
        )
    return EntryUnfit(detail)


def _id(entry: object) -> str | None:
    given = entry.get("id") if isinstance(entry, dict) else None
    try:
        return _PETITION_ID.validate_python(given)
    except ValidationError:
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
