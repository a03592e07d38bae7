"""Which calibration suits the scores of unseen authors: four methods on the same held-out scores.

    python benchmarks/calibration.py

Each row is calibrated by what models say of other authors' rows that saw neither its author nor
theirs. Temperature: Guo et al. 2017, as is vector scaling; isotonic: Zadrozny and Elkan 2002, one
against rest; beta: Kull et al. 2017, one against rest. The last two are normalised to add up to 1.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from models.kernel import Floats
from models.linear import softmax
from models.terms import Analyzer
from models.words import Segmenter
from training.corpus import read_corpus
from training.fit import Recipe, count_terms
from training.folds import split
from training.metrics import Outcome, calibration_error, measure
from training.validate import hold_out

Calibrated = Callable[[Floats], Floats]
BANDS = (0, 60, 150, 300, 600)


def loss(confidences: Floats, truth: Floats) -> float:
    """Mean negative log likelihood of the true labels, given as one column of ones a row."""
    return float(-np.log(np.maximum((confidences * truth).sum(axis=1), 1e-12)).mean())


def temperature(scores: Floats, truth: Floats) -> Calibrated:
    """One factor for all scores."""

    def cost(p: Floats) -> float:
        return loss(softmax(scores * np.exp(p)), truth)

    found = minimize(cost, [0.0]).x
    return lambda asked: softmax(asked * np.exp(found))


def vector(scores: Floats, truth: Floats) -> Calibrated:
    """A factor and a bias for each label."""
    n = scores.shape[1]
    start = np.concatenate([np.ones(n), np.zeros(n)])

    def cost(p: Floats) -> float:
        return loss(softmax(scores * np.exp(p[:n]) + p[n:]), truth)

    found = minimize(cost, start).x
    return lambda asked: softmax(asked * np.exp(found[:n]) + found[n:])


def isotonic(scores: Floats, truth: Floats) -> Calibrated:
    """A rising step function for each label."""
    steps = [
        IsotonicRegression(out_of_bounds="clip", y_min=1e-4, y_max=1 - 1e-4).fit(s, t)
        for s, t in zip(scores.T, truth.T, strict=True)
    ]
    return lambda asked: _normalised([f.predict(s) for f, s in zip(steps, asked.T, strict=True)])


def beta(scores: Floats, truth: Floats) -> Calibrated:
    """Three parameters for each label, on the logistic of its score."""

    def curve(p: Floats, score: Floats) -> Floats:
        return np.asarray(expit(p[0] * np.log(expit(score)) - p[1] * np.log(expit(-score)) + p[2]))

    def cost(p: Floats, score: Floats, true: Floats) -> float:
        right = np.where(true > 0, curve(p, score), 1 - curve(p, score))
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    found = [
        minimize(cost, [1.0, 1.0, 0.0], args=(s, t), method="Nelder-Mead").x
        for s, t in zip(scores.T, truth.T, strict=True)
    ]
    return lambda asked: _normalised([curve(p, s) for p, s in zip(found, asked.T, strict=True)])


def _normalised(columns: list[Floats]) -> Floats:
    stacked = np.column_stack(columns) + 1e-9
    return np.asarray(stacked / stacked.sum(axis=1, keepdims=True))


def main() -> None:
    """Print a table in Markdown."""
    dataset, lexicon = read_corpus(())
    recipe = Recipe()
    texts = [row.folded for row in dataset.rows]
    counts = count_terms(Analyzer(Segmenter(lexicon), recipe.sizes), texts, recipe.least_rows)
    folds = split(dataset, 0)
    held_out = hold_out(dataset, counts, folds, recipe, 0, lambda *_: None)
    areas = dataset.areas()
    truth = (areas[:, None] == np.array(held_out.labels)).astype(float)
    lengths = np.array([len(row.folded) for row in dataset.rows])
    band = np.searchsorted(BANDS, lengths, side="right") - 1
    told = " | ".join(f"from {least} characters" for least in BANDS)
    print(f"| method | macro-F1 | ECE | floor | Brier | {told} |")
    print("|---" * (5 + len(BANDS)) + "|")
    methods = {"temperature": temperature, "vector": vector, "isotonic": isotonic, "beta": beta}
    for name, method in {"none": lambda *_: softmax, **methods}.items():
        confidences = np.zeros_like(truth)
        for fold in range(folds.count):
            mine, rest = folds.of_row == fold, folds.of_row != fold
            calibrated = method(held_out.without[fold][rest], truth[rest])
            confidences[mine] = calibrated(held_out.without[fold][mine])
        outcome = Outcome(areas, held_out.labels, confidences, np.zeros(len(areas), dtype=bool))
        found = measure(outcome)
        right = outcome.predicted == areas
        parts = [
            calibration_error(outcome.top[band == b], right[band == b]) for b in range(len(BANDS))
        ]
        values = [found[key] for key in ("macro_f1", "ece", "ece_noise_floor", "brier")] + parts
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |", flush=True)


if __name__ == "__main__":
    main()
