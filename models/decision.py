"""From calibrated confidences to a decision: who may act on the answer, and if nobody yet, why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_OTHERS = re.compile(r"[\W_]+")

CLOSE_MARGIN = 0.2
"""Two areas are near when their confidences differ by less than this."""


class Decision(StrEnum):
    """``AUTO``: the area may be acted on. ``REVIEW``: a person looks first."""

    AUTO = "auto"
    REVIEW = "review"


class Reason(StrEnum):
    """Why a person must look."""

    BELOW_THRESHOLD = "below-threshold"
    CLOSE_SECOND = "close-second"
    NO_EVIDENCE = "no-evidence"
    TOO_SHORT = "too-short"
    UNFAMILIAR = "unfamiliar"
    NARROW_EVIDENCE = "narrow-evidence"
    TRUNCATED = "truncated"
    AREA_NOT_CERTIFIED = "area-not-certified"
    OTHER_AREA = "other-area"


@dataclass(frozen=True)
class Certificate:
    """What held-out rows show about one area decided alone at ``threshold`` or above.

    ``precision`` is the share that was right among ``n`` such decisions on texts of ``authors``
    authors; ``lower_bound`` is what that proves; ``evidence`` says whose rows they were: "shipped"
    where the shipped corpus is among them, "office" where an office labelled all of them.
    """

    threshold: float
    precision: float
    lower_bound: float
    n: int
    authors: int
    evidence: str

    @property
    def provisional(self) -> bool:
        """Whether ``auto`` has yet to be proved on the office's own rows."""
        return self.evidence != "office"


@dataclass(frozen=True)
class Policy:
    """The thresholds of a version. An area without a certificate is never decided alone.

    Neither is a text of fewer than ``min_chars`` letters, digits and Chinese characters, nor one of
    which less than ``min_known`` is known, nor one whose answer rests on fewer terms than
    ``min_breadth`` (``Linear.breadths``): hardly any of the rows behind the certificates was so
    short, so strange or so narrow, so that they prove nothing about it.
    """

    certificates: Mapping[str, Certificate]
    also: float
    other: str | None
    min_chars: int
    min_known: float
    min_breadth: float

    def reasons(self, areas: Sequence[str], confidences: Sequence[float]) -> list[Reason]:
        """Why the best of ``areas`` (best first) must be reviewed; empty when it need not be."""
        if areas[0] == self.other:
            return [Reason.OTHER_AREA]
        certificate = self.certificates.get(areas[0])
        if certificate is None:
            return [Reason.AREA_NOT_CERTIFIED]
        if confidences[0] >= certificate.threshold:
            return []
        close = confidences[0] - confidences[1] < CLOSE_MARGIN
        return [Reason.BELOW_THRESHOLD, *([Reason.CLOSE_SECOND] if close else [])]

    def text_reasons(self, folded: str, pairs: int, breadth: float) -> list[Reason]:
        """Why a folded text must be reviewed whatever its area.

        It has so many known ``pairs``, and its answer rests on ``breadth`` terms.
        """
        narrow = [Reason.NARROW_EVIDENCE] if breadth < self.min_breadth else []
        if pairs >= max(self.min_chars, self.min_known * len(folded)):
            return narrow  # so many pairs need as many characters, and are enough of them
        chars = count_chars(folded)
        if chars < self.min_chars:
            return [Reason.TOO_SHORT]
        strange = [Reason.UNFAMILIAR] if known_share(chars, pairs) < self.min_known else []
        return [*strange, *narrow]


def known_share(chars: int, pairs: int) -> float:
    """Which share of a text's sequences of two characters is known."""
    return pairs / max(chars - 1, 1)


def count_chars(folded: str) -> int:
    """Letters, digits and Chinese characters of a folded text."""
    return len(_OTHERS.sub("", folded))
