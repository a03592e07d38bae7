"""Which rows are held out together: an author's, or near-duplicates."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from models.ngrams import Ints
from training.dataset import Dataset
from training.similar import similar_groups

MIN_AUTHORS = 5
MAX_FOLDS = 8
UNKNOWN_AUTHORS = "authors unknown, optimistic"


@dataclass(frozen=True)
class Folds:
    """Fold number per row, the groups that were kept whole, and what to say of them."""

    of_row: Ints
    groups: npt.NDArray[np.str_]
    note: str = ""

    @property
    def count(self) -> int:
        """How many folds there are."""
        return int(self.of_row.max()) + 1


def split(dataset: Dataset, seed: int) -> Folds:
    """Folds of whole authors, one each up to ``MAX_FOLDS``.

    With fewer than ``MIN_AUTHORS`` authors, or an area that one author wrote alone: stratified
    folds that keep near-duplicates together.
    """
    authors = dataset.authors()
    n_authors = len(np.unique(authors))
    if n_authors >= MIN_AUTHORS and _least_authors(dataset) > 1:
        return Folds(_spread(dataset.areas(), authors, min(n_authors, MAX_FOLDS), seed), authors)
    groups = similar_groups([row.folded for row in dataset.rows])
    smallest = int(np.unique(dataset.areas(), return_counts=True)[1].min())
    n_folds = max(2, min(MIN_AUTHORS, smallest, len(np.unique(groups))))
    return Folds(_spread(dataset.areas(), groups, n_folds, seed), groups, UNKNOWN_AUTHORS)


def _least_authors(dataset: Dataset) -> int:
    """How many authors the area with the fewest has."""
    pairs = {(row.area, row.author) for row in dataset.rows}
    return min(Counter(area for area, _ in pairs).values())


def _spread(
    areas: npt.NDArray[np.str_], groups: npt.NDArray[np.str_], n_folds: int, seed: int
) -> Ints:
    of_row = np.zeros(len(areas), dtype=np.int64)
    if n_folds == len(np.unique(groups)):
        of_row[:] = np.unique(groups, return_inverse=True)[1]
        return of_row
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(areas)), areas, groups)):
        of_row[held_out] = fold
    return of_row
