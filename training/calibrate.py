"""The temperature that turns held-out scores into probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from models.kernel import Floats
from models.linear import softmax
from training.metrics import Strings

_SEARCH = (np.log(0.02), np.log(20.0))
_LEAST = 1e-12


@dataclass(frozen=True)
class Scored:
    """Scores, of shape (rows, labels), by models that did not see the rows, and the truth."""

    labels: tuple[str, ...]
    scores: Floats
    truth: Strings

    def of_truth(self, temperature: float) -> Floats:
        """The confidence given to the true label of each row whose true label is known."""
        known = np.flatnonzero(np.isin(self.truth, self.labels))
        columns = [self.labels.index(label) for label in self.truth[known]]
        found: Floats = softmax(self.scores[known] / temperature)[np.arange(len(known)), columns]
        return found


def temperature(blocks: Sequence[Scored]) -> float:
    """The one temperature of least negative log likelihood for all blocks (Guo et al. 2017).

    1 where no row can tell.
    """
    if not any(np.isin(block.truth, block.labels).any() for block in blocks):
        return 1.0

    def loss(log_temperature: float) -> float:
        found = np.concatenate([block.of_truth(np.exp(log_temperature)) for block in blocks])
        return float(-np.log(np.maximum(found, _LEAST)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=_SEARCH, method="bounded").x))
