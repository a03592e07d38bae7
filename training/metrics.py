"""How good predictions are, and how honest their confidence is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.kernel import Floats

N_BINS = 15
"""Equal-mass bins of the calibration error."""

_NOISE_DRAWS = 200
_WORKLOAD_POINTS = 50

Bools = npt.NDArray[np.bool_]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Judged:
    """What was true of each row and how likely each label was called: shape (rows, labels)."""

    truth: Strings
    labels: tuple[str, ...]
    confidences: Floats

    @property
    def predicted(self) -> Strings:
        """The label of highest confidence per row, "" where all are 0: no known term, no answer."""
        best = np.array(self.labels)[self.confidences.argmax(axis=1)]
        return np.where(self.top > 0, best, "")

    @property
    def top(self) -> Floats:
        """The highest confidence per row."""
        top: Floats = self.confidences.max(axis=1)
        return top


@dataclass(frozen=True)
class Outcome(Judged):
    """The same, with the rows that were decided alone."""

    auto: Bools

    def of(self, rows: npt.NDArray[Any]) -> "Outcome":
        """The outcome of some rows, given by a mask or by their numbers."""
        return Outcome(self.truth[rows], self.labels, self.confidences[rows], self.auto[rows])


def measure(outcome: Outcome, seed: int = 0) -> dict[str, Any]:
    """The metrics of ``report.json``; macro-F1 averages the labels present in the truth."""
    right = outcome.predicted == outcome.truth
    by_label = {label: _label_metrics(outcome, label) for label in outcome.labels}
    present = [found["f1"] for found in by_label.values() if found["n"]]
    auto = outcome.auto
    return {
        "n": len(right),
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean(present)),
        "ece": calibration_error(outcome.top, right),
        "ece_noise_floor": noise_floor(outcome.top, seed),
        "brier": _brier(outcome),
        "auto_share": float(auto.mean()),
        "auto_precision": float(right[auto].mean()) if auto.any() else None,
        "areas": by_label,
    }


def calibration_error(top: Floats, right: Bools) -> float:
    """Expected calibration error of the top label over equal-mass bins."""
    gaps = [
        abs(float(top[rows].mean()) - float(right[rows].mean())) * len(rows) for rows in _bins(top)
    ]
    return sum(gaps) / len(top)


def reliability(outcome: Outcome) -> list[dict[str, Any]]:
    """Mean confidence, share that was right and rows of each bin of ``calibration_error``."""
    right = outcome.predicted == outcome.truth
    return [
        {
            "confidence": float(outcome.top[rows].mean()),
            "right": float(right[rows].mean()),
            "n": len(rows),
        }
        for rows in _bins(outcome.top)
    ]


def workload(outcome: Outcome, other: str | None) -> list[dict[str, float]]:
    """What one threshold for all areas but ``other`` would do: share decided alone, precision.

    Points by falling threshold, in steps of a fiftieth of the rows that could be decided alone.
    """
    could = np.flatnonzero(~np.isin(outcome.predicted, ["", other or ""]))
    order = could[np.argsort(-outcome.top[could], kind="stable")]
    right = np.cumsum(outcome.predicted[order] == outcome.truth[order])
    counts = np.unique(np.linspace(0, len(order), _WORKLOAD_POINTS + 1).astype(int)[1:])
    return [
        {"share": float(n / len(outcome.truth)), "precision": float(right[n - 1] / n)}
        for n in counts
        if n
    ]


def _bins(top: Floats) -> list[npt.NDArray[np.int64]]:
    order = np.argsort(top, kind="stable")
    return np.array_split(order, min(N_BINS, len(order)))


def noise_floor(top: Floats, seed: int) -> float:
    """What ``calibration_error`` shows on average for a perfectly calibrated model at this size."""
    random = np.random.default_rng(seed)
    draws = [calibration_error(top, random.random(len(top)) < top) for _ in range(_NOISE_DRAWS)]
    return float(np.mean(draws))


def macro_f1(truth: Strings, predicted: Strings) -> float:
    """Mean F1 of the labels present in the truth."""
    return float(
        np.mean([f1_of(truth == label, predicted == label)[2] for label in np.unique(truth)])
    )


def confusion(truth: Strings, predicted: Strings, labels: Sequence[str]) -> list[list[int]]:
    """Counts: a line per true label, a column per predicted one."""
    return [
        [int(((truth == one) & (predicted == other)).sum()) for other in labels] for one in labels
    ]


def _label_metrics(outcome: Outcome, label: str) -> dict[str, Any]:
    is_label, said = outcome.truth == label, outcome.predicted == label
    precision, recall, f1 = f1_of(is_label, said)
    return {"precision": precision, "recall": recall, "f1": f1, "n": int(is_label.sum())}


def f1_of(is_label: Bools, said: Bools) -> tuple[float, float, float]:
    """Precision, recall and F1 of one label; 0 where there is nothing to divide by."""
    hits = float((is_label & said).sum())
    precision = hits / said.sum() if said.any() else 0.0
    recall = hits / is_label.sum() if is_label.any() else 0.0
    f1 = 2 * hits / (said.sum() + is_label.sum()) if hits else 0.0
    return float(precision), float(recall), float(f1)


def _brier(outcome: Outcome) -> float:
    truth = outcome.truth[:, None] == np.array(outcome.labels)
    return float(((outcome.confidences - truth) ** 2).sum(axis=1).mean())
