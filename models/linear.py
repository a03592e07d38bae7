"""A linear model over TF-IDF rows, and the calibration of its scores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.kernel import Floats, Ints, Weights, kernel
from models.terms import Rows, lengths_of, take

_LEAST = 1e-300
"""Keeps a quotient finite."""


@dataclass(frozen=True)
class Linear:
    """Scores for ``labels``: ``rows @ weights + bias``; confidence is softmax(score / temperature).

    ``weights`` has shape (terms, labels), in single precision, as looking them up waits for memory;
    ``bias`` (labels,). Dividing all scores by one positive number keeps their order, so that the
    best score always has the highest confidence (temperature scaling, Guo et al. 2017, "On
    Calibration of Modern Neural Networks").
    """

    labels: tuple[str, ...]
    weights: Weights
    bias: Floats
    temperature: float = 1.0

    def scores(self, rows: Rows, chosen: Ints | None = None) -> Floats:
        """Shape (rows, labels), of the ``chosen`` rows or all. An empty row has the bias alone."""
        if chosen is None:
            chosen = np.arange(len(rows.pairs))
        scores = np.empty((len(chosen), len(self.labels)))
        scores[:] = self.bias
        if kernel is not None:
            entries = rows.starts, rows.terms, rows.values
            kernel.scores(*entries, self.weights, len(self.labels), chosen, scores)
            return scores
        rows = take(rows, chosen)
        filled = np.flatnonzero(lengths_of(rows))
        if len(filled):
            products = self.weights.take(rows.terms, axis=0) * rows.values[:, None]
            scores[filled] += np.add.reduceat(products, rows.starts[filled], axis=0)
        return scores

    def breadths(self, rows: Rows, best: Ints) -> Floats:
        """How many terms each row's label ``best`` rests on: the effective number of those for it.

        That is (sum of c)² / sum of c² over the contributions c that are above the mean over the
        labels (Kish 1965, "Survey Sampling", of weights). An empty row has 0.
        """
        lengths = lengths_of(rows)
        found = np.zeros(len(lengths))
        if kernel is not None:
            entries = rows.starts, rows.terms, rows.values
            kernel.breadths(*entries, self._towards, len(self.labels), best, found)
            return found
        places = rows.terms * len(self.labels) + np.repeat(best, lengths)
        clues = np.maximum(self._towards.take(places), 0) * rows.values
        filled = np.flatnonzero(lengths)
        if len(filled):
            starts = rows.starts[filled]
            squares = np.add.reduceat(clues * clues, starts)
            found[filled] = np.add.reduceat(clues, starts) ** 2 / np.maximum(squares, _LEAST)
        return found

    @cached_property
    def _towards(self) -> Weights:
        """How far each weight is above the mean over the labels: (terms · labels,)."""
        found: Weights = (self.weights - self.weights.mean(axis=1, keepdims=True)).ravel()
        return found

    def confidences(self, scores: Floats) -> Floats:
        """Probabilities of the same shape as ``scores``; each row adds up to 1."""
        return softmax(scores / self.temperature)


def softmax(scores: Floats) -> Floats:
    """Exponentials of each row, divided by their sum."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return total
