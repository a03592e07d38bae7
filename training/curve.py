"""The learning curve: whether more authors, and more rows, would still pay."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from models.ngrams import Ints
from training.dataset import Dataset
from training.fit import Counts, Recipe, fit_linear, scores
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


def draw_curve(points: Sequence[Point]) -> str:
    """The curve as an SVG picture of 480 by 300, macro-F1 over the number of rows."""
    return "\n".join(_svg(points))


def _sizes(most: int) -> list[int]:
    doubled = [2**power for power in range(most.bit_length()) if 2**power < most]
    return [*doubled, most]


def _predict(
    dataset: Dataset, counts: Counts, learnt: Ints, asked: Ints, recipe: Recipe, seed: int
) -> Strings:
    vocabulary, columns = counts.vocabulary(learnt)
    matrix = counts.weigh(vocabulary, columns, learnt)
    model = fit_linear(matrix, dataset.areas()[learnt], recipe.strength, seed)
    found = scores(model, counts.weigh(vocabulary, columns, asked))
    predicted: Strings = np.array(model.labels)[found.argmax(axis=1)]
    return predicted


def _svg(points: Sequence[Point]) -> Iterator[str]:
    low = np.floor(min(point.macro_f1 for point in points) * 10) / 10
    widest = max(point.rows for point in points)

    def x(point: Point) -> float:
        return 60 + 390 * point.rows / widest

    def y(value: float) -> float:
        return float(250 - 220 * (value - low) / (1 - low))

    yield '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" font-size="12">'
    yield '<rect width="480" height="300" fill="white"/>'
    for value in np.arange(low, 1.001, 0.1):
        yield f'<line x1="60" x2="450" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#dddddd"/>'
        yield f'<text x="52" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>'
    path = " ".join(f"{x(point):.1f},{y(point.macro_f1):.1f}" for point in points)
    yield f'<polyline points="{path}" fill="none" stroke="#0d6efd" stroke-width="2"/>'
    for point in points:
        at = f'cx="{x(point):.1f}" cy="{y(point.macro_f1):.1f}"'
        told = f"{point.authors} authors, {point.rows} rows: {point.macro_f1:.3f}"
        yield f'<circle {at} r="4" fill="#0d6efd"><title>{told}</title></circle>'
        yield f'<text x="{x(point):.1f}" y="268" text-anchor="middle">{point.authors}</text>'
    yield '<text x="255" y="290" text-anchor="middle">authors learnt from (spaced by rows)</text>'
    yield '<text x="60" y="18">macro-F1 on unseen authors</text>'
    yield "</svg>"
