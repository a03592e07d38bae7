"""The compiled kernel, which cuts words, counts terms and adds up scores: ``compiled``, or None.

It is built at installation where a C compiler and Python's headers are found. Elsewhere rjieba or
jieba and the array operations of ``terms`` and ``linear`` give the same answers more slowly.
"""

import importlib
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]
Narrow = npt.NDArray[np.int32]

Nodes = tuple[Narrow, Narrow, npt.NDArray[np.signedinteger], Narrow, int, int, int, int]
"""A trie: ``numbers``, ``first``, keys and values of its table, ``base``, the table's shift,
``words``, ``depth``."""


class Kernel(Protocol):
    """What is compiled. Arrays of other types or too short: ValueError."""

    def dictionary(self, lines: str, out: Ints) -> None:
        """Write the words of ``lines`` ("word frequency" and perhaps more) into ``out``.

        ``out`` has shape (slots + 1, 2) of zeros; the slots are a power of two. ValueError where
        more than three in four would be taken.
        """

    def cut(self, text: str, dictionary: Ints) -> list[str]:
        """The words of a folded text as jieba cuts it."""

    def rows(
        self,
        texts: list[str],
        dictionary: Ints,
        numbers: Narrow,
        first: Narrow,
        keys: npt.NDArray[np.signedinteger],
        children: Narrow,
        base: int,
        shift: int,
        words: int,
        depth: int,
        idf: Floats,
        counts: Narrow,
        seen: npt.NDArray[np.uint64],
        starts: Ints,
        terms: Ints,
        values: Floats,
        pairs: Ints,
    ) -> int:
        """Write the TF-IDF rows of ``texts`` into the last four; how many entries they have.

        ``numbers`` to ``depth`` are a trie. ``counts`` and ``seen`` are scratch space, a count and
        a bit a term, all 0 before and after. The last four are the fields of ``Rows``, of which
        ``terms`` and ``values`` have room for ``depth`` + 1 entries a character.
        """

    def scores(
        self,
        starts: Ints,
        terms: Ints,
        values: Floats,
        weights: Weights,
        n_labels: int,
        chosen: Ints,
        out: Floats,
    ) -> None:
        """Add rows @ weights of the ``chosen`` rows to ``out`` (chosen, labels)."""

    def breadths(
        self,
        starts: Ints,
        terms: Ints,
        values: Floats,
        towards: Weights,
        n_labels: int,
        best: Ints,
        out: Floats,
    ) -> None:
        """Write ``Linear.breadths`` of each row's label ``best`` into ``out`` (rows,)."""


def _built() -> Kernel | None:
    try:
        return cast("Kernel", importlib.import_module("models._kernel"))
    except ImportError:
        return None


kernel = _built()
