"""The words that decided, marked in the text of a petition."""

from dataclasses import dataclass
from itertools import pairwise

from models.prediction import Evidence, Prediction
from models.text import Petition

MARK_LEVELS = 3


@dataclass(frozen=True)
class Piece:
    """Consecutive characters of the petition; ``level`` is 0 where they did not decide."""

    text: str
    level: int


def marked(petition: Petition, prediction: Prediction | None) -> list[tuple[str, list[Piece]]]:
    """The pieces of each field by its name; without a prediction nothing is marked."""
    return [
        (name, mark(content, name, prediction) if prediction else [Piece(content, 0)])
        for name, content in petition.fields()
    ]


def mark(content: str, field: str, prediction: Prediction) -> list[Piece]:
    """The content cut where the strength of its evidence for the area changes."""
    explanation = prediction.explanation
    evidence = (
        [piece for piece in explanation.evidence if piece.field == field] if explanation else []
    )
    levels = _levels(len(content), evidence)
    cuts = [at for at in range(1, len(content)) if levels[at] != levels[at - 1]]
    bounds = [0, *cuts, len(content)]
    return [Piece(content[start:end], levels[start]) for start, end in pairwise(bounds)]


def _levels(length: int, evidence: list[Evidence]) -> list[int]:
    """0 to ``MARK_LEVELS`` for each character, by its share of the weight for the area."""
    weights = [0.0] * length
    for piece in evidence:
        for at in range(piece.start, piece.end):
            weights[at] += piece.weight / (piece.end - piece.start)
    most = max(weights, default=0.0)
    if most <= 0:
        return [0] * length
    return [max(0, round(MARK_LEVELS * weight / most)) for weight in weights]
