"""Finding the character n-grams of a vocabulary in many texts at once, in array operations.

The n-grams form a trie. Each level is a hash table from (node, next character) to node, and all
positions of all texts walk down it together: a few array operations a level instead of a string and
a look-up a position.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_CODE_POINTS = 0x110000
_FIBONACCI = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: multiplying by it spreads keys evenly (Knuth, TAOCP 3, 6.4)."""

_SPARSITY = 2
"""Slots a key, at least: most look-ups then end at their first slot, and more would leave the
processor's cache."""


class NgramIndex:
    """The n-grams of a vocabulary, to be found in whole batches of texts."""

    def __init__(self, ngrams: Mapping[str, int]) -> None:
        """``ngrams`` maps each n-gram to its number in the vocabulary."""
        characters = sorted({character for ngram in ngrams for character in ngram})
        self._number = np.zeros(_CODE_POINTS, dtype=np.int32)
        self._number[[ord(character) for character in characters]] = range(1, len(characters) + 1)
        self._base = len(characters) + 1
        numbers = dict(zip(characters, range(1, self._base), strict=True))
        self._levels = list(_levels(ngrams, numbers))

    def find(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Number of the text and number of the n-gram for every occurrence, in no order."""
        joined = "\n".join(texts) + "\n" * len(self._levels)
        code_points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        character = self._number[code_points].astype(np.int64)
        owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in texts])
        at = np.flatnonzero(character)
        node = np.zeros(len(at), dtype=np.int64)
        owners, terms = [], []
        for depth, level in enumerate(self._levels):
            node = level.children.find(node * self._base + character[at + depth])
            at, node = at[node > 0], node[node > 0]
            ends = level.terms[node] >= 0
            owners.append(owner[at[ends]])
            terms.append(level.terms[node[ends]])
        return np.concatenate(owners or [at]), np.concatenate(terms or [at])


@dataclass(frozen=True)
class HashTable:
    """Positive keys to positive values, for whole arrays of keys at once; open addressing."""

    keys: npt.NDArray[np.signedinteger]
    values: npt.NDArray[np.int32]
    shift: np.uint64

    @classmethod
    def of(cls, keys: Ints, values: Ints) -> Self:
        """A table of these entries; no key stands twice."""
        bits = max(4, (_SPARSITY * len(keys)).bit_length())
        shift = np.uint64(64 - bits)
        size = (1 << bits) + len(keys)  # the last slot's collisions run on behind it
        narrow = np.int32 if keys.max(initial=0) <= np.iinfo(np.int32).max else np.int64
        table = cls(np.zeros(size, dtype=narrow), np.zeros(size, dtype=np.int32), shift)
        slots = table._slots(keys)
        while len(keys):
            free = np.flatnonzero(table.keys[slots] == 0)
            taken, first = np.unique(slots[free], return_index=True)
            placed = free[first]
            table.keys[taken], table.values[taken] = keys[placed], values[placed]
            left = np.setdiff1d(np.arange(len(keys)), placed)
            keys, values, slots = keys[left], values[left], slots[left] + 1
        return table

    def find(self, wanted: Ints) -> Ints:
        """The value of each wanted key, 0 where there is none."""
        slots = self._slots(wanted)
        found = self.keys.take(slots)
        differs = found != wanted
        values = self.values.take(slots).astype(np.int64)
        values[differs] = 0
        missed = np.flatnonzero(differs & (found != 0))
        while len(missed):
            slots[missed] += 1
            found = self.keys[slots[missed]]
            hit = found == wanted[missed]
            values[missed[hit]] = self.values[slots[missed[hit]]]
            missed = missed[~hit & (found != 0)]
        return values

    def _slots(self, keys: Ints) -> Ints:
        return ((keys.view(np.uint64) * _FIBONACCI) >> self.shift).view(np.int64)


@dataclass(frozen=True)
class _Level:
    """Children of the nodes of one depth, and the term that each child ends, -1 for none."""

    children: HashTable
    terms: Ints


def _levels(ngrams: Mapping[str, int], numbers: Mapping[str, int]) -> Iterator[_Level]:
    base = len(numbers) + 1
    nodes = {"": 0}
    for depth in range(1, max(map(len, ngrams), default=0) + 1):
        prefixes = sorted({ngram[:depth] for ngram in ngrams if len(ngram) >= depth})
        keys = [nodes[prefix[:-1]] * base + numbers[prefix[-1]] for prefix in prefixes]
        nodes = {prefix: node for node, prefix in enumerate(prefixes, 1)}
        terms = [-1, *(ngrams.get(prefix, -1) for prefix in prefixes)]
        found = np.array(keys, dtype=np.int64), np.arange(1, len(keys) + 1)
        yield _Level(HashTable.of(*found), np.array(terms, dtype=np.int64))
