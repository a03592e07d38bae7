"""Whether a sample keeps the promise of a certificate."""

import pytest
from scipy.stats import beta

from service.pages.promise import Verdict, bounds, judged
from service.reviews.figures import Overruled


@pytest.mark.parametrize(
    ("wrong", "checked"), [(0, 1), (1, 1), (0, 59), (3, 10), (5, 100), (60, 1000), (2000, 40_000)]
)
def test_bounds_are_those_of_clopper_and_pearson(wrong: int, checked: int) -> None:
    """As quantiles of the beta distribution give them."""
    low, high = bounds(wrong, checked)
    assert low == pytest.approx(beta.ppf(0.05, wrong, checked - wrong + 1) if wrong else 0)
    expected = beta.ppf(0.95, wrong + 1, checked - wrong) if wrong < checked else 1
    assert high == pytest.approx(expected)


@pytest.mark.parametrize(
    ("wrong", "checked", "verdict"),
    [
        (0, 0, Verdict.OPEN),
        (0, 58, Verdict.OPEN),
        (0, 59, Verdict.KEPT),
        (1, 10, Verdict.DOUBTFUL),
        (3, 10, Verdict.BROKEN),
        (30, 1000, Verdict.KEPT),
        (80, 1000, Verdict.BROKEN),
    ],
)
def test_verdict_needs_a_bound_on_one_side_of_the_promise(
    wrong: int, checked: int, verdict: Verdict
) -> None:
    """Nothing is said to be kept or broken by a few petitions."""
    assert judged(Overruled("care", checked, wrong, 0), 0.05).verdict is verdict
