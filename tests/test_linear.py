"""The linear model: scores, confidences, and how many terms an answer rests on."""

import numpy as np
import pytest

from models.linear import Linear
from models.terms import Rows

MODEL = Linear(("a", "b"), np.array([[1, -1], [1, -1], [-1, 1]], np.float32), np.zeros(2))


def _row(*values: float) -> Rows:
    filled = [at for at, value in enumerate(values) if value]
    return Rows(
        np.array([0, len(filled)]),
        np.array(filled, dtype=np.int64),
        np.array([values[at] for at in filled], dtype=np.float64),
        np.array([0]),
    )


@pytest.mark.parametrize(
    ("values", "breadth"), [((1, 1, 0), 2), ((1, 0, 0), 1), ((1, 1, 5), 2), ((0, 0, 0), 0)]
)
def test_terms_that_speak_for_the_answer_are_counted(
    values: tuple[float, float, float], breadth: float
) -> None:
    """Alike ones count one each; those that speak against it count nothing."""
    assert MODEL.breadths(_row(*values), np.array([0])) == pytest.approx([breadth])


def test_one_strong_term_makes_a_narrow_answer() -> None:
    """It outweighs the others, so that there are hardly more than one."""
    assert MODEL.breadths(_row(10, 1, 0), np.array([0]))[0] < 1.3
