"""Held-out scores: what models say of rows whose authors they did not learn from."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import joblib
import numpy as np

from models.decision import Certificate, count_chars, known_share
from models.kernel import Floats, Ints
from models.terms import Rows
from training import certify
from training.calibrate import Scored, temperature
from training.dataset import Dataset
from training.fit import Counts, FittedAreas, Recipe, fit, fit_areas, scores
from training.folds import Folds
from training.metrics import Bools, Judged, Outcome, Strings
from training.shares import adjusted

Progress = Callable[[str, int, int], None]
"""Called with a step's name, the parts done and all parts."""

SHORT_PERCENTILE = 10
"""A text shorter than all but this percentage of the rows learnt from goes to a person."""

LEAST_CHARS = 6
"""So does a text with fewer characters than this, however short the rows were."""

STRANGE_PERCENTILE = 5
"""And one of which less is known, or whose answer rests on fewer terms, than of all but this
percentage of held-out rows."""

_ABSENT = 3.0
"""How far below its other scores a row scores an area that its fold could not learn."""

_TOO_FEW = 2
"""Of so few folds, leaving out two leaves nothing to learn from."""


@dataclass(frozen=True)
class HeldOut:
    """What models say that did not see the row's own fold.

    ``without[fold]`` has area scores (rows, labels) by models that saw neither that fold nor the
    row's own: what may be calibrated and certified on before the fold is looked at. ``topics``
    (rows, labels) is the best topic of each area, "" where there is none; ``topic_scores`` are the
    scores of each true area's topics. ``pairs`` is how many sequences of two characters of each row
    were known, ``chars`` how many characters it has by ``count_chars``, ``breadths`` on how many
    terms its best area rested.
    """

    labels: tuple[str, ...]
    of_row: Ints
    without: Floats
    topics: Strings
    topic_scores: list[Scored]
    pairs: Ints
    chars: Ints
    breadths: Floats

    def topics_of(self, areas: Strings) -> Strings:
        """For each row the best topic of the given area, "" where there is none."""
        columns = [self.labels.index(area) if area else 0 for area in areas.tolist()]
        return self.topics[np.arange(len(areas)), columns].astype(str)

    @property
    def known(self) -> Floats:
        """``known_share`` of each row."""
        return np.array(list(map(known_share, self.chars.tolist(), self.pairs.tolist())))

    @property
    def scores(self) -> Floats:
        """Area scores (rows, labels) by the models that saw all but the row's own fold."""
        found: Floats = self.without[self.of_row, np.arange(len(self.of_row))]
        return found


class _Scores(NamedTuple):
    """Rows by number and their area scores; topics only from a model that missed one fold."""

    rows: Ints
    areas: Floats
    topics: Strings
    topic_scores: list[Scored]
    pairs: Ints
    breadths: Floats


def hold_out(
    dataset: Dataset, counts: Counts, folds: Folds, recipe: Recipe, seed: int, progress: Progress
) -> HeldOut:
    """Scores of every row by models fitted without its fold, and without each other fold too.

    One model that missed two folds serves both of them, so that n folds take n + n (n - 1) / 2 fits
    of the areas.
    """
    labels = labels_of(dataset)
    n_rows = len(dataset.rows)
    held_out = HeldOut(
        labels,
        folds.of_row,
        np.zeros((folds.count, n_rows, len(labels))),
        np.full((n_rows, len(labels)), "", dtype=object),
        [],
        np.zeros(n_rows, dtype=np.int64),
        np.array([count_chars(row.folded) for row in dataset.rows]),
        np.zeros(n_rows),
    )
    missed: list[tuple[int, ...]] = [(fold,) for fold in range(folds.count)]
    if folds.count > _TOO_FEW:
        missed += combinations(range(folds.count), 2)
    labelled = dataset.without_texts()
    tasks = (
        joblib.delayed(_score)(labelled, counts, folds.of_row, pair, labels, recipe, seed)
        for pair in missed
    )
    parallel = joblib.Parallel(n_jobs=-1, return_as="generator")
    for done, (pair, found) in enumerate(zip(missed, parallel(tasks), strict=True), 1):
        for fold in pair:
            # Of a pair, the rows of the one fold are for when the other is looked at.
            theirs = folds.of_row[found.rows] != fold if len(pair) > 1 else slice(None)
            held_out.without[fold, found.rows[theirs]] = found.areas[theirs]
        if len(pair) == 1:
            if folds.count == _TOO_FEW:
                held_out.without[:, found.rows] = found.areas
            held_out.topics[found.rows] = found.topics
            held_out.pairs[found.rows] = found.pairs
            held_out.breadths[found.rows] = found.breadths
            held_out.topic_scores.extend(found.topic_scores)
        progress("validating on unseen authors", done, len(missed))
    return held_out


def labels_of(dataset: Dataset) -> tuple[str, ...]:
    """The codes of the areas that occur, sorted."""
    return tuple(np.unique(dataset.areas()).tolist())


@dataclass(frozen=True)
class Shift:
    """What other shares of the areas change: the ratio of each label's shares, the rows kept."""

    ratios: Floats
    kept: Bools


def cross_fit(
    held_out: HeldOut, dataset: Dataset, folds: Folds, target: float, shift: Shift
) -> Outcome:
    """Confidence and decision for each row, by models, calibration and limits without its fold.

    Nothing that bears on a row has seen its author, where authors are known and make three folds.
    Only rows that ``shift`` keeps certify.
    """
    truth = dataset.areas()
    confidences = np.zeros_like(held_out.scores)
    auto = np.zeros(len(truth), dtype=bool)
    chars, known = held_out.chars, held_out.known
    for fold in range(folds.count):
        mine, rest = folds.of_row == fold, folds.of_row != fold
        without = held_out.without[fold]
        heat = temperature([Scored(held_out.labels, without[rest], truth[rest])])
        confidences[mine] = adjusted(without[mine], heat, shift.ratios)
        limits = text_limits(chars[rest], known[rest], held_out.breadths[rest])
        plain = limits.kept_by(held_out)
        certificates = {}
        if folds.authors_known:
            rest &= plain & shift.kept
            certificates = certify.certify(
                Judged(truth[rest], held_out.labels, adjusted(without[rest], heat, shift.ratios)),
                folds.groups[rest],
                target,
                dataset.taxonomy.other,
                dataset.evidence,
            )
        auto[mine] = decided(held_out.labels, confidences[mine], certificates) & plain[mine]
    return Outcome(truth, held_out.labels, confidences, auto)


class TextLimits(NamedTuple):
    """``Policy.min_chars``, ``Policy.min_known`` and ``Policy.min_breadth``."""

    min_chars: int
    min_known: float
    min_breadth: float

    def kept_by(self, held_out: HeldOut) -> Bools:
        """Whether each row is within the limits."""
        kept: Bools = (
            (held_out.chars >= self.min_chars)
            & (held_out.known >= self.min_known)
            & (held_out.breadths >= self.min_breadth)
        )
        return kept


def text_limits(chars: Ints, known: Floats, breadths: Floats) -> TextLimits:
    """Limits that most rows keep; a text beyond them goes to a person."""
    min_chars = max(LEAST_CHARS, int(np.percentile(chars, SHORT_PERCENTILE)))
    long_enough = chars >= min_chars
    if not long_enough.any():
        return TextLimits(min_chars, 1.0, np.inf)
    limits = (np.percentile(each[long_enough], STRANGE_PERCENTILE) for each in (known, breadths))
    return TextLimits(min_chars, *map(float, limits))


def decided(
    labels: tuple[str, ...], confidences: Floats, certificates: dict[str, Certificate]
) -> np.ndarray:
    """Whether each row reaches the threshold of its best area."""
    thresholds = np.array(
        [certificates[x].threshold if x in certificates else np.inf for x in labels]
    )
    best = confidences.argmax(axis=1)
    return np.asarray(confidences.max(axis=1) >= thresholds[best])


def _score(
    dataset: Dataset,
    counts: Counts,
    of_row: Ints,
    missed: tuple[int, ...],
    labels: tuple[str, ...],
    recipe: Recipe,
    seed: int,
) -> _Scores:
    """Scores of the rows in the missed folds by a model of the others."""
    is_missed = np.isin(of_row, missed)
    rows, learnt = np.flatnonzero(is_missed), np.flatnonzero(~is_missed)
    if len(missed) > 1:
        fitted = fit_areas(dataset, counts, learnt, recipe, seed)
        nothing = np.array([])
        areas = area_scores(fitted, counts, rows, labels)
        return _Scores(rows, areas, nothing, [], nothing, nothing)
    both = fit(dataset, counts, learnt, recipe, seed)
    areas = area_scores(FittedAreas(*both[:3]), counts, rows, labels)
    matrix = counts.weigh(both.vocabulary, both.columns, rows)
    truth = dataset.areas()[rows]
    topics = np.full((len(rows), len(labels)), "", dtype=object)
    topic_scores = []
    for area, model in both.topics.items():
        inside = scores(model, matrix)
        topics[:, labels.index(area)] = np.array(model.labels)[inside.argmax(axis=1)]
        topic_scores.append(
            Scored(model.labels, inside[truth == area], dataset.topics()[rows][truth == area])
        )
    places = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    terms = Rows(*places, matrix.data, counts.pairs(both.columns, rows))
    breadths = both.areas.breadths(terms, scores(both.areas, matrix).argmax(axis=1))
    return _Scores(rows, areas, topics, topic_scores, terms.pairs, breadths)


def area_scores(fitted: FittedAreas, counts: Counts, rows: Ints, labels: tuple[str, ...]) -> Floats:
    """Scores with a column for every label, learnt or not."""
    found = scores(fitted.areas, counts.weigh(fitted.vocabulary, fitted.columns, rows))
    everything = np.tile(found.min(axis=1, keepdims=True) - _ABSENT, (1, len(labels)))
    everything[:, [labels.index(label) for label in fitted.areas.labels]] = found
    return everything
