"""The elements of a JSON array one after the other, without holding the whole array."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from models.errors import FileUnreadable

_READ_CHARS = 1 << 16
MAX_ELEMENT_CHARS = 1 << 24
_BLANK = " \t\r\n"


def elements(name: str, start: str, file: TextIO) -> Iterator[Any]:
    """All elements of the array that ``start`` begins and ``file`` goes on with.

    Raises FileUnreadable for what is not one whole array and nothing behind it.
    """
    array = _Array(name, start, file)
    array.expect("[")
    if array.next_character() == "]":
        array.end()
        return
    while True:
        yield array.value()
        if array.next_character() == "]":
            array.end()
            return
        array.expect(",")


class _Array:
    """A window on the text that moves on as it is read."""

    def __init__(self, name: str, start: str, file: TextIO) -> None:
        self._name, self._text, self._file = name, start, file
        self._at = 0
        self._decoder = json.JSONDecoder()

    def next_character(self) -> str:
        """The next one that is not blank; it stays where it is."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                raise self._broken()

    def expect(self, character: str) -> None:
        """Move past a character that has to come."""
        if self.next_character() != character:
            raise self._broken()
        self._at += 1

    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """The next value, moved past."""
        self.next_character()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                end = len(self._text)
            if end < len(self._text):  # else a number may go on in what follows
                self._at = end
                return value
            if end - self._at > MAX_ELEMENT_CHARS or not self._read_on():
                raise self._broken()

    def end(self) -> None:
        """Move past the closing bracket; only blanks may follow."""
        self._at += 1
        rest = self._text[self._at :]
        while rest:
            if rest.strip():
                raise self._broken()
            rest = self._file.read(_READ_CHARS)

    def _read_on(self) -> bool:
        """Drop what is done with and read more, the more the longer a value is."""
        kept = self._text[self._at :]
        more = self._file.read(max(_READ_CHARS, len(kept)))
        self._text, self._at = kept + more, 0
        return bool(more)

    def _broken(self) -> FileUnreadable:
        return FileUnreadable(
            f"{self._name}: not a whole JSON array",
            expected="[{…}, {…}], or one object a line",
            remedy="export it again",
        )
