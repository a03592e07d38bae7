"""What the archive page says."""

import re

import pytest

from models.errors import FileError
from service.jobs import State
from service.pages import batch_words as words


def kinds(kind: type[FileError]) -> list[str]:
    """The codes of all errors about files."""
    return [found.code for found in kind.__subclasses__()]


def test_every_sentence_has_as_many_gaps_as_its_pattern() -> None:
    """Or it could not be said."""
    for pattern, said in words._SENTENCES:  # noqa: SLF001 - the whole table
        groups = re.compile(pattern).groups
        assert {int(gap) for gap in re.findall(r"{(\d)}", said)} == set(range(groups)), said


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("a.csv: 3 lines above the header are left out", "表头上面的 3 行"),
        ("row 7: 4 values under 3 columns", "第 7 行有 4 格，表头有 3 列"),
        ("a.zip: has a password; unpack it first", "文件有密码"),
        ("a.xlsx, line 9: there is no such area; expected one of a", "第 9 行：没有这个领域"),
        ("a.csv: columns 2, 3 have the same name '内容'", "有几列同名"),
    ],
)
def test_sentences_of_the_engine_are_chinese(detail: str, said: str) -> None:
    """With their numbers."""
    assert words.in_words(detail).startswith(said)


def test_every_code_has_words_of_last_resort() -> None:
    """Whatever the sentence is."""
    assert all(words.in_words("?", code) != "?" for code in [*kinds(FileError), "new"])
    assert set(words.STATES) == set(State)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 字节"),
        (999, "999 字节"),
        (336_000, "336 KB"),
        (999_600, "1 MB"),
        (63_857_299, "63.9 MB"),
        (2e8, "200 MB"),
        (3.2e9, "3.2 GB"),
    ],
)
def test_sizes_are_short(size: float, said: str) -> None:
    """As people say them."""
    assert words.size_in_words(size) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 秒"), (59.6, "1 分 0 秒"), (134, "2 分 14 秒"), (7260, "2 小时 1 分")],
)
def test_times_are_short(seconds: float, said: str) -> None:
    """As people say them."""
    assert words.time_in_words(seconds) == said
