"""A petition's text as it is read: checked, clipped, and folded for matching.

Folding never changes what is shown or stored. It maps every character to its NFKC form in lower
case, so that full-width, half-width and capital letters meet the same terms; positions in the
folded text lead back to the text as sent.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from models.errors import TextEmpty, TextMalformed

MAX_CHARS = 20_000
"""A longer text is read as its first and last halves of this many characters."""

_MOST_FOLDED = 4
"""A character that stands for a whole phrase stays as it is: no text swells without bound."""

_BLANK_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


class _Folding(dict[int, str]):
    """Folded form of each code point, found once and kept (for ``str.translate``)."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        folded = unicodedata.normalize("NFKC", character).lower()
        if len(folded) > _MOST_FOLDED:
            folded = character
        if unicodedata.category(character) in _BLANK_CATEGORIES or folded.isspace():
            folded = " "
        self[code_point] = folded
        return folded


_FOLDING = _Folding()
_COMMON = [(character, _FOLDING[ord(character)]) for character in "\n，：；？！（）"]
"""Replaced one by one: far faster than a look-up for each character of a text."""
_TO_FOLD = re.compile("[^\u4e00-\u9fff -@[-~、。“”《》—]+")
"""Everything but the commonest characters that fold to themselves."""


@dataclass(frozen=True)
class Petition:
    """What a citizen sent: ``text``, optionally under a ``title``; ``id`` is the sender's own."""

    text: str
    title: str | None = None
    id: str | None = None

    def fields(self) -> list[tuple[str, str]]:
        """Name and content of each field that is read, in reading order."""
        title = [("title", self.title)] if self.title else []
        return [*title, ("text", self.text)]


@dataclass(frozen=True)
class Reading:
    """A petition as the model sees it."""

    folded: str
    truncated: bool


class Piece(NamedTuple):
    """Consecutive characters of a field, the first of them at ``offset``."""

    field: str
    offset: int
    content: str


def read(petition: Petition) -> Reading:
    """Fold the pieces of the title and the text and join them by line feeds.

    Raises TextEmpty where the text has no visible character, TextMalformed for anything that is
    not a string of Unicode characters.
    """
    for name, content in petition.fields():
        _check(name, content)
    found = pieces(petition)
    folded = [fold(piece.content) for piece in found]
    visible = (
        text.strip() for piece, text in zip(found, folded, strict=True) if piece.field == "text"
    )
    if not any(visible):
        raise TextEmpty(
            f"text has no visible character (length {len(petition.text)})",
            expected="the words of a petition",
            remedy="send the petition's text",
        )
    return Reading("\n".join(folded), len(found) > len(petition.fields()))


def pieces(petition: Petition) -> list[Piece]:
    """What is read of each field: all of it, or its first and last half of ``MAX_CHARS``."""
    half = MAX_CHARS // 2
    found = []
    for name, content in petition.fields():
        if len(content) <= MAX_CHARS:
            found.append(Piece(name, 0, content))
        else:
            found.append(Piece(name, 0, content[:half]))
            found.append(Piece(name, len(content) - half, content[-half:]))
    return found


def origins(petition: Petition) -> list[tuple[str, int]]:
    """For each character of the folded reading, the field and index that it came from."""
    found: list[tuple[str, int]] = []
    for piece in pieces(petition):
        for at, character in enumerate(piece.content, piece.offset):
            found += [(piece.field, at)] * len(fold(character))
        found.append((piece.field, piece.offset + len(piece.content)))  # the joining line feed
    return found


def fold(content: str) -> str:
    """The content for matching: NFKC per character, lower case, control characters as spaces."""
    for character, folded in _COMMON:
        content = content.replace(character, folded)
    return _TO_FOLD.sub(lambda found: found[0].translate(_FOLDING), content)


def _check(name: str, content: object) -> None:
    if not isinstance(content, str):
        raise TextMalformed(
            f"{name} is of type {type(content).__name__}", expected="a string of characters"
        )
    try:
        content.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TextMalformed(
            f"{name} holds half a surrogate pair at character {error.start}",
            expected="Unicode characters",
            remedy="send the text as UTF-8",
        ) from error
