"""Which rows are held out together: an author's, or near-duplicates."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from training.dataset import Dataset

MIN_AUTHORS = 5
MAX_FOLDS = 8
UNKNOWN_AUTHORS = "authors unknown, optimistic"

_SHINGLE = 5
_HASHES = 8

Ints = npt.NDArray[np.int64]


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
    groups = near_duplicates([row.folded for row in dataset.rows])
    smallest = int(np.unique(dataset.areas(), return_counts=True)[1].min())
    n_folds = max(2, min(MIN_AUTHORS, smallest, len(np.unique(groups))))
    return Folds(_spread(dataset.areas(), groups, n_folds, seed), groups, UNKNOWN_AUTHORS)


def _least_authors(dataset: Dataset) -> int:
    """How many authors the area with the fewest has."""
    pairs = {(row.area, row.author) for row in dataset.rows}
    return min(Counter(area for area, _ in pairs).values())


def near_duplicates(texts: Sequence[str]) -> npt.NDArray[np.str_]:
    """A group name per text; texts that share most 5-character shingles get the same one.

    MinHash (Broder 1997) in four bands of two hashes: texts whose shingles overlap by 80 % meet in
    a band with probability 0.98, by 30 % with probability 0.31.
    """
    signatures = np.array([_signature(text) for text in texts])
    parent = np.arange(len(texts))
    for band in range(0, _HASHES, 2):
        first: dict[tuple[int, ...], int] = {}
        for at, row in enumerate(signatures[:, band : band + 2].tolist()):
            _join(parent, at, first.setdefault(tuple(row), at))
    return np.array([str(_root(parent, at)) for at in range(len(texts))])


def _signature(text: str) -> Ints:
    """The least value of each of ``_HASHES`` hash functions over the text's shingles."""
    compact = "".join(filter(str.isalnum, text))
    shingles = {compact[at : at + _SHINGLE] for at in range(max(1, len(compact) - _SHINGLE + 1))}
    hashes = np.array([zlib.crc32(shingle.encode()) for shingle in shingles], dtype=np.uint64)
    factors = np.arange(1, 2 * _HASHES, 2, dtype=np.uint64)[:, None] * np.uint64(2654435761)
    mixed = (hashes * factors) >> np.uint64(7) & np.uint64(0xFFFFFFFF)
    least: Ints = mixed.min(axis=1).astype(np.int64)
    return least


def _root(parent: Ints, at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = int(parent[at])
    return at


def _join(parent: Ints, one: int, other: int) -> None:
    parent[_root(parent, one)] = _root(parent, other)


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
