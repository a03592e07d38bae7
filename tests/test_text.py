"""What is read of a petition."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import TextEmpty, TextMalformed
from models.text import MAX_CHARS, Petition, fold, origins, read

characters = st.characters(exclude_categories=["Cs"])


def test_full_width_and_capitals_fold_to_plain_characters() -> None:
    """Typing habits do not hide a term."""
    assert fold("ＡＢＣ１２３ Ⅳ㎡") == "abc123 ivm2"


def test_every_character_folds_by_itself() -> None:
    """To its NFKC form in lower case, unless that is a phrase; blanks to a space."""
    for code_point in (*range(0xD800), *range(0xE000, 0x30000)):
        character = chr(code_point)
        plain = unicodedata.normalize("NFKC", character).lower()
        plain = plain if len(plain) <= 4 else character
        blank = unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"} or plain.isspace()
        assert fold(f"问{character}，") == f"问{' ' if blank else plain},"


def test_control_characters_become_spaces() -> None:
    """Stray control characters neither join nor vanish."""
    assert fold("派\u200b出\x00所") == "派 出 所"


@given(st.text(characters, max_size=200), st.text(characters, max_size=50))
def test_every_folded_character_has_an_origin(text: str, title: str) -> None:
    """Positions in the folded reading lead back to the field and character they came from."""
    petition = Petition("访" + text, title or None)
    folded = read(petition).folded
    fields = dict(petition.fields())
    places = origins(petition)
    assert len(places) == len(folded) + 1
    for character, (field, at) in zip(folded, places, strict=False):
        if at < len(fields[field]):
            assert character in fold(fields[field][at])
        else:
            assert character == "\n"


def test_long_text_is_read_as_its_two_ends() -> None:
    """20,000 characters are read of a longer text, and the reading says so."""
    text = "头" * MAX_CHARS + "尾" * MAX_CHARS
    reading = read(Petition(text))
    assert reading.truncated
    assert reading.folded == "头" * (MAX_CHARS // 2) + "\n" + "尾" * (MAX_CHARS // 2)
    assert origins(Petition(text))[MAX_CHARS // 2 + 1] == ("text", len(text) - MAX_CHARS // 2)


def test_text_of_the_greatest_length_is_read_whole() -> None:
    """The limit itself is not truncated."""
    assert not read(Petition("访" * MAX_CHARS)).truncated


@pytest.mark.parametrize("text", ["", "  \n\t", "\u3000\u200b\ufeff", "\x00\x01"])
def test_text_without_a_visible_character_is_empty(text: str) -> None:
    """White space, control and zero-width characters are no petition."""
    with pytest.raises(TextEmpty):
        read(Petition(text))


@pytest.mark.parametrize("text", [None, 5, b"bytes", ["list"]])
def test_anything_but_a_string_is_malformed(text: object) -> None:
    """A wrong type is named."""
    with pytest.raises(TextMalformed, match=type(text).__name__):
        read(Petition(text))  # type: ignore[arg-type]


def test_half_a_surrogate_pair_is_malformed() -> None:
    """It could not be stored or sent on."""
    with pytest.raises(TextMalformed, match="character 1"):
        read(Petition("我\ud800"))
