"""The recipe that suits the rows: tried on held-out rows, within a budget counted in fits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import joblib
import numpy as np

from models.kernel import Floats, Ints
from models.linear import softmax
from training.calibrate import Scored, temperature
from training.dataset import Dataset
from training.fit import Counts, Recipe, fit_areas
from training.folds import Folds, alike_apart
from training.metrics import Strings
from training.validate import Progress, area_scores, labels_of

PARTS = 3
"""Each recipe is fitted so many times, without another part of the rows each time."""

MAX_FITS = 24
"""What a search takes at most."""

MAX_ROWS = 15_000
"""Of more rows a sample is searched on: the choice is coarse, and the fits take their time."""

LEAST_LOCAL = 30
"""Fewer rows of an office choose nothing, and count like the shipped ones."""

LOCAL_WEIGHTS = (3.0, 10.0)

_LEAST_PROBABILITY = 1e-6


class Part(NamedTuple):
    """Rows to learn from and other rows to judge by."""

    learnt: Ints
    judged: Ints


@dataclass(frozen=True)
class Search:
    """What recipes are tried on; ``losses`` keeps what is known of each, a loss for each row.

    Of ``dataset`` the labels are enough.
    """

    dataset: Dataset
    counts: Counts
    parts: Sequence[Part]
    seed: int
    progress: Progress
    losses: dict[Recipe, Floats] = field(default_factory=dict)

    def better(self, best: Recipe, tries: Iterable[Recipe]) -> Recipe:
        """``best``, or of ``tries`` the one of least loss where that is no chance.

        It is none where the mean loss is less by more than its standard error (the rule of one
        standard error, Breiman et al. 1984, "Classification and Regression Trees").
        """
        wanted = list(tries)
        self._try([best, *wanted])
        mean = {recipe: self.losses[recipe].mean() for recipe in wanted}
        found = min(wanted, key=lambda recipe: mean[recipe], default=best)
        gain = self.losses[best] - self.losses[found]
        return found if gain.mean() > gain.std() / np.sqrt(len(gain)) else best

    def _try(self, recipes: Sequence[Recipe]) -> None:
        new = [recipe for recipe in recipes if recipe not in self.losses]
        n_fits = len(self.parts) * len(new)
        tasks = (
            joblib.delayed(_scores)(self.dataset, self.counts, part, recipe, self.seed)
            for recipe in new
            for part in self.parts
        )
        found = iter(joblib.Parallel(n_jobs=-1)(tasks) if n_fits else [])
        truth = self.dataset.areas()[np.concatenate([part.judged for part in self.parts])]
        for recipe in new:
            scores = np.concatenate([next(found) for _ in self.parts])
            self.losses[recipe] = _losses(labels_of(self.dataset), scores, truth)
        done = len(self.losses) * len(self.parts)
        self.progress("choosing the recipe", min(done, MAX_FITS), MAX_FITS)


def suited_recipe(
    dataset: Dataset, counts: Counts, folds: Folds, start: Recipe, seed: int, progress: Progress
) -> Recipe:
    """The recipe that is surest of the area of held-out rows, one choice after another.

    ``counts`` must have all terms of the least ``least_rows`` tried.
    """
    rows = np.arange(len(dataset.rows))
    if len(rows) > MAX_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_ROWS, replace=False))
    parts = [
        Part(rows[folds.of_row[rows] != fold], rows[folds.of_row[rows] == fold])
        for fold in range(min(PARTS, folds.count))
    ]
    parts = [part for part in parts if all(map(len, part))]
    search = Search(dataset.without_texts(), counts, parts, seed, progress)
    best = start
    for tries in _CHOICES:
        best = search.better(best, tries(best))
    progress("choosing the recipe", MAX_FITS, MAX_FITS)
    return best


def suited_weight(
    dataset: Dataset, counts: Counts, start: Recipe, seed: int, progress: Progress
) -> Recipe:
    """The recipe with the weight of an office's rows that serves best its other rows."""
    local = np.flatnonzero(dataset.are_local())
    if len(local) < LEAST_LOCAL:
        return start
    of_row = alike_apart(dataset.of(dataset.are_local()), PARTS, seed)
    everything = np.arange(len(dataset.rows))
    parts = [
        Part(np.setdiff1d(everything, local[of_row == fold]), local[of_row == fold])
        for fold in range(int(of_row.max()) + 1)
    ]
    tries = [replace(start, local_weight=weight) for weight in LOCAL_WEIGHTS]
    search = Search(dataset.without_texts(), counts, parts, seed, progress)
    found = search.better(start, tries)
    progress("choosing the recipe", MAX_FITS, MAX_FITS)
    return found


def _least_rows(best: Recipe) -> Iterator[Recipe]:
    yield replace(best, least_rows=3)


def _ratio_scales(best: Recipe) -> Iterator[Recipe]:
    yield from (replace(best, ratio_scale=scale) for scale in (0.0, 0.5))


def _bayes_shares(best: Recipe) -> Iterator[Recipe]:
    yield from (replace(best, bayes_share=share) for share in (0.25, 0.5))


def _strengths(best: Recipe) -> Iterator[Recipe]:
    yield from (replace(best, strength=strength) for strength in (0.3, 3.0))


_CHOICES = (_least_rows, _ratio_scales, _bayes_shares, _strengths)
"""Eight recipes in all with the first, and three fits each."""


def _scores(dataset: Dataset, counts: Counts, part: Part, recipe: Recipe, seed: int) -> Floats:
    fitted = fit_areas(dataset, counts, part.learnt, recipe, seed)
    return area_scores(fitted, counts, part.judged, labels_of(dataset))


def _losses(labels: tuple[str, ...], scores: Floats, truth: Strings) -> Floats:
    """−ln confidence in each row's area at the best temperature, areas weighed alike."""
    confidences = softmax(scores / temperature([Scored(labels, scores, truth)]))
    at = np.searchsorted(labels, truth)
    losses = -np.log(np.maximum(confidences[np.arange(len(at)), at], _LEAST_PROBABILITY))
    weights = 1 / np.bincount(at, minlength=len(labels))[at]
    weighed: Floats = losses * weights / weights.mean()
    return weighed
