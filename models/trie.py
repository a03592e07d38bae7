"""The terms of a vocabulary as a trie, to be found in whole batches of texts.

The trie is a hash table from (node, next character) to node. In array operations all positions of
all texts walk down it together: a few operations a level instead of a string and a look-up a
position. The kernel walks it position by position.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.kernel import Ints, Narrow, Nodes

_CODE_POINTS = 0x110000
_FIBONACCI = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: multiplying by it spreads keys evenly (Knuth, TAOCP 3, 6.4)."""

_SPARSITY = 2
"""Slots a key, at least: most look-ups then end at their first slot, and more would leave the
processor's cache."""


class Trie:
    """All terms; words, which start with a space, hang from the node ``words``.

    ``numbers`` has one for each code point, 0 for one that is in no term. ``first`` is the node of
    a character alone, which n-grams start from; ``children`` leads from node * ``base`` + number to
    the node of one character more. A node up to ``n_terms`` ends the term before it, so that node 1
    ends term 0; the others end none. ``depth`` is the length of the longest n-gram.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        """``terms`` are all different, and none is empty."""
        self.n_terms = len(terms)
        lengths = np.array([len(term) for term in terms], dtype=np.int64)
        points = np.frombuffer("".join(terms).encode("utf-32-le"), dtype=np.uint32)
        are_ngrams = points[np.cumsum(lengths) - lengths] != ord(" ")
        self.depth = int(lengths[are_ngrams].max(initial=0))
        self.numbers, self.first = (np.zeros(_CODE_POINTS, dtype=np.int32) for _ in range(2))
        self.numbers[points] = 1
        characters = np.flatnonzero(self.numbers)
        self.base = len(characters) + 1
        self.numbers[characters] = range(1, self.base)
        (starts, roots), *deeper = _levels(self.numbers[points], lengths, self.base)
        self.first[characters[starts - 1]] = roots
        self.words, self.first[ord(" ")] = int(self.first[ord(" ")]), 0
        empty = np.array([], dtype=np.int64)
        keys, children = zip((empty, empty), *deeper, strict=True)
        self.children = HashTable.of(np.concatenate(keys), np.concatenate(children))

    def nodes(self) -> Nodes:
        """All of it as the kernel walks it."""
        table = self.children
        arrays = self.numbers, self.first, table.keys, table.values
        return *arrays, self.base, int(table.shift), self.words, self.depth

    def find(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Number of the text and number of the term for every n-gram in them, in no order."""
        joined = "\n".join(texts) + "\n" * max(self.depth, 1)
        code_points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        character = self.numbers[code_points].astype(np.int64)
        owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in texts])
        node = self.first[code_points].astype(np.int64)
        at = np.flatnonzero(node)
        node = node[at]
        owners, terms = [], []
        for length in range(1, self.depth + 1):
            ends = node <= self.n_terms
            owners.append(owner[at[ends]])
            terms.append(node[ends] - 1)
            node = self.children.find(node * self.base + character[at + length])
            at, node = at[node > 0], node[node > 0]
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
            left = np.ones(len(keys), dtype=bool)
            left[placed] = False
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


def _levels(numbers: Narrow, lengths: Ints, base: int) -> Iterator[tuple[Ints, Ints]]:
    """For each length of prefixes the keys and the nodes of them all.

    ``numbers`` are those of all characters of all terms, ``lengths`` those of the terms.
    """
    at = np.cumsum(lengths) - lengths
    longer = np.arange(len(lengths))
    parents = np.zeros(len(lengths), dtype=np.int64)
    n_nodes, length = len(lengths), 0
    while len(longer) or not length:
        length += 1
        keys, place = np.unique(parents * base + numbers[at], return_inverse=True)
        ended = lengths[longer] == length
        nodes = np.zeros(len(keys), dtype=np.int64)
        nodes[place[ended]] = longer[ended] + 1
        (inner,) = np.nonzero(nodes == 0)
        nodes[inner] = np.arange(n_nodes + 1, n_nodes + 1 + len(inner))
        n_nodes += len(inner)
        yield keys, nodes
        parents, longer, at = nodes[place][~ended], longer[~ended], at[~ended] + 1
