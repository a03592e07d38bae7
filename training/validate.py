"""Held-out scores: what models say of rows whose authors they did not learn from."""

from collections.abc import Callable
from dataclasses import dataclass, field

import joblib
import numpy as np

from models.decision import Certificate
from models.linear import softmax
from models.ngrams import Ints
from models.terms import Floats
from training import certify
from training.calibrate import Scored, temperature
from training.dataset import Dataset
from training.fit import Counts, Recipe, fit, scores
from training.folds import Folds
from training.metrics import Judged, Outcome, Strings

Progress = Callable[[str, int, int], None]
"""Called with a step's name, the parts done and all parts."""

_ABSENT = 3.0
"""How far below its other scores a row scores an area that its fold could not learn."""


@dataclass(frozen=True)
class HeldOut:
    """Area scores (rows, labels), the topic answered, and the scores of each true area's topics.

    ``topics`` is the best topic of the best area, "" where there is none.
    """

    labels: tuple[str, ...]
    scores: Floats
    topics: Strings
    topic_scores: list[Scored] = field(default_factory=list)


def hold_out(
    dataset: Dataset, counts: Counts, folds: Folds, recipe: Recipe, seed: int, progress: Progress
) -> HeldOut:
    """Scores of every row by the model that was fitted without its fold."""
    labels = tuple(sorted(set(dataset.areas())))
    held_out = HeldOut(
        labels,
        np.zeros((len(dataset.rows), len(labels))),
        np.full(len(dataset.rows), "", dtype="U64"),
    )
    tasks = (
        joblib.delayed(_score_fold)(dataset, counts, folds.of_row == fold, labels, recipe, seed)
        for fold in range(folds.count)
    )
    parallel = joblib.Parallel(n_jobs=-1, return_as="generator")
    for done, (rows, areas, topics, topic_scores) in enumerate(parallel(tasks), 1):
        held_out.scores[rows], held_out.topics[rows] = areas, topics
        held_out.topic_scores.extend(topic_scores)
        progress("validating on unseen authors", done, folds.count)
    return held_out


def cross_fit(held_out: HeldOut, dataset: Dataset, folds: Folds, target: float) -> Outcome:
    """Confidence and decision for each row, calibrated and certified without its own fold."""
    truth = dataset.areas()
    confidences = np.zeros_like(held_out.scores)
    auto = np.zeros(len(truth), dtype=bool)
    for fold in range(folds.count):
        mine, rest = folds.of_row == fold, folds.of_row != fold
        heat = temperature([Scored(held_out.labels, held_out.scores[rest], truth[rest])])
        confidences[mine] = softmax(held_out.scores[mine] / heat)
        certificates = {}
        if folds.authors_known:
            certificates = certify.certify(
                Judged(truth[rest], held_out.labels, softmax(held_out.scores[rest] / heat)),
                folds.groups[rest],
                target,
                dataset.taxonomy.other,
                dataset.evidence,
            )
        auto[mine] = decided(held_out.labels, confidences[mine], certificates)
    return Outcome(truth, held_out.labels, confidences, auto)


def decided(
    labels: tuple[str, ...], confidences: Floats, certificates: dict[str, Certificate]
) -> np.ndarray:
    """Whether each row reaches the threshold of its best area."""
    thresholds = np.array(
        [certificates[x].threshold if x in certificates else np.inf for x in labels]
    )
    best = confidences.argmax(axis=1)
    return np.asarray(confidences.max(axis=1) >= thresholds[best])


def _score_fold(
    dataset: Dataset,
    counts: Counts,
    mine: np.ndarray,
    labels: tuple[str, ...],
    recipe: Recipe,
    seed: int,
) -> tuple[Ints, Floats, Strings, list[Scored]]:
    rows = np.flatnonzero(mine)
    fitted = fit(dataset, counts, np.flatnonzero(~mine), recipe, seed)
    matrix = counts.weigh(fitted.vocabulary, fitted.columns, rows)
    found = _all_labels(scores(fitted.areas, matrix), fitted.areas.labels, labels)
    best, truth = np.array(labels)[found.argmax(axis=1)], dataset.areas()[rows]
    topics = np.full(len(rows), "", dtype="U64")
    topic_scores = []
    for area, model in fitted.topics.items():
        inside = scores(model, matrix)
        said = best == area
        topics[said] = np.array(model.labels)[inside[said].argmax(axis=1)]
        topic_scores.append(
            Scored(model.labels, inside[truth == area], dataset.topics()[rows][truth == area])
        )
    return rows, found, topics, topic_scores


def _all_labels(found: Floats, learnt: tuple[str, ...], labels: tuple[str, ...]) -> Floats:
    """The same scores with a column for every label."""
    everything = np.tile(found.min(axis=1, keepdims=True) - _ABSENT, (1, len(labels)))
    everything[:, [labels.index(label) for label in learnt]] = found
    return everything
