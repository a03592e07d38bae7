"""How far a figure would move with other authors: they are drawn again, with replacement.

Rows of one author are alike, so that whole authors are drawn (cluster bootstrap; Davison and
Hinkley 1997, "Bootstrap Methods and Their Application", section 3.8).
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models.kernel import Floats, Ints
from training.metrics import Outcome, Strings, calibration_error

LEAST_AUTHORS = 5
DRAWS = 1000
_DRAWS_OF_ROWS = 200
"""Fewer where each draw has to look at every row."""


def draw_authors(n_authors: int, seed: int, draws: int = DRAWS) -> Ints:
    """How often each author was drawn: shape (draws, authors)."""
    random = np.random.default_rng(seed)
    shares = np.full(n_authors, 1 / n_authors)
    return random.multinomial(n_authors, shares, size=draws).astype(np.int64)


def macro_f1_draws(
    truth: Strings, predicted: Strings, authors: Strings, labels: Sequence[str], drawn: Ints
) -> Floats:
    """Macro-F1 over the ``labels`` in each draw's truth; ``drawn`` is from ``draw_authors``."""
    of_author = np.unique(authors, return_inverse=True)[1]
    hits, said, true = (
        drawn @ np.array([_sums(mask & who, of_author) for mask, who in pairs]).T
        for pairs in (
            [(truth == label, predicted == label) for label in labels],
            [(predicted == label, np.ones(len(truth), dtype=bool)) for label in labels],
            [(truth == label, np.ones(len(truth), dtype=bool)) for label in labels],
        )
    )
    f1 = 2 * hits / np.maximum(said + true, 1)
    present = true > 0
    averaged: Floats = (f1 * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return averaged


def intervals(outcome: Outcome, authors: Strings, seed: int = 0) -> dict[str, list[float] | None]:
    """95 % intervals of the headline metrics; None where a metric has no value.

    With fewer than ``LEAST_AUTHORS`` authors single rows are drawn again instead.
    """
    if drawn_by(authors) == "rows":
        authors = np.arange(len(authors)).astype(str)
    of_author = np.unique(authors, return_inverse=True)[1]
    drawn = draw_authors(int(of_author.max()) + 1, seed)
    right = outcome.predicted == outcome.truth
    rows, n_right, n_auto, n_auto_right = (
        drawn @ _sums(mask, of_author)
        for mask in (np.ones(len(right), dtype=bool), right, outcome.auto, outcome.auto & right)
    )
    labels = np.unique(outcome.truth).tolist()
    return {
        "accuracy": _interval(n_right / rows),
        "macro_f1": _interval(
            macro_f1_draws(outcome.truth, outcome.predicted, authors, labels, drawn)
        ),
        "ece": _reflected(
            calibration_error(outcome.top, right),
            _row_draws(
                of_author,
                drawn[:_DRAWS_OF_ROWS],
                lambda at: calibration_error(outcome.top[at], right[at]),
            ),
        ),
        "auto_share": _interval(n_auto / rows),
        "auto_precision": _interval((n_auto_right / np.maximum(n_auto, 1))[n_auto > 0]),
    }


def drawn_by(authors: Strings) -> str:
    """Whether ``intervals`` draws "authors" or, where there are too few of them, "rows"."""
    return "authors" if len(np.unique(authors)) >= LEAST_AUTHORS else "rows"


def _sums(mask: npt.NDArray[np.bool_], of_author: Ints) -> Ints:
    return np.bincount(of_author, weights=mask, minlength=int(of_author.max()) + 1).astype(np.int64)


def _row_draws(of_author: Ints, drawn: Ints, measured: Callable[[Ints], float]) -> Floats:
    """``measured`` on the rows of each draw."""
    rows = np.arange(len(of_author))
    return np.array([measured(np.repeat(rows, counts[of_author])) for counts in drawn])


def _reflected(value: float, draws: Floats) -> list[float]:
    """The basic interval: a drawn calibration error is above the value by chance alone."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return [max(0.0, 2 * value - float(high)), max(value, 2 * value - float(low))]


def _interval(draws: Floats) -> list[float] | None:
    if not len(draws):
        return None
    low, high = np.percentile(draws, [2.5, 97.5])
    return [float(low), float(high)]
