"""The compiled kernel is held to the array operations that do its work without it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import linear, terms, words
from models.classifier import Classifier
from models.kernel import Kernel, kernel
from models.prediction import Prediction
from models.terms import Analyzer, Rows, Vocabulary
from models.text import fold
from models.trie import Trie
from models.words import Segmenter
from training.dataset import Dataset

REQUIRED = "TRIAGE_TESTS_NEED_KERNEL"


@pytest.fixture
def built() -> Kernel:
    """The kernel; where none was built there is nothing to test."""
    if kernel is None:
        assert not os.environ.get(REQUIRED), "no kernel was built"
        pytest.skip("no kernel was built")
    return kernel


@contextmanager
def without() -> Iterator[None]:
    """As where none was built."""
    with ExitStack() as stack:
        for module in (terms, linear, words):
            stack.enter_context(patch.object(module, "kernel", None))
        yield


def fresh(classifier: Classifier) -> Classifier:
    """The same with a segmenter and a vocabulary that have done nothing yet."""
    segmenter = Segmenter(classifier.analyzer.segmenter.terms)
    return replace(
        classifier,
        analyzer=Analyzer(segmenter, classifier.analyzer.sizes),
        vocabulary=Vocabulary(classifier.vocabulary.terms, classifier.vocabulary.idf),
    )


@pytest.fixture
def both(built: Kernel, classifier: Classifier) -> tuple[Classifier, Classifier]:
    """A classifier for the kernel, and one for without."""
    del built
    return fresh(classifier), fresh(classifier)


def rows_of(classifier: Classifier, texts: list[str]) -> Rows:
    """TF-IDF rows."""
    return classifier.vocabulary.rows(texts, classifier.analyzer.segmenter)


def test_same_rows_and_answers_without_it(
    both: tuple[Classifier, Classifier], dataset: Dataset
) -> None:
    """Words, weights, scores, breadths, topics, evidence: all petitions that were learnt from."""
    texts = [row.folded for row in dataset.rows]
    petitions = [row.petition for row in dataset.rows]
    rows = rows_of(both[0], texts)
    found = both[0].classify_batch(petitions, explain=True)
    with without():
        same_rows(rows, rows_of(both[1], texts))
        expected = both[1].classify_batch(petitions, explain=True)
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, Prediction)
        assert isinstance(other, Prediction)
        assert told(one) == told(other)
        assert one.ranking[0].confidence == pytest.approx(other.ranking[0].confidence, abs=1e-9)


def told(prediction: Prediction) -> tuple[object, ...]:
    """What is decided."""
    areas = [ranked.area for ranked in prediction.ranking]
    evidence = prediction.explanation.evidence if prediction.explanation else ()
    places = {(each.start, each.end) for each in evidence}
    return areas, prediction.topic, prediction.reasons, prediction.also, places


def same_rows(one: Rows, other: Rows) -> None:
    """To the last digit but two."""
    assert one.starts.tolist() == other.starts.tolist()
    assert one.terms.tolist() == other.terms.tolist()
    assert one.pairs.tolist() == other.pairs.tolist()
    np.testing.assert_allclose(one.values, other.values, rtol=1e-13)


LETTERS = st.one_of(
    st.sampled_from("派出所不予立案，村委会 \nabz019-.+#_%&①𠮷〇é"),
    st.characters(exclude_categories=["Cs"]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(LETTERS, max_size=60), max_size=5))
def test_same_rows_for_any_text(texts: list[str], both: tuple[Classifier, Classifier]) -> None:
    """Rare characters, empty texts, none at all."""
    folded = [fold(text) for text in texts]
    found = rows_of(both[0], folded)
    with without():
        same_rows(found, rows_of(both[1], folded))


def test_pairs_of_chinese_characters_are_the_same(built: Kernel) -> None:
    """At both ends of each range of them."""
    del built
    edges = "\u33ff\u3400\u4dbf\u4dc0\u4dff\u4e00\u9fff\ua000"
    edges += "\U0001ffff\U00020000\U0003134f\U00031350az"
    known = sorted({one + other for one in edges for other in edges} | {f" {one}" for one in edges})
    idf, texts = np.ones(len(known)), [one + other for one in edges for other in edges]
    found = Vocabulary(known, idf).rows(texts, Segmenter({}))
    with without():
        same_rows(found, Vocabulary(known, idf).rows(texts, Segmenter({})))
    assert set(found.pairs.tolist()) == {0, 1}


@pytest.mark.parametrize("n_terms", [1, 63, 64, 65, 2_000])
def test_long_terms_and_any_number_of_them(
    n_terms: int, built: Kernel, rng: np.random.Generator
) -> None:
    """Words of any length, n-grams of four, keys that need 64 bits."""
    del built
    letters = [chr(0x4E00 + at) for at in range(3_000)]
    drawn = {"".join(rng.choice(letters, rng.integers(1, 5))) for _ in range(n_terms)}
    known = sorted(drawn | {f" {term}" for term in list(drawn)[::2]} | {" " + "a" * 70})
    idf = rng.random(len(known)) + 1
    texts = ["".join(term.strip() for term in rng.choice(known, 50)) for _ in range(5)] + ["a" * 70]
    office = {"a" * 70: 9}
    found = Vocabulary(known, idf).rows(texts, Segmenter(office))
    with without():
        same_rows(found, Vocabulary(known, idf).rows(texts, Segmenter(office)))
    assert found.starts[-1] > found.starts[-2]


def test_a_dictionary_that_is_too_full_is_refused(built: Kernel) -> None:
    """It would be searched for ever."""
    with pytest.raises(ValueError, match="too few slots"):
        built.dictionary("甲乙 3\n丙丁 4", np.zeros((5, 2), dtype=np.int64))
    with pytest.raises(ValueError, match="power of two"):
        built.dictionary("甲 3", np.zeros((7, 2), dtype=np.int64))
    with pytest.raises(ValueError, match="power of two"):
        built.cut("甲", np.zeros((0, 2), dtype=np.int64))


def test_a_word_given_twice_has_the_later_frequency(built: Kernel) -> None:
    """As jieba's own dictionary and that of an office: ours comes last."""
    found = np.zeros((65, 2), dtype=np.int64)
    built.dictionary("甲 9 n\n乙 9\n甲乙 1\n甲乙 9", found)
    assert built.cut("甲乙", found) == ["甲乙"]
    found[:] = 0
    built.dictionary("甲 9 n\n乙 9\n甲乙 9\n甲乙 0", found)
    assert built.cut("甲乙", found) == ["甲", "乙"]


ROWS = (np.array([0, 2]), np.array([0, 1]), np.ones(2))
WEIGHTS = np.ones((2, 3), dtype=np.float32)


@pytest.mark.parametrize(
    ("entries", "weights", "asked", "out"),
    [
        (ROWS, WEIGHTS.astype(np.float64), np.array([0]), np.zeros((1, 3))),
        (ROWS, WEIGHTS[:, ::2], np.array([0]), np.zeros((1, 3))),
        (ROWS, WEIGHTS, np.array([1]), np.zeros((1, 3))),
        (ROWS, WEIGHTS, np.array([-1]), np.zeros((1, 3))),
        (ROWS, WEIGHTS, np.array([0, 0]), np.zeros((1, 3))),
        (ROWS, WEIGHTS[:1], np.array([0]), np.zeros((1, 3))),
        ((ROWS[0], ROWS[1], ROWS[2][:1]), WEIGHTS, np.array([0]), np.zeros((1, 3))),
        ((np.array([0, 3]), *ROWS[1:]), WEIGHTS, np.array([0]), np.zeros((1, 3))),
        ((ROWS[0], np.array([0, -1]), ROWS[2]), WEIGHTS, np.array([0]), np.zeros((1, 3))),
        (ROWS, WEIGHTS, np.array([0], dtype=np.int32), np.zeros((1, 3))),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(
    built: Kernel, entries: object, weights: object, asked: object, out: object
) -> None:
    """Nothing is read or written beyond their ends."""
    with pytest.raises(ValueError, match=r"array|rows|contiguous"):
        built.scores(*entries, weights, 3, asked, out)  # type: ignore[call-arg,misc]


def fitting(classifier: Classifier) -> list[Any]:
    """What the kernel gets for two characters."""
    vocabulary = classifier.vocabulary
    n_terms, trie = len(vocabulary), Trie(vocabulary.terms)
    scratch = np.zeros(n_terms, np.int32), np.zeros(-(-n_terms // 64), np.uint64)
    out = np.zeros(2, np.int64), np.zeros(6, np.int64), np.zeros(6), np.zeros(1, np.int64)
    dictionary = classifier.analyzer.segmenter.dictionary
    return [["立案"], dictionary, *trie.nodes(), vocabulary.idf, *scratch, *out]


def test_every_array_of_another_type_or_too_short_is_refused(
    built: Kernel, classifier: Classifier
) -> None:
    """Each by itself, and nothing else is the worse for it."""
    right = fitting(classifier)
    rows: Any = built.rows
    assert rows(*right) > 0
    for at, array in enumerate(right):
        if isinstance(array, np.ndarray):
            # The sizes of keys and idf are what the others are measured by.
            shorter = [array[:-1]] if at not in {4, 10} else []
            apart = [np.repeat(array, 2)[::2]] if len(array) > 1 else []
            for wrong in (array.astype(np.complex64), *apart, *shorter):
                with pytest.raises(ValueError, match=r"array|dictionary|contiguous"):
                    rows(*right[:at], wrong, *right[at + 1 :])
    assert rows(*right) > 0


def test_breadths_of_what_does_not_fit_are_refused(built: Kernel) -> None:
    """A label that is not there, too little room."""
    for best, out in ((3, np.zeros(1)), (-1, np.zeros(1)), (0, np.zeros(0))):
        with pytest.raises(ValueError, match=r"array|rows"):
            built.breadths(*ROWS, WEIGHTS, 3, np.array([best]), out)


def test_what_is_no_text_is_refused(both: tuple[Classifier, Classifier], built: Kernel) -> None:
    """And the next petition is counted from nothing."""
    before = rows_of(both[0], ["派出所不立案"])
    with pytest.raises(TypeError):
        rows_of(both[0], ["派出所", 3])  # type: ignore[list-item]
    same_rows(rows_of(both[0], ["派出所不立案"]), before)
    with pytest.raises(TypeError):
        built.cut(b"", both[0].analyzer.segmenter.dictionary)  # type: ignore[arg-type]


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers at every run."""
    return np.random.default_rng(4)
