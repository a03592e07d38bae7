"""A linear model over TF-IDF rows, and the calibration of its scores."""

from dataclasses import dataclass

import numpy as np

from models.terms import Floats, Rows


@dataclass(frozen=True)
class Linear:
    """Scores for ``labels``: ``rows @ weights + bias``; confidence is softmax(score / temperature).

    ``weights`` has shape (terms, labels), ``bias`` (labels,). Dividing all scores by one positive
    number keeps their order, so that the best score always has the highest confidence (temperature
    scaling, Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: float = 1.0

    def scores(self, rows: Rows) -> Floats:
        """Shape (rows, labels). An empty row has the bias alone."""
        scores = np.tile(self.bias, (len(rows.starts) - 1, 1))
        filled = np.flatnonzero(np.diff(rows.starts))
        if len(filled):
            products = self.weights[rows.terms] * rows.values[:, None]
            scores[filled] += np.add.reduceat(products, rows.starts[filled], axis=0)
        return scores

    def confidences(self, scores: Floats) -> Floats:
        """Probabilities of the same shape as ``scores``; each row adds up to 1."""
        return softmax(scores / self.temperature)


def softmax(scores: Floats) -> Floats:
    """Exponentials of each row, divided by their sum."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return total
