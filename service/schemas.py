"""Bodies of requests and answers, as they are checked and as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from models.decision import Decision, Reason

MAX_PETITIONS = 500
MAX_ID_CHARS = 200
RECORD = "Keep the answer and the masked text for review; the same id again gives the same answer."

_PLAIN = r"^[^\x00-\x1f]*$"
_Code = Annotated[str, Field(max_length=100, pattern=_PLAIN)]
_Reviewer = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=_PLAIN,
        description="Who reviews, where a system speaks for several people: a code, not a name.",
    ),
]


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
    record: bool = Field(False, description=RECORD)


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
    record: bool = Field(False, description=RECORD)


class ReviewIn(_Request):
    """What a person says of a kept petition; without an area the answer is confirmed."""

    id: str = Field(max_length=MAX_ID_CHARS, description="The petition's id.")
    area: str | None = Field(None, description="The right area, by code or name.")
    topic: str | None = Field(None, description="The right topic in it, by code or name.")
    note: str | None = Field(None, max_length=1000, description="Kept masked.")
    reviewer: _Reviewer | None = None

    @model_validator(mode="after")
    def _check_topic(self) -> Self:
        if self.topic is not None and self.area is None:
            raise PydanticCustomError("topic_without_area", "a topic needs its area")
        return self


class UndoIn(_Request):
    """Which petition's latest review to take back; only its reviewer can."""

    id: str = Field(max_length=MAX_ID_CHARS)
    reviewer: _Reviewer | None = None


class NextIn(_Request):
    """Which petition a reviewer wants next."""

    area: _Code | None = Field(None, description="Only petitions answered with this area, by code.")
    reason: Reason | None = Field(None, strict=False)
    order: Literal["doubtful", "oldest"] = "doubtful"
    reviewer: _Reviewer | None = None


class ReviewsQuery(BaseModel):
    """Which page of kept petitions to list."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "reviewed"] = Field("open", description="Waiting, or reviewed.")
    area: _Code | None = None
    reason: Reason | None = None
    limit: int = Field(50, ge=1, le=MAX_PETITIONS)
    cursor: int = Field(0, ge=0, le=2**62, description="The `next` of the page before.")


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


class ReviewOut(BaseModel):
    """One review; ``action`` tells whether the model was right."""

    id: str
    at: str
    by: str
    action: Literal["confirmed", "corrected", "undone"]
    version: str
    old_area: str | None
    old_topic: str | None
    new_area: str | None
    new_topic: str | None
    note: str | None
    source: Literal["queue", "desk", "api", "import"]


class ListedOut(BaseModel):
    """A kept petition; ``areas`` are all areas, the likeliest first."""

    id: str
    at: str
    title: str | None
    text: str
    area: str | None
    topic: str | None
    areas: list[str]
    version: str


class ItemOut(ListedOut):
    """A petition that nobody else is given before ``leased_until``."""

    leased_until: str


class NextOut(BaseModel):
    """The next petition, null when none waits, and how many wait."""

    item: ItemOut | None
    waiting: int


class ReviewsOut(BaseModel):
    """A page of kept petitions; ``next`` is the cursor of the following page."""

    petitions: list[ListedOut]
    next: int | None


class KeptOut(BaseModel):
    """All that is kept of a petition; ``area`` and ``topic`` as people say, else as answered."""

    id: str
    at: str
    title: str | None
    text: str
    channel: Literal["desk", "upload", "api"]
    area: str | None
    topic: str | None
    answer: AnswerOut
    reviews: list[ReviewOut]


class DeletedOut(BaseModel):
    """The petition is gone."""

    id: str
    deleted: bool


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
