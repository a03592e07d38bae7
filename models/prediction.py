"""What the classifier says of one petition."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from models.decision import Decision, Reason


class Ranked(NamedTuple):
    """One area with its name and calibrated confidence."""

    area: str
    name: str
    confidence: float


@dataclass(frozen=True)
class Evidence:
    """``text``, at ``start`` to ``end`` of the field as sent, added ``weight`` to the score."""

    field: str
    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """``baseline`` plus all weights of ``evidence`` plus ``rest`` is the area's ``score``."""

    score: float
    baseline: float
    evidence: tuple[Evidence, ...]
    rest: float


class Prediction(NamedTuple):
    """Ranking of areas (best first), the topic inside the best, and the decision.

    ``area`` and all that hangs on it is None where no term of the text is known. ``topic`` is also
    None for an area without topics; its confidence is that of the topic given the area.
    """

    version: str
    ranking: tuple[Ranked, ...]
    reasons: tuple[Reason, ...]
    area: Ranked | None = None
    topic: str | None = None
    topic_name: str | None = None
    topic_confidence: float | None = None
    also: tuple[str, ...] = ()
    explanation: Explanation | None = None
    id: str | None = None

    @property
    def decision(self) -> Decision:
        """``auto`` where nothing speaks against it."""
        return Decision.REVIEW if self.reasons else Decision.AUTO

    def answer(self) -> dict[str, Any]:
        """The prediction as JSON-ready values under the names that callers know."""
        best = self.area
        answer: dict[str, Any] = {
            "id": self.id,
            "area": best.area if best else None,
            "area_name": best.name if best else None,
            "topic": self.topic,
            "topic_name": self.topic_name,
            "confidence": best.confidence if best else None,
            "topic_confidence": self.topic_confidence,
            "decision": self.decision.value,
            "reasons": [reason.value for reason in self.reasons],
            "also": list(self.also),
            "ranking": [ranked._asdict() for ranked in self.ranking],
        }
        if self.explanation is not None:
            answer |= _explained(self.explanation)
        return answer | {"version": self.version}


def _explained(explanation: Explanation) -> dict[str, Any]:
    return {
        "score": explanation.score,
        "baseline": explanation.baseline,
        "evidence": [vars(evidence) for evidence in explanation.evidence],
        "evidence_rest": explanation.rest,
    }
