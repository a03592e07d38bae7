"""Texts that are largely the same: copies, lightly changed repeats, filled-in templates."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from models.kernel import Ints
from models.resources import shipped

GRAM = 4
HALF = 0.5
"""Two texts are similar when they share more than this part of the shorter one's 4-grams."""

_WINDOW_ROWS = 10
"""A row is compared with the rows up to twice this many places away that have the same 4-gram, so
that idiom costs no more than anything else and a template still links all of its rows."""

_FOUND_BY = 0.5
"""A pair is looked at when what it is found to share makes up this part of ``HALF``."""

_BLOCK_ROWS = 1000

_MOST_GRAMS = 8_000_000
"""About so many 4-grams are looked at together."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd and without pattern, so that different 4-grams hardly ever get the same hash."""


class Pair(NamedTuple):
    """Two rows, by number, and the part of the shorter one's 4-grams that they share."""

    one: int
    other: int
    share: float


def similar_pairs(texts: Sequence[str]) -> list[Pair]:
    """All pairs that share more than ``HALF``, customary salutations and closings aside."""
    phrases = customary()
    grams = [_grams(text, phrases) for text in texts]
    pairs = (Pair(*pair, _share(grams, *pair)) for pair in _candidates(_sampled(grams)))
    return [pair for pair in pairs if pair.share > HALF]


def similar_groups(texts: Sequence[str]) -> npt.NDArray[np.str_]:
    """A group name per text; texts of a similar pair are in one group."""
    pairs = np.array([pair[:2] for pair in similar_pairs(texts)], dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(len(texts), len(texts)))
    _, groups = connected_components(graph, directed=False)
    return np.asarray(groups).astype(np.str_)


def customary() -> list[str]:
    """The phrases of ``data/lexicon/customary.txt``, longest first."""
    with shipped("lexicon", "customary.txt") as path:
        lines = path.read_text(encoding="utf-8").split("\n")
    return sorted((line for line in lines if line and line[0] != "#"), key=len, reverse=True)


def _grams(text: str, phrases: Sequence[str]) -> Ints:
    """Hashes of the 4-grams of a text's letters, digits and characters, each once."""
    compact = "".join(filter(str.isalnum, text))
    for phrase in phrases:
        compact = compact.replace(phrase, "")
    points = np.frombuffer(compact.ljust(GRAM).encode("utf-32-le"), dtype=np.uint32)
    hashes = np.zeros(len(points) - GRAM + 1, dtype=np.uint64)
    for place in range(GRAM):
        hashes = hashes * _FACTOR + points[place : place + len(hashes)]
    return np.unique(hashes.view(np.int64))


def _sampled(grams: Sequence[Ints]) -> Sequence[Ints]:
    """The same, or of very many only those whose hash a number divides (Broder 1997).

    Two texts share about the same part of these, so that memory is bounded.
    """
    every = sum(map(len, grams)) // _MOST_GRAMS + 1
    return grams if every == 1 else [found[found % every == 0] for found in grams]


def _share(grams: Sequence[Ints], one: int, other: int) -> float:
    shared = np.intersect1d(grams[one], grams[other], assume_unique=True)
    return len(shared) / min(len(grams[one]), len(grams[other]))


def _candidates(grams: Sequence[Ints]) -> Iterator[tuple[int, int]]:
    """Pairs that are found to share many 4-grams."""
    matrix = _incidence(grams)
    sizes = np.array([len(found) for found in grams])
    for start in range(0, len(grams), _BLOCK_ROWS):
        shared = (matrix[start : start + _BLOCK_ROWS] @ matrix.T).tocoo()
        one, other = shared.row + start, shared.col
        least = HALF * _FOUND_BY * np.minimum(sizes[one], sizes[other])
        chosen = (one < other) & (shared.data >= least)
        yield from zip(one[chosen].tolist(), other[chosen].tolist(), strict=True)


def _incidence(grams: Sequence[Ints]) -> sparse.csr_array:
    """Which row has which 4-gram in which window: shape (rows, 4-grams and windows)."""
    found = np.unique(np.concatenate(grams), return_inverse=True)[1]
    rows = np.repeat(np.arange(len(grams)), [len(row) for row in grams])
    order = np.argsort(found, kind="stable")
    rows, found = rows[order], found[order]
    sizes = np.bincount(found)
    place = np.arange(len(found)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    window = place // _WINDOW_ROWS
    many = np.flatnonzero(sizes[found] > _WINDOW_ROWS)  # these overlap with the next window
    rows = np.concatenate([rows, rows[many]])
    keys = np.concatenate([found, found[many]]) * (len(grams) + 1)
    keys += np.concatenate([window, window[many] + 1])
    columns = np.unique(keys, return_inverse=True)[1]
    ones = np.ones(len(rows), dtype=np.int32)
    return sparse.csr_array((ones, (rows, columns)), shape=(len(grams), columns.max() + 1))
