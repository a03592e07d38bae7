"""Personal data hidden in kept texts."""

import datetime as dt
import random
import time

import pytest

from service.reviews.masking import mask

THIS_YEAR = dt.datetime.now(dt.UTC).year
ID = "11010119900307109"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(first: str) -> str:
    """The identity number that begins with these 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


def card(first: str) -> str:
    """The card number that begins with these digits."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in first[::-2]]
    return first + str(-(sum(map(int, first[-2::-2])) + sum(doubled)) % 10)


HIDDEN = {
    "identity number": identity(ID),
    "identity number beside Chinese": f"身份证{identity(ID)}号",
    "identity number with x": identity("11010119900307301").replace("X", "x"),
    "identity number in groups": "110101 19900307 " + identity(ID)[14:],
    "full-width identity number": identity(ID).translate({n: n + 0xFEE0 for n in range(48, 58)}),
    "identity number of a child": "身份证号：" + identity(f"110101{THIS_YEAR}0101109"),
    "Zhejiang area 330113": identity("33011319900307109"),
    "historic area 412723": identity("41272319660307109"),
    "Hong Kong 810000": identity("81000019900307109"),
    "mobile": "电话13912345678联系",
    "mobile in groups": "139-1234-5678",
    "mobile with country": "+86 139 1234 5678",
    "mobile 86": "8613912345678",
    "full-width mobile": "１３９１２３４５６７８",
    "mobile with invisible characters": "139\u200b1234\u200b5678",
    "mobile beside letters": "tel13912345678a",
    "card of 19": card("622202100011223344"),
    "card of 16": card("412345678901234"),
    "card in groups": "6222 0210 0011 2233 " + card("622202100011223344")[16:],
    "plate": "车牌京A12345逆行",
    "plate with dot": "苏E·12B45",
    "electric plate": "粤BD12345",
    "police plate": "沪A1234警",
    "e-mail": "发到zhang.san+x@mail.example.com。",
    "full-width e-mail": "ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_personal_data_is_hidden(name: str) -> None:
    """Every character of it, and nothing else changes place."""
    masked = mask(f"前文，{HIDDEN[name]}，后文")
    assert len(masked) == len(f"前文，{HIDDEN[name]}，后文")
    assert masked.startswith("前文，")
    assert masked.endswith("，后文")
    assert not any(character.isdecimal() or character in "@＠" for character in masked)


KEPT = {
    "case number": "（2026）京0105民初12345号",
    "order number": "订单20261128123456789012",
    "police case of region, day and serial": "警情110105202611290012号",
    "police case with a right check digit": identity(f"110105{THIS_YEAR}0101001"),
    "wrong check digit": identity(ID)[:17] + ("1" if identity(ID)[17] != "1" else "2"),
    "born tomorrow": identity("11010129900307109"),
    "no province": identity("99010119900307109"),
    "land line": "010-12345678",
    "money": "三万元、30000元、1234567.89元",
    "longer than a mobile": "139123456789",
    "hotline": "12345",
    "card that fails Luhn": "6222021000112233440",
    "at sign alone": "我@他",
    "abbreviation": "京ABCDEF",
}


@pytest.mark.parametrize("name", KEPT)
def test_other_numbers_stay(name: str) -> None:
    """A clerk needs them."""
    assert mask(KEPT[name]) == KEPT[name]


def test_few_random_numbers_are_taken_for_personal_data() -> None:
    """At most one in a hundred of the numbers of orders and cases."""
    draw = random.Random(0)  # noqa: S311 - no secret
    numbers = [
        f"{draw.choice(['', 'NO', '受理'])}202{draw.randrange(7)}{draw.randrange(10**n):0{n}d}"
        for n in (6, 8, 10, 12, 14, 16)
        for _ in range(500)
    ]
    assert sum(mask(number) != number for number in numbers) <= len(numbers) / 100


@pytest.mark.parametrize("unit", ["1", "1 ", "62", "a@", "京A1", "1-", "13"])
def test_long_nonsense_takes_no_time(unit: str) -> None:
    """A megabyte in well under a second."""
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    mask(text)
    assert time.process_time() - started < 2


def test_masked_text_is_not_masked_further() -> None:
    """So that the same petition, kept and sent again, is the same."""
    for text in HIDDEN.values():
        assert mask(mask(text)) == mask(text)
