"""The learning curve: whether more authors, and more rows, would still pay."""

from typing import NamedTuple

import numpy as np

from models.kernel import Ints
from training.dataset import Dataset
from training.fit import Counts, Recipe, fit_areas, scores
from training.folds import Folds
from training.metrics import Strings, macro_f1
from training.validate import Progress


class Point(NamedTuple):
    """Macro-F1 over areas on unseen authors after learning from so many authors and rows."""

    authors: int
    rows: int
    macro_f1: float


def learning_curve(
    dataset: Dataset, counts: Counts, folds: Folds, recipe: Recipe, seed: int, progress: Progress
) -> list[Point]:
    """Points for 1, 2, 4, … authors; for each fold they are drawn anew from the others."""
    random = np.random.default_rng(seed)
    most = min(len(np.unique(folds.groups[folds.of_row != fold])) for fold in range(folds.count))
    points = []
    for n_authors in (sizes := _sizes(most)):
        predicted = np.full(len(dataset.rows), "", dtype="U64")
        learnt = 0
        for fold in range(folds.count):
            others = np.unique(folds.groups[folds.of_row != fold])
            drawn = random.choice(others, n_authors, replace=False)
            rows = np.flatnonzero(np.isin(folds.groups, drawn) & (folds.of_row != fold))
            mine = np.flatnonzero(folds.of_row == fold)
            predicted[mine] = _predict(dataset, counts, rows, mine, recipe, seed)
            learnt += len(rows)
        score = macro_f1(dataset.areas(), predicted)
        points.append(Point(n_authors, learnt // folds.count, score))
        progress("drawing the learning curve", len(points), len(sizes))
    return points


def _sizes(most: int) -> list[int]:
    doubled = [2**power for power in range(most.bit_length()) if 2**power < most]
    return [*doubled, most]


def _predict(
    dataset: Dataset, counts: Counts, learnt: Ints, asked: Ints, recipe: Recipe, seed: int
) -> Strings:
    fitted = fit_areas(dataset, counts, learnt, recipe, seed)
    found = scores(fitted.areas, counts.weigh(fitted.vocabulary, fitted.columns, asked))
    predicted: Strings = np.array(fitted.areas.labels)[found.argmax(axis=1)]
    return predicted
