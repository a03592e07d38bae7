"""Words: jieba's dictionary in exact mode without hidden Markov model, plus our terms.

The compiled kernel and rjieba give the same words many times faster, and are used where they are
there, in this order; jieba is the definition and the fallback. ``tests/test_words.py`` holds them
to it.
"""

import importlib
import importlib.util
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import OperatorError
from models.kernel import Ints, Kernel, kernel

_SLOTS_A_WORD = 2
"""At least; with their beginnings, jieba's words need 1.4."""

Cut = Callable[[str], list[str]]

TERM_PATTERN = re.compile("[\u4e00-\u9fd5a-zA-Z0-9]+")
"""All segmenters treat these characters alike inside a dictionary word."""


class Segmenter:
    """Cuts folded text into words; joined again they are the text."""

    def __init__(self, terms: Mapping[str, int]) -> None:
        """``terms`` maps each word of the term dictionary to its frequency."""
        self.terms = dict(terms)

    def __call__(self, folded: str) -> list[str]:
        """The words of a folded text, in order, none left out."""
        return self._cut(folded)

    @cached_property
    def _cut(self) -> Cut:
        if kernel is not None:
            return kernel_cut(kernel, self.dictionary)
        fast = importlib.util.find_spec("rjieba") is not None
        return rjieba_cut(self.terms) if fast else jieba_cut(self.terms)

    @cached_property
    def dictionary(self) -> Ints:
        """Jieba's dictionary and our terms as the kernel holds them."""
        if kernel is None:
            raise RuntimeError("only the kernel has such a dictionary")
        lines = jieba_dictionary().read_bytes().decode()
        slots = _SLOTS_A_WORD * (lines.count("\n") + sum(map(len, self.terms)))
        lines += "".join(f"{word} {frequency}\n" for word, frequency in self.terms.items())
        found = np.zeros(((1 << slots.bit_length()) + 1, 2), dtype=np.int64)
        kernel.dictionary(lines, found)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {"terms": self.terms}


def kernel_cut(built: Kernel, dictionary: Ints) -> Cut:
    """The compiled segmenter with this dictionary."""

    def cut(folded: str) -> list[str]:
        return built.cut(folded, dictionary)

    return cut


def jieba_dictionary() -> Path:
    """Jieba's dictionary, found without importing jieba, which takes long."""
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise OperatorError("jieba is not installed", remedy="install the program again")
    return Path(spec.origin).with_name("dict.txt")


def rjieba_cut(terms: Mapping[str, int]) -> Cut:
    """The fast segmenter, with ``terms`` added."""
    jieba = importlib.import_module("rjieba").Jieba()
    for word, frequency in terms.items():
        jieba.add_word(word, frequency, None)

    def cut(folded: str) -> list[str]:
        words: list[str] = jieba.cut(folded, False)
        return words

    return cut


def jieba_cut(terms: Mapping[str, int]) -> Cut:
    """The reference segmenter, with ``terms`` added."""
    with warnings.catch_warnings():
        # jieba 0.42.1 imports pkg_resources and has unescaped patterns; both are harmless.
        warnings.simplefilter("ignore")
        jieba = importlib.import_module("jieba")
    jieba.setLogLevel("WARNING")
    tokenizer = jieba.Tokenizer()
    with tempfile.TemporaryDirectory(prefix="petition-triage-") as private:
        # jieba trusts any jieba.cache in the shared temporary folder, whoever wrote it.
        tokenizer.tmp_dir = private
        tokenizer.initialize()
    for word, frequency in terms.items():
        tokenizer.add_word(word, frequency)

    def cut(folded: str) -> list[str]:
        words: list[str] = tokenizer.lcut(folded, HMM=False)
        return words

    return cut


def read_terms(path: Path) -> dict[str, int]:
    """Words and frequencies of a term dictionary: ``word frequency`` a line, ``#`` for comments.

    Raises OperatorError naming the line that is something else.
    """
    terms: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        entry = line.split("#")[0].split()
        if not entry:
            continue
        if len(entry) != 2 or not TERM_PATTERN.fullmatch(entry[0]) or not entry[1].isdecimal():  # noqa: PLR2004
            raise OperatorError(
                f"{path.name}, line {number}: not a word and its frequency",
                expected="a word of Chinese characters, letters or digits, a space, a whole number",
            )
        terms[entry[0]] = int(entry[1])
    return terms


def write_terms(terms: Mapping[str, int], path: Path) -> None:
    """The file that ``read_terms`` reads."""
    lines = (f"{word} {frequency}\n" for word, frequency in terms.items())
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
