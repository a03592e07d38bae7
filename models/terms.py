"""Terms: what of a petition the model counts, and how much each weighs in it.

Two kinds of term: the words of the segmenter (written with a leading space, so that the kinds
never meet) and character n-grams inside runs of letters, as which Chinese characters count. Words
carry meaning; n-grams carry it across typing errors and unknown words.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.kernel import Floats, Ints, Kernel, kernel
from models.trie import Trie
from models.words import Segmenter

_RUN = re.compile(r"[^\W\d_]+")
"""Letters of any script. Digits say little and may be a person's; words of them count whole."""

_CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]"
_PAIR = re.compile(f"{_CHINESE}{{2}}")
_DICTIONARY_WORD = re.compile(f" {_CHINESE}+")
"""The segmenter makes no Chinese word up: what its dictionary lacks falls into characters."""

_LONG_NUMBER = re.compile(r"\d{6}")


class Span(NamedTuple):
    """One occurrence of a term: ``start`` to ``end`` in the folded text."""

    term: str
    start: int
    end: int


class Analyzer:
    """The terms of a folded text: what training counts and explanations point at.

    Calling it makes it scikit-learn's ``analyzer``.
    """

    def __init__(self, segmenter: Segmenter, sizes: Sequence[int]) -> None:
        """``sizes`` are the lengths of character n-grams; none means words alone."""
        self.segmenter = segmenter
        self.sizes = tuple(sizes)

    def __call__(self, folded: str) -> list[str]:
        """All terms, each as often as it occurs, in the order of ``spans``."""
        terms = [f" {word}" for word in self.segmenter(folded) if _is_word(word)]
        for run in _RUN.findall(folded):
            for size in self.sizes:
                terms += [run[at : at + size] for at in range(len(run) - size + 1)]
        return terms

    def spans(self, folded: str) -> Iterator[Span]:
        """Where each term of ``self(folded)`` stands, in the same order."""
        at = 0
        for word in self.segmenter(folded):
            if _is_word(word):
                yield Span(f" {word}", at, at + len(word))
            at += len(word)
        for run in _RUN.finditer(folded):
            for size in self.sizes:
                for start in range(run.start(), run.end() - size + 1):
                    yield Span(run.string[start : start + size], start, start + size)


def is_public(term: str) -> bool:
    """Whether a term is a Chinese word of the dictionary or a single letter, and names nobody."""
    return len(term) == 1 or _DICTIONARY_WORD.fullmatch(term) is not None


def is_pair(term: str) -> bool:
    """Whether a term is a sequence of two Chinese characters."""
    return _PAIR.fullmatch(term) is not None


def _is_word(word: str) -> bool:
    """Whether to count it: no punctuation, and no number that may belong to a person."""
    return word.isalnum() and not _LONG_NUMBER.search(word)


class Rows(NamedTuple):
    """Documents as sparse rows: those of row ``i`` stand at ``starts[i]:starts[i + 1]``.

    ``pairs`` says how many known sequences of two characters each row has, each as often as it
    occurs: how much of the text is of a kind with what was learnt.
    """

    starts: Ints
    terms: Ints
    values: Floats
    pairs: Ints


def lengths_of(rows: Rows) -> Ints:
    """How many terms each row has."""
    found: Ints = rows.starts[1:] - rows.starts[:-1]
    return found


def take(rows: Rows, chosen: Ints) -> Rows:
    """The ``chosen`` rows, in that order."""
    lengths = lengths_of(rows)[chosen]
    ranges = [np.arange(rows.starts[at], rows.starts[at + 1]) for at in chosen]
    entries = np.concatenate(ranges) if ranges else np.array([], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    pairs = rows.pairs[chosen]
    return Rows(starts.astype(np.int64), rows.terms[entries], rows.values[entries], pairs)


class Vocabulary:
    """Known terms with their inverse document frequencies: texts → TF-IDF rows of length 1.

    The weighting is scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``:
    (1 + ln count) · idf, divided by the row's Euclidean length.
    """

    def __init__(self, terms: Sequence[str], idf: Floats) -> None:
        """``idf`` has one positive value per term."""
        self.terms = list(terms)
        self.idf = idf

    def __len__(self) -> int:
        return len(self.terms)

    def rows(self, texts: Sequence[str], segmenter: Segmenter) -> Rows:
        """One row per folded text; unknown terms are left out, so that a row may be empty.

        The terms counted are those of ``Analyzer``, found without building the strings of those
        that are not known.
        """
        if kernel is not None:
            return self._compiled_rows(kernel, list(texts), segmenter)
        get = self._words.get
        known = [
            [at for word in segmenter(text) if (at := get(word)) is not None] for text in texts
        ]
        lengths = [len(found) for found in known]
        word_ids = np.fromiter(chain.from_iterable(known), np.int64, sum(lengths))
        ngram_owners, ngram_ids = self._trie.find(texts)
        owners = np.concatenate([np.repeat(np.arange(len(texts)), lengths), ngram_owners])
        pairs = np.bincount(ngram_owners[self._is_pair[ngram_ids]], minlength=len(texts))
        return self._weigh(owners, np.concatenate([word_ids, ngram_ids]), pairs)

    def _compiled_rows(self, built: Kernel, texts: list[str], segmenter: Segmenter) -> Rows:
        """The same, petition by petition."""
        most = (self._trie.depth + 1) * sum(map(len, texts))
        starts, pairs = np.empty(len(texts) + 1, np.int64), np.empty(len(texts), np.int64)
        terms, values = np.empty(most, np.int64), np.empty(most)
        n_entries = built.rows(
            texts,
            segmenter.dictionary,
            *self._trie.nodes(),
            self.idf,
            *self._scratch,
            starts,
            terms,
            values,
            pairs,
        )
        return Rows(starts, terms[:n_entries], values[:n_entries], pairs)

    def _weigh(self, owners: Ints, terms: Ints, pairs: Ints) -> Rows:
        """Rows from one owner and one term per occurrence."""
        n_rows = len(pairs)
        bits = len(self).bit_length()
        keys, counts = np.unique((owners << bits) | terms, return_counts=True)
        owners, terms = keys >> bits, keys & ((1 << bits) - 1)
        values = self.idf[terms]
        repeated = np.flatnonzero(counts > 1)
        values[repeated] *= 1.0 + np.log(counts[repeated])
        norms = np.sqrt(np.bincount(owners, values**2, minlength=n_rows))
        starts = np.searchsorted(owners, np.arange(n_rows + 1))
        return Rows(starts, terms, values / norms[owners], pairs)

    @cached_property
    def _is_pair(self) -> npt.NDArray[np.bool_]:
        return np.array([is_pair(term) for term in self.terms], dtype=bool)

    @cached_property
    def _scratch(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
        """Where the kernel counts."""
        return np.zeros(len(self), np.int32), np.zeros(len(self) // 64 + 1, np.uint64)

    @cached_property
    def _words(self) -> dict[str, int]:
        return {term[1:]: at for at, term in enumerate(self.terms) if term[0] == " "}

    @cached_property
    def _trie(self) -> Trie:
        return Trie(self.terms)
