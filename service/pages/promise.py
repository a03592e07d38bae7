"""Whether the honest sample keeps what the certificate promised.

The certificate of an area says that at most ``1 - target`` of its decisions are wrong. People check
a random sample of them; how many they overrule bounds the true share (Clopper and Pearson 1934).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from service.reviews.figures import Overruled

CERTAINTY = 0.95
_HALVINGS = 50


class Verdict(Enum):
    """What a sample says of the promise, at 95 % confidence."""

    BROKEN = "broken"
    DOUBTFUL = "doubtful"
    OPEN = "open"
    KEPT = "kept"


@dataclass(frozen=True)
class Promise:
    """The sample of one area beside ``limit``, the share that may be wrong.

    Each of ``low`` and ``high`` bounds the true share of wrong decisions by itself, at 95 %.
    """

    sample: Overruled
    limit: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Broken where even the lower bound is above the limit, kept where the upper is below."""
        if self.low > self.limit:
            return Verdict.BROKEN
        if self.high <= self.limit:
            return Verdict.KEPT
        return Verdict.DOUBTFUL if (self.sample.share or 0) > self.limit else Verdict.OPEN


def judged(sample: Overruled, limit: float) -> Promise:
    """The sample with its bounds."""
    return Promise(sample, limit, *bounds(sample.overruled, sample.checked))


def bounds(wrong: int, checked: int) -> tuple[float, float]:
    """One-sided 95 % bounds, below and above, of a share of which ``wrong`` of ``checked`` tell."""
    rest = 1 - CERTAINTY
    low = 0.0 if not wrong else _where(lambda share: _most(wrong - 1, checked, share) < CERTAINTY)
    high = 1.0 if wrong == checked else _where(lambda share: _most(wrong, checked, share) < rest)
    return low, high


def _where(turns: Callable[[float], bool]) -> float:
    """The share from which on ``turns`` holds."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if turns(middle) else (middle, high)
    return high


def _most(wrong: int, checked: int, share: float) -> float:
    """How likely at most ``wrong`` of ``checked`` are wrong where ``share`` of all are."""
    if share in (0.0, 1.0):
        return 1.0 if share == 0 or wrong >= checked else 0.0
    yes, no = math.log(share), math.log1p(-share)
    ways = math.lgamma(checked + 1)
    return sum(
        math.exp(
            ways - math.lgamma(n + 1) - math.lgamma(checked - n + 1) + n * yes + (checked - n) * no
        )
        for n in range(wrong + 1)
    )
