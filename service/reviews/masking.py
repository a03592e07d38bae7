"""Personal data hidden: identity numbers, mobile phones, bank cards, plates, e-mail addresses.

Each found character becomes an asterisk, so that lengths and all other characters stay. Names and
addresses stay too: no rule finds them reliably.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MASK = "*"

_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

_GAP = "[ -]?"

_LATELY_YEARS = 6
_CUE = re.compile("(?:身份|证件|证号)[^0-9]{0,8}")
_CUE_CHARS = 12


def _is_identity_number(found: re.Match[str]) -> bool:
    """Whether province, date of birth and check digit (GB 11643, ISO 7064 MOD 11-2) are right.

    Numbers of police cases are made of a region, a recent day and a serial: the number of somebody
    born lately counts only where the words before it say what it is.
    """
    digits = re.sub("[ -]", "", found.group())
    try:
        born = dt.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    age_years = dt.datetime.now(dt.UTC).date().year - born.year
    if age_years <= _LATELY_YEARS and not _has_cue(found):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return (
        _PROVINCES.match(digits) is not None
        and dt.date(1880, 1, 1) <= born <= dt.datetime.now(dt.UTC).date()
        and digits[17].upper() == _CHECKS[total % 11]
    )


def _has_cue(found: re.Match[str]) -> bool:
    start = found.start()
    return _CUE.search(found.string[max(0, start - _CUE_CHARS) : start]) is not None


def _is_card(found: re.Match[str]) -> bool:
    """Whether the check digit is right (Luhn, ISO/IEC 7812-1)."""
    digits = [int(character) for character in found.group() if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _has_digit(found: re.Match[str]) -> bool:
    return any(map(str.isdigit, found.group()[2:]))


class _Rule(NamedTuple):
    """A pattern, and what a match must be beside."""

    pattern: re.Pattern[str]
    is_meant: Callable[[re.Match[str]], bool] = bool


# Digits are fenced by look-arounds: between a Chinese character and a digit is no word boundary.
_RULES = (
    _Rule(
        re.compile(
            rf"(?<![0-9])[1-9][0-9]{{5}}{_GAP}(?:18|19|20)[0-9]{{6}}{_GAP}[0-9]{{3}}[0-9Xx]"
            r"(?![0-9A-Za-z])"
        ),
        _is_identity_number,
    ),
    # The first digits are those of issuers: numbers of orders and cases mostly begin otherwise.
    _Rule(
        re.compile(
            rf"(?<![0-9])(?:(?:60|62|95)[0-9]{{2}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}[0-9]{{1,3}})?"
            rf"|(?:4[0-9]|5[0-9]|35)[0-9]{{2}}(?:{_GAP}[0-9]{{4}}){{3}}"
            rf"|3[47][0-9]{{2}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{5}})(?![0-9])"
        ),
        _is_card,
    ),
    _Rule(
        re.compile(
            rf"(?<![0-9])(?:\+?86{_GAP})?1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?![0-9])"
        )
    ),
    _Rule(
        re.compile(
            "(?<![0-9A-Za-z])[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使]"
            "[A-HJ-NP-Za-hj-np-z][·•・. -]?"
            "(?:[0-9A-HJ-NP-Za-hj-np-z]{5,6}|[0-9A-HJ-NP-Za-hj-np-z]{4}[挂学警港澳领])"
            "(?![0-9A-Za-z])"
        ),
        _has_digit,
    ),
    _Rule(
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
        )
    ),
)


def mask(text: str) -> str:
    """The text with an asterisk for every character of personal data."""
    folded, places = _fold(text)
    characters = list(text)
    for start, end in _spans(folded):
        for at in range(places[start], places[end - 1] + 1):
            characters[at] = MASK
    return "".join(characters)


def _spans(folded: str) -> Iterator[tuple[int, int]]:
    for rule in _RULES:
        for found in rule.pattern.finditer(folded):
            if rule.is_meant(found):
                yield found.span()


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """The text in plain characters, and the place of each in the text as it is.

    Full-width characters, digits of any script and invisible characters inside a number must not
    hide it.
    """
    folded = text.translate(_PLAIN)
    if len(folded) == len(text):
        return folded, range(len(text))
    return folded, [at for at, character in enumerate(text) if _PLAIN[ord(character)]]


class _Plain(dict[int, str]):
    """The plain form of each code point, one character or none, found once and kept."""

    def __missing__(self, code_point: int) -> str:
        self[code_point] = found = _plain(chr(code_point))
        return found


_PLAIN = _Plain()


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
