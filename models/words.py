"""Words: jieba's dictionary in exact mode without hidden Markov model, plus our terms.

rjieba gives the same words about twenty times faster and is used where it can be imported; jieba
is the definition and the fallback. ``tests/test_words.py`` holds one to the other.
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

from models.errors import OperatorError

Cut = Callable[[str], list[str]]

TERM_PATTERN = re.compile("[\u4e00-\u9fd5a-zA-Z0-9]+")
"""Both segmenters treat these characters alike inside a dictionary word."""


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
        fast = importlib.util.find_spec("rjieba") is not None
        return rjieba_cut(self.terms) if fast else jieba_cut(self.terms)

    def __getstate__(self) -> dict[str, Any]:
        return {"terms": self.terms}


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
