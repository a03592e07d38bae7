"""Terms of labelled rows → TF-IDF → linear models, for any choice of rows."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from models.kernel import Floats, Ints
from models.linear import Linear
from models.terms import Analyzer, Vocabulary, is_pair, is_public
from training.dataset import MIN_ROWS, Dataset
from training.metrics import Bools, Strings

MIN_TOPICS = 2
"""Fewer learnt topics than this, and an area answers without a topic."""

_BAYES_SMOOTHING = 0.1
_LEAST_RATIO = 1e-9
"""Keeps a quotient finite where no term tells one label from another."""


@dataclass(frozen=True)
class Recipe:
    """What is chosen before fitting.

    ``sizes`` are the lengths of character n-grams, ``strength`` is the inverse strength of
    regularisation (C). ``least_rows`` is how many rows must have a dictionary word or a single
    letter to be kept; another term must stand in ``MIN_ROWS``, since it may be of one person.

    ``bias_scale`` below 1 makes a bias dear: terms must speak for an area, also in a short text,
    which has few (macro-F1 of unseen authors of short texts 0.874 → 0.897, of all 0.947 → 0.948).

    ``ratio_scale`` from 0 to 1 makes terms cheap that are much more, or much less, frequent under
    a label (Wang and Manning 2012, "Baselines and Bigrams", whose interpolation it is): 0.953 →
    0.957 of all unseen authors, 0.876 → 0.894 in texts of fewer than 60 characters.
    ``bayes_share`` adds so much of a complement naive Bayes model (Rennie et al. 2003), which is
    linear too: it helps where rows are few and short, and not in the shipped corpus.

    ``local_weight`` is how many shipped rows one of an office's own counts for.
    """

    sizes: tuple[int, ...] = (1, 2)
    least_rows: int = 3
    strength: float = 1.0
    bias_scale: float = 0.1
    ratio_scale: float = 0.25
    bayes_share: float = 0.0
    local_weight: float = 1.0


@dataclass(frozen=True)
class Counts:
    """How often each row has each term; ``matrix`` has shape (rows, terms)."""

    terms: list[str]
    matrix: sparse.csr_matrix

    def vocabulary(self, chosen: Ints, least_rows: int) -> tuple[Vocabulary, Ints]:
        """Terms of enough of the chosen rows (see ``Recipe``), and their columns in ``matrix``.

        The weight is scikit-learn's smoothed idf, ln((1 + n) / (1 + df)) + 1.
        """
        df = np.bincount(self.matrix[chosen].indices, minlength=len(self.terms))
        columns = _kept(self.terms, df, least_rows)
        idf = np.log((1 + len(chosen)) / (1 + df[columns])) + 1
        return Vocabulary([self.terms[at] for at in columns], idf), columns

    def pairs(self, columns: Ints, chosen: Ints) -> Ints:
        """``Rows.pairs`` of the chosen rows, for a vocabulary of these columns."""
        is_known = np.zeros(len(self.terms), dtype=np.float32)
        is_known[columns] = [is_pair(self.terms[at]) for at in columns]
        found: Ints = (self.matrix[chosen] @ is_known).astype(np.int64)
        return found

    def weigh(self, vocabulary: Vocabulary, columns: Ints, chosen: Ints) -> sparse.csr_matrix:
        """TF-IDF of the chosen rows, as ``Vocabulary.rows`` weighs them."""
        matrix = self.matrix[chosen][:, columns]
        values = np.log(matrix.data, dtype=np.float64)
        values += 1
        values *= vocabulary.idf[matrix.indices]
        lengths = np.diff(matrix.indptr)
        filled = np.flatnonzero(lengths)
        squares = np.add.reduceat(values**2, matrix.indptr[filled]) if len(filled) else values
        values /= np.repeat(np.sqrt(squares), lengths[filled])
        return with_values(matrix, values)


def count_terms(analyzer: Analyzer, texts: Iterable[str], least_rows: int) -> Counts:
    """Counts of all terms that enough of the folded texts have (see ``Recipe``)."""
    index: dict[str, int] = {}
    starts, columns = array("q", [0]), array("i")
    for text in texts:
        columns.extend(index.setdefault(term, len(index)) for term in analyzer(text))
        starts.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float32)
    shape = len(starts) - 1, len(index)
    matrix = sparse.csr_matrix((ones, np.asarray(columns), np.asarray(starts)), shape)
    matrix.sum_duplicates()
    df = np.bincount(matrix.indices, minlength=len(index))
    terms = np.array(list(index), dtype=object)
    kept = _kept(terms.tolist(), df, least_rows)
    kept = kept[np.argsort(terms[kept], kind="stable")]  # the same whatever the order of the rows
    return Counts(list(terms[kept]), matrix[:, kept].tocsr())


def with_values(matrix: sparse.csr_matrix, values: Floats) -> sparse.csr_matrix:
    """The matrix with other values in its places, which it shares."""
    return sparse.csr_matrix((values, matrix.indices, matrix.indptr), matrix.shape, copy=False)


def _kept(terms: Sequence[str], df: Ints, least_rows: int) -> Ints:
    """Numbers of the terms that stand in enough rows."""
    kept = df >= MIN_ROWS
    doubtful = np.flatnonzero(~kept & (df >= least_rows))
    kept[doubtful] = [is_public(terms[at]) for at in doubtful.tolist()]
    return np.flatnonzero(kept)


def fit_linear(
    matrix: sparse.csr_matrix, labels: Strings, weights: Floats, recipe: Recipe, seed: int
) -> Linear:
    """One support vector machine for each label (Fan et al. 2008, LIBLINEAR), classes balanced.

    ``weights`` says how much each row counts. The result is rounded to the single precision in
    which a version stores it. Rows of one label alone teach nothing but that label.
    """
    names = tuple(map(str, np.unique(labels)))
    if len(names) == 1 or not matrix.shape[1]:
        return Linear(
            names, np.zeros((matrix.shape[1], len(names)), np.float32), np.zeros(len(names))
        )
    asked = names[1:] if len(names) == 2 else names  # noqa: PLR2004 - one tells two labels apart
    machines = [_tell(matrix, labels == name, weights, recipe, seed) for name in asked]
    found, bias = (np.array(part) for part in zip(*machines, strict=True))
    if len(asked) == 1:
        found, bias = np.vstack([-found, found]) / 2, np.concatenate([-bias, bias]) / 2
    if recipe.bayes_share:
        found = found + recipe.bayes_share * _naive_bayes(matrix, labels, found @ matrix.T)
    rounded = np.ascontiguousarray(found.T, dtype=np.float32)
    return Linear(names, rounded, bias.astype(np.float64))


def _tell(
    matrix: sparse.csr_matrix, is_label: Bools, weights: Floats, recipe: Recipe, seed: int
) -> tuple[Floats, float]:
    """Weights (terms,) and bias of a machine that tells one label from all others."""
    ratios = _log_count_ratios(matrix, is_label)
    scale = 1 + recipe.ratio_scale * (ratios / ratios.mean() - 1)
    scaled = with_values(matrix, matrix.data * scale[matrix.indices])
    machine = LinearSVC(
        C=recipe.strength,
        class_weight="balanced",
        intercept_scaling=recipe.bias_scale,
        random_state=seed,
    )
    machine.fit(scaled, is_label, sample_weight=weights)
    return machine.coef_[0] * scale, float(machine.intercept_[0])


def _log_count_ratios(matrix: sparse.csr_matrix, is_label: Bools) -> Floats:
    """How far a term's share of the rows with a label is from its share of the others."""
    shares = []
    for chosen in (is_label, ~is_label):
        rows = np.bincount(matrix[chosen].indices, minlength=matrix.shape[1]) + 1.0
        shares.append(rows / rows.sum())
    found: Floats = np.abs(np.log(shares[0] / shares[1])) + _LEAST_RATIO
    return found


def _naive_bayes(matrix: sparse.csr_matrix, labels: Strings, scores: Floats) -> Floats:
    """Weights (labels, terms) whose scores on the rows vary as much as the given ones do."""
    machine = ComplementNB(alpha=_BAYES_SMOOTHING).fit(matrix, labels)
    weights: Floats = machine.feature_log_prob_ - machine.feature_log_prob_.mean(axis=0)
    weights *= scores.std() / max((weights @ matrix.T).std(), _LEAST_RATIO)
    return weights


class FittedAreas(NamedTuple):
    """A vocabulary, its columns in ``Counts.matrix``, and an area model."""

    vocabulary: Vocabulary
    columns: Ints
    areas: Linear


class Fitted(NamedTuple):
    """The same with the topic models by area."""

    vocabulary: Vocabulary
    columns: Ints
    areas: Linear
    topics: dict[str, Linear]


def fit_areas(
    dataset: Dataset, counts: Counts, rows: Ints, recipe: Recipe, seed: int
) -> FittedAreas:
    """The upper level, fitted on the given rows alone; the temperature is still 1."""
    vocabulary, columns = counts.vocabulary(rows, recipe.least_rows)
    matrix = counts.weigh(vocabulary, columns, rows)
    weights = dataset.weights(recipe.local_weight)[rows]
    areas = fit_linear(matrix, dataset.areas()[rows], weights, recipe, seed)
    return FittedAreas(vocabulary, columns, areas)


def fit(dataset: Dataset, counts: Counts, rows: Ints, recipe: Recipe, seed: int) -> Fitted:
    """Both levels, fitted on the given rows alone; temperatures are still 1."""
    fitted = Fitted(*fit_areas(dataset, counts, rows, recipe, seed), {})
    matrix = counts.weigh(fitted.vocabulary, fitted.columns, rows)
    areas, topics = dataset.areas()[rows], dataset.topics()[rows]
    weights = dataset.weights(recipe.local_weight)[rows]
    for area in fitted.areas.labels:
        inside = np.flatnonzero((areas == area) & (topics != ""))
        if len(np.unique(topics[inside])) >= MIN_TOPICS:
            fitted.topics[area] = fit_linear(
                matrix[inside], topics[inside], weights[inside], recipe, seed
            )
    return fitted


def scores(model: Linear, matrix: sparse.csr_matrix) -> Floats:
    """Shape (rows of ``matrix``, labels)."""
    found: Floats = matrix @ model.weights + model.bias
    return found
