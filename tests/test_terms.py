"""What is counted, and how it is weighed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from models.terms import Analyzer, Vocabulary
from models.text import fold
from models.words import Segmenter

ANALYZER = Analyzer(Segmenter({}), (1, 2, 3))


def test_words_and_character_grams_are_told_apart() -> None:
    """A word starts with a space: "立案" is one term as a word, another as two characters."""
    terms = Analyzer(Segmenter({}), (2,))("不立案")
    assert terms == [" 不", " 立案", "不立", "立案"]


def test_character_grams_do_not_cross_punctuation() -> None:
    """Two clauses have no term in common."""
    assert "案公" not in ANALYZER("立案，公安")


@pytest.mark.parametrize(
    "number", ["13812345678", "110101199003071234", "0123456", "wx13812345678"]
)
def test_long_numbers_are_no_terms(number: str) -> None:
    """A telephone or identity number never gets into a vocabulary."""
    assert not any(set(term) & set("0123456789") for term in ANALYZER(f"电话{number}谢谢"))


def test_numbers_are_words_only() -> None:
    """110, 12345 and 12123 name offices; their digits alone say nothing."""
    assert ANALYZER("打12345,it") == [" 打", " 12345", " it", "打", "i", "t", "it"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_spans_are_the_terms_in_order(text: str) -> None:
    """Scoring and explaining count the same terms."""
    folded = fold(text)
    spans = list(ANALYZER.spans(folded))
    assert [span.term for span in spans] == ANALYZER(folded)
    for term, start, end in spans:
        assert len(term.removeprefix(" ")) == end - start


def test_weights_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    """Row by row, with repeated and unknown terms and an empty document."""
    texts = ["".join(rng.choice(list("甲乙丙丁戊19，"), size)) for size in (5, 300, 1, 40, 60)]
    vectorizer = TfidfVectorizer(analyzer=ANALYZER, sublinear_tf=True, min_df=2).fit(texts)
    vocabulary = Vocabulary(list(vectorizer.get_feature_names_out()), vectorizer.idf_)
    documents = ["己庚", *texts, "", "己庚", "x甲乙\n丙丁戊"]
    rows = vocabulary.rows(documents, ANALYZER.segmenter)
    expected = vectorizer.transform(documents).sorted_indices()
    assert rows.starts.tolist() == expected.indptr.tolist()
    assert rows.terms.tolist() == expected.indices.tolist()
    np.testing.assert_allclose(rows.values, expected.data, rtol=1e-12)


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers at every run."""
    return np.random.default_rng(3)
