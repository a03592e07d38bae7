"""Which rows are held out together: an author's, or near-duplicates."""

import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from models.errors import DatasetError
from models.kernel import Ints
from training.dataset import Dataset
from training.similar import similar_groups

MIN_AUTHORS = 5
MIN_FOLDS, MAX_FOLDS = 3, 8
ROWS_TO_FIT = 160_000
"""About so many rows in all folds: with many rows, fewer folds keep the time of training."""

UNKNOWN_AUTHORS = "authors unknown, optimistic"


@dataclass(frozen=True)
class Folds:
    """Fold number per row, the groups that were kept whole, and what to say of them."""

    of_row: Ints
    groups: npt.NDArray[np.str_]
    note: str = ""

    @property
    def authors_known(self) -> bool:
        """Whether the groups are authors; only then can anything be certified."""
        return not self.note

    @property
    def count(self) -> int:
        """How many folds there are."""
        return int(self.of_row.max()) + 1


def split(dataset: Dataset, seed: int) -> Folds:
    """Folds of whole authors, one each up to ``MAX_FOLDS``, fewer for very many rows.

    With fewer than ``MIN_AUTHORS`` authors, or an area that one author wrote alone: stratified
    folds that keep near-duplicates together. Raises DatasetError where all rows are alike.
    """
    authors = dataset.authors()
    n_authors = len(np.unique(authors))
    if n_authors >= MIN_AUTHORS and _least_authors(dataset) > 1:
        n_folds = min(n_authors, _max_folds(len(authors)), _most_rows(dataset))
        return Folds(_spread(dataset.areas(), authors, n_folds, seed), authors)
    groups = similar_groups([row.folded for row in dataset.rows])
    n_groups = len(np.unique(groups))
    if n_groups < 2:  # noqa: PLR2004
        raise DatasetError("all rows are the same text", remedy="give different petitions")
    n_folds = min(MIN_AUTHORS, _max_folds(len(groups)), n_groups, _most_rows(dataset))
    return Folds(_spread(dataset.areas(), groups, n_folds, seed), groups, UNKNOWN_AUTHORS)


def alike_apart(dataset: Dataset, n_folds: int, seed: int) -> Ints:
    """Fold number per row: areas spread evenly, near-duplicates together, authors mixed."""
    groups = similar_groups([row.folded for row in dataset.rows])
    n_folds = min(n_folds, len(np.unique(groups)), _most_rows(dataset))
    return _spread(dataset.areas(), groups, n_folds, seed)


def _max_folds(n_rows: int) -> int:
    return min(MAX_FOLDS, max(MIN_FOLDS, ROWS_TO_FIT // n_rows))


def _least_authors(dataset: Dataset) -> int:
    """How many authors the area with the fewest has."""
    pairs = {(row.area, row.author) for row in dataset.rows}
    return min(Counter(area for area, _ in pairs).values())


def _most_rows(dataset: Dataset) -> int:
    """Rows of the largest area."""
    return int(np.unique(dataset.areas(), return_counts=True)[1].max())


def _spread(
    areas: npt.NDArray[np.str_], groups: npt.NDArray[np.str_], n_folds: int, seed: int
) -> Ints:
    of_row = np.zeros(len(areas), dtype=np.int64)
    if n_folds == len(np.unique(groups)):
        of_row[:] = np.unique(groups, return_inverse=True)[1]
        return of_row
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # It warns of areas with fewer rows than folds; some folds then do without them.
        warnings.simplefilter("ignore", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(areas, areas, groups)):
            of_row[held_out] = fold
    return np.unique(of_row, return_inverse=True)[1]
