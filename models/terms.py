"""Terms: what of a petition the model counts, and how much each weighs in it.

Two kinds of term: the words of the segmenter (written with a leading space, so that the kinds
never meet) and character n-grams inside runs of letters, digits and Chinese characters. Words carry
meaning; n-grams carry it across typing errors and unknown words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.words import Segmenter

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RUN = re.compile(r"[^\W_]+")
_DIGITS_AS_ZERO = str.maketrans("123456789", "000000000")
_LONG_NUMBER = re.compile(r"\d{6}")


class Span(NamedTuple):
    """One occurrence of a term: ``start`` to ``end`` in the folded text."""

    term: str
    start: int
    end: int


class Analyzer:
    """The terms of a folded text. Calling it makes it scikit-learn's ``analyzer``."""

    def __init__(self, segmenter: Segmenter, sizes: Sequence[int]) -> None:
        """``sizes`` are the lengths of character n-grams; none means words alone."""
        self.segmenter = segmenter
        self.sizes = tuple(sizes)

    def __call__(self, folded: str) -> list[str]:
        """All terms, each as often as it occurs, in the order of ``spans``."""
        terms = [f" {word}" for word in self.segmenter(folded) if _is_word(word)]
        for run in _RUN.findall(folded.translate(_DIGITS_AS_ZERO)):
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
        for run in _RUN.finditer(folded.translate(_DIGITS_AS_ZERO)):
            for size in self.sizes:
                for start in range(run.start(), run.end() - size + 1):
                    yield Span(run.string[start : start + size], start, start + size)


def _is_word(word: str) -> bool:
    """Whether to count it: no punctuation, and no number that may belong to a person."""
    return word.isalnum() and not (word[0].isdecimal() and _LONG_NUMBER.search(word))


class Rows(NamedTuple):
    """Documents as sparse rows: those of row ``i`` stand at ``starts[i]:starts[i + 1]``."""

    starts: Ints
    terms: Ints
    values: Floats


class Vocabulary:
    """Known terms with their inverse document frequencies: terms → TF-IDF rows of length 1.

    The weighting is scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``:
    (1 + ln count) · idf, divided by the row's Euclidean length.
    """

    def __init__(self, terms: Sequence[str], idf: Floats) -> None:
        """``idf`` has one positive value per term."""
        self.terms = list(terms)
        self.idf = idf
        self._index = {term: at for at, term in enumerate(self.terms)}

    def __len__(self) -> int:
        return len(self.terms)

    def rows(self, documents: Iterable[Sequence[str]]) -> Rows:
        """One row per document; unknown terms are left out, so that a row may be empty."""
        get = self._index.get
        known = [[at for term in terms if (at := get(term)) is not None] for terms in documents]
        lengths = np.array([len(ids) for ids in known], dtype=np.int64)
        owners = np.repeat(np.arange(len(known)), lengths)
        flat = np.fromiter((at for ids in known for at in ids), np.int64, int(lengths.sum()))
        keys, counts = np.unique(owners * len(self) + flat, return_counts=True)
        owners, terms = np.divmod(keys, max(len(self), 1))
        values = (1.0 + np.log(counts)) * self.idf[terms]
        norms = np.sqrt(np.bincount(owners, values**2, minlength=len(known)))
        starts = np.searchsorted(owners, np.arange(len(known) + 1))
        return Rows(starts, terms, values / norms[owners])
