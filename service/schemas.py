"""Bodies of requests and answers, as they are checked and as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from models.decision import Decision, Reason

MAX_PETITIONS = 500
MAX_ID_CHARS = 200


_EXAMPLE: JsonDict = {"text": "我在网上刷单被骗了三万多元，请公安机关尽快破案，把钱追回来。"}

PetitionId = Annotated[str, Field(max_length=MAX_ID_CHARS)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PetitionIn(_Request):
    """One petition of a batch."""

    text: str = Field(description="The petition's text; it must have a visible character.")
    title: str | None = None
    id: PetitionId | None = Field(None, description="Returned as it was sent.")


class ClassifyIn(PetitionIn):
    """One petition, and whether to explain the answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    explain: bool = Field(False, description="Add score, baseline and evidence.")
    record: Literal[False] = Field(False, description="Nothing is kept yet; true is refused.")


class BatchIn(_Request):
    """Petitions that are judged one by one; one that is unusable does not fail the others."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"petitions": [_EXAMPLE | {"id": "2026-0001"}]}]}
    )

    petitions: list[Any] = Field(
        max_length=MAX_PETITIONS,
        description="Objects as in PetitionIn; others get an error each.",
        json_schema_extra={"items": {"anyOf": [{"$ref": "#/components/schemas/PetitionIn"}, {}]}},
    )


class RankedOut(BaseModel):
    """One area with its calibrated confidence."""

    area: str
    name: str
    confidence: float = Field(ge=0, le=1)


class EvidenceOut(BaseModel):
    """A piece of the petition and what it added to the score; offsets count code points."""

    field: Literal["text", "title"]
    start: int
    end: int
    text: str
    weight: float


class AnswerOut(BaseModel):
    """What the running version says of a petition."""

    id: str | None
    area: str | None
    area_name: str | None
    topic: str | None
    topic_name: str | None
    confidence: float | None
    topic_confidence: float | None
    decision: Decision
    reasons: list[Reason]
    also: list[str]
    ranking: list[RankedOut]
    score: float | None = None
    baseline: float | None = None
    evidence: list[EvidenceOut] | None = None
    evidence_rest: float | None = None
    version: str


class ErrorOut(BaseModel):
    """A stable code and a sentence."""

    code: str
    detail: str


class FailedOut(BaseModel):
    """A petition of a batch that could not be classified."""

    id: str | None
    error: ErrorOut


class BatchOut(BaseModel):
    """One result per petition, in order."""

    results: list[AnswerOut | FailedOut]


class ProblemOut(BaseModel):
    """An error as RFC 9457 describes it, with a stable ``code``."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    errors: list[dict[str, str]] | None = None


class TopicOut(BaseModel):
    """A topic inside an area."""

    code: str
    name: str


class AreaOut(BaseModel):
    """An area and its topics."""

    code: str
    name: str
    topics: list[TopicOut]


class TaxonomyOut(BaseModel):
    """Everything that the running version can say."""

    areas: list[AreaOut]
    other: str | None = Field(description="The code of the area for what belongs to none.")


class CertificateOut(BaseModel):
    """Why an area may be decided alone, and from what confidence on."""

    threshold: float
    precision: float
    lower_bound: float
    n: int
    authors: int
    evidence: Literal["shipped", "office"]
    provisional: bool = Field(description="Not yet proved on the office's own rows.")


class ModelOut(BaseModel):
    """What is running."""

    version: str
    saved_at: str
    metrics: dict[str, float | None]
    target_precision: float
    certificates: dict[str, CertificateOut]
    data: dict[str, str] = Field(description="SHA-256 of each training file.")
    seed: int
    libraries: dict[str, str]


class HealthOut(BaseModel):
    """Alive, or ready with a version."""

    status: Literal["alive", "ready"]
    version: str | None = None
