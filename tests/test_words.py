"""The fast segmenters are held to jieba, which defines what a word is."""

import importlib
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import OperatorError
from models.kernel import kernel
from models.resources import shipped
from models.text import fold
from models.words import Segmenter, jieba_cut, read_terms, rjieba_cut, write_terms
from training.dataset import Dataset

Cut = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def lexicon() -> dict[str, int]:
    """The shipped term dictionary."""
    with shipped("lexicon", "terms.txt") as path:
        return read_terms(path)


@pytest.fixture(scope="module", params=["kernel", "rjieba"])
def both(lexicon: dict[str, int], request: pytest.FixtureRequest) -> tuple[Cut, Cut]:
    """A fast segmenter and the reference."""
    if request.param == "rjieba":
        pytest.importorskip("rjieba")
        return rjieba_cut(lexicon), jieba_cut(lexicon)
    if kernel is None:
        pytest.skip("no kernel was built")
    return Segmenter(lexicon), jieba_cut(lexicon)


def test_both_segmenters_give_the_same_words_on_the_corpus(
    both: tuple[Cut, Cut], dataset: Dataset
) -> None:
    """Token for token."""
    fast, reference = both
    for row in dataset.rows:
        assert fast(row.folded) == reference(row.folded), row.source


def test_both_segmenters_cut_random_strings_to_equal_weight(both: tuple[Cut, Cut]) -> None:
    """On random strings they may choose differently only among equally likely cuts."""
    fast, reference = both
    rng = random.Random(5)  # noqa: S311 - a fixed sample, not a secret
    letters = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生"
    letters += "abcXYZ019 ，。-+#.%&_①㎡𠮷野\n\t！"
    ties = 0
    for _ in range(2000):
        text = fold("".join(rng.choices(letters, k=rng.randint(1, 40))))
        one, other = fast(text), reference(text)
        if one != other:
            ties += 1
            assert likelihood(one) == pytest.approx(likelihood(other), abs=1e-9), (one, other)
    assert ties <= 4


def likelihood(words: list[str]) -> float:
    """The logarithm that jieba's exact mode maximises: relative frequencies, 1 for the unknown."""
    tokenizer = importlib.import_module("jieba").dt
    tokenizer.initialize()
    frequencies = [tokenizer.FREQ.get(word) or 1 for word in words]
    return sum(math.log(each) - math.log(tokenizer.total) for each in frequencies)


def test_words_joined_are_the_text(lexicon: dict[str, int]) -> None:
    """No character is lost, so that offsets can be counted."""
    text = "向12345反映：派出所 baidu.com\r\n不予立案！！①𠮷"
    assert "".join(Segmenter(lexicon)(text)) == text


def test_words_of_the_term_dictionary_stay_whole() -> None:
    """Its words reach every segmenter."""
    text = "有人充当保护伞大王"
    for term in ("保护伞大王", "充当保护伞", "12345热线"):
        for cut in (jieba_cut, rjieba_cut, Segmenter):
            assert term in cut({term: 1000})(f"{text}打12345热线")


def test_poisoned_cache_in_the_shared_folder_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jieba would unmarshal whatever lies in jieba.cache of the temporary folder."""
    (tmp_path / "jieba.cache").write_bytes(b"poison")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert jieba_cut({})("派出所") == ["派出所"]
    assert (tmp_path / "jieba.cache").read_bytes() == b"poison"


@pytest.mark.parametrize("line", ["无频率", "有 空格 3", "标点，号 3", "词 多"])
def test_odd_line_of_a_term_dictionary_is_named(line: str, tmp_path: Path) -> None:
    """The error says which line."""
    path = tmp_path / "terms.txt"
    path.write_text(f"好词 3\n{line}\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="line 2"):
        read_terms(path)


def test_term_dictionary_is_written_as_it_was_read(tmp_path: Path, lexicon: dict[str, int]) -> None:
    """A version keeps the dictionary that it was trained with."""
    write_terms(lexicon, tmp_path / "copy.txt")
    assert read_terms(tmp_path / "copy.txt") == lexicon
