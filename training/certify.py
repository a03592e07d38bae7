"""Which areas may be decided alone, from what confidence on, and what proves it.

Held-out decisions of one area are taken from the highest confidence down. At each step of a
sequence that is fixed before any label is looked at, the precision so far must be above the target
at 95 % confidence; the last step before the first failure gives the threshold (fixed-sequence
testing as in "Learn then Test", Angelopoulos et al. 2021). The sequence ends where a single
decision would be less likely right than the target, whatever the precision of all.

Rows of one author are alike, so that n rows prove only what n / design effect independent ones
would (Kish 1965, "Survey Sampling"), and less when few authors tell how alike they are (Korn and
Graubard 1998, "Confidence Intervals for Proportions with Small Expected Number of Positive Counts
Estimated from Survey Data").
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.stats import beta, t

from models.decision import Certificate
from models.kernel import Floats
from training.metrics import Bools, Judged, Strings

CONFIDENCE = 0.95
STEP = 1.05
"""Each step of the sequence takes this many times the rows of the one before."""

FEW_AUTHORS = 1.1
"""A sequence starts at this many times the least independent rows that could pass."""

FIRST_SHARE = 0.5
"""The sequence starts at this share of an area's decisions: a smaller start ends the sequence at
one early error, a larger one certifies fewer weak areas (``benchmarks/certificates.py``)."""


def certify(
    judged: Judged, authors: Strings, target: float, other: str | None, evidence: str
) -> dict[str, Certificate]:
    """A certificate per area that earns one; never for ``other``.

    ``authors`` are those of the rows; rows of unknown authors must not be certified at all.
    """
    found = {}
    for area in judged.labels:
        said = np.flatnonzero(judged.predicted == area)
        if area == other or not len(said):
            continue
        certificate = _certify_area(
            judged.top[said], judged.truth[said] == area, authors[said], target, evidence
        )
        if certificate is not None:
            found[area] = certificate
    return found


def certify_sample(
    judged: Judged, authors: Strings, target: float, shipped: Mapping[str, Certificate]
) -> dict[str, Certificate]:
    """Certificates of ``shipped`` areas that an office's honest sample proves by itself.

    ``judged`` holds the held-out sample alone: rows drawn by lot from decisions made alone, so that
    they speak for all such decisions, as the doubtful rows that clerks see anyway cannot. Only
    decisions from the shipped threshold on count: below it nothing was drawn.
    """
    found: dict[str, Certificate] = {}
    for area, certificate in shipped.items():
        said = (judged.predicted == area) & (judged.top >= certificate.threshold)
        if said.any():
            own = _certify_area(
                judged.top[said], judged.truth[said] == area, authors[said], target, "office"
            )
            found |= {area: own} if own else {}
    return found


def lower_bound(n: float, wrong: float) -> float:
    """Clopper–Pearson: precision is above this when ``wrong`` of ``n`` are wrong."""
    right = n - wrong
    return float(beta.ppf(1 - CONFIDENCE, right, wrong + 1)) if right > 0 else 0.0


def design_effect(right: Bools, authors: Strings) -> float:
    """Variance of the share right with rows drawn by author over that of as many single rows.

    The variance is that of a ratio estimate with authors as clusters of unequal size, by
    linearisation (Kish 1965, chapter 6); at least 1. One author alone proves no more than one row.
    """
    of_author = np.unique(authors, return_inverse=True)[1]
    n, n_authors = len(right), int(of_author.max()) + 1
    if n_authors < 2:  # noqa: PLR2004
        return float(n)
    share = right.mean()
    if share in (0, 1):
        return 1.0
    off = np.bincount(of_author, weights=right - share)
    return float(max(1.0, n_authors / (n_authors - 1) * (off**2).sum() / (n * share * (1 - share))))


def proving_rows(right: Bools, authors: Strings) -> float:
    """How many independent rows would prove as much: n / design effect, less for few authors.

    The factor is Korn and Graubard's, the squared ratio of the t quantiles with n - 1 and with
    authors - 1 degrees of freedom. One author alone proves what one row does.
    """
    n, n_authors = len(right), len(np.unique(authors))
    if n_authors < 2:  # noqa: PLR2004
        return 1.0
    ratio = t.ppf(CONFIDENCE, n - 1) / t.ppf(CONFIDENCE, n_authors - 1)
    return float(n / design_effect(right, authors) * ratio**2)


def _certify_area(
    top: Floats, right: Bools, authors: Strings, target: float, evidence: str
) -> Certificate | None:
    order = np.argsort(-top, kind="stable")
    order = order[top[order] >= target]
    if not len(order):
        return None
    top, right, authors = top[order], right[order], authors[order]
    worth = proving_rows(right, authors) / len(right)
    passed = None
    for count in _sequence(len(top), target):
        wrong = int((~right[:count]).sum())
        mine = min(worth, proving_rows(right[:count], authors[:count]) / count)
        bound = lower_bound(count * mine, wrong * mine)
        if bound < target:
            break
        passed = Certificate(
            threshold=float(top[count - 1]),
            precision=1 - wrong / count,
            lower_bound=bound,
            n=count,
            authors=len(np.unique(authors[:count])),
            evidence=evidence,
        )
    return passed


def _sequence(n: int, target: float) -> Iterator[int]:
    """Counts to test, by a constant factor up to n, and n.

    They start at a share of n, and never below what could pass without an error.
    """
    least = math.ceil(FEW_AUTHORS * math.log(1 - CONFIDENCE) / math.log(target))
    count = max(least, math.ceil(FIRST_SHARE * n))
    while count < n:
        yield count
        count = math.ceil(count * STEP)
    if n >= least:
        yield n
