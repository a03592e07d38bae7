"""Reasons for review."""

from dataclasses import replace

import pytest

from models.decision import (
    CLOSE_MARGIN,
    Certificate,
    Policy,
    Reason,
    count_chars,
    known_share,
)

CERTIFICATE = Certificate(0.9, 0.98, 0.955, n=200, authors=8, evidence="shipped")
POLICY = Policy(
    {"safety": CERTIFICATE, "other": CERTIFICATE},
    also=0.25,
    other="other",
    min_chars=6,
    min_known=0.5,
    min_breadth=4.0,
)


@pytest.mark.parametrize(
    ("areas", "confidences", "reasons"),
    [
        (["safety", "care"], [0.9, 0.1], []),
        (["safety", "care"], [0.89, 0.11], [Reason.BELOW_THRESHOLD]),
        (["safety", "care"], [0.5, 0.45], [Reason.BELOW_THRESHOLD, Reason.CLOSE_SECOND]),
        (["care", "safety"], [0.99, 0.01], [Reason.AREA_NOT_CERTIFIED]),
        (["other", "safety"], [0.99, 0.01], [Reason.OTHER_AREA]),
    ],
)
def test_reasons(areas: list[str], confidences: list[float], reasons: list[Reason]) -> None:
    """``other`` is never decided alone, not even with a certificate."""
    assert POLICY.reasons(areas, confidences) == reasons


def test_close_second_is_a_matter_of_the_margin() -> None:
    """Exactly at the margin the second area is not near."""
    near = [0.6, 0.6 - CLOSE_MARGIN + 0.01]
    far = [0.6, 0.6 - CLOSE_MARGIN - 0.01]
    assert Reason.CLOSE_SECOND in POLICY.reasons(["safety", "care"], near)
    assert Reason.CLOSE_SECOND not in POLICY.reasons(["safety", "care"], far)


@pytest.mark.parametrize(
    ("text", "short"), [("钱", True), ("！！！！！！！！", True), ("派出所不立案", False)]
)
def test_punctuation_does_not_lengthen_a_text(text: str, short: bool) -> None:
    """Only letters, digits and Chinese characters count."""
    assert (POLICY.text_reasons(text, pairs=5, breadth=4) == [Reason.TOO_SHORT]) is short


def test_text_of_another_kind_goes_to_a_person() -> None:
    """Of six characters there are five sequences of two; half of them must be known."""
    assert POLICY.text_reasons("派出所不立案", pairs=2, breadth=4) == [Reason.UNFAMILIAR]
    assert POLICY.text_reasons("派出所不立案", pairs=3, breadth=4) == []


@pytest.mark.parametrize("text", ["派出所不立案" * 9, "派出所，" * 9, "派，" * 20, "派出所不"])
@pytest.mark.parametrize("min_chars", [1, 20, 60])
@pytest.mark.parametrize("min_known", [0.0, 0.3, 0.9])
def test_many_known_pairs_spare_the_count(text: str, min_chars: int, min_known: float) -> None:
    """The answer is that of counting, however many pairs are known."""
    policy = replace(POLICY, min_chars=min_chars, min_known=min_known)
    chars = count_chars(text)
    for pairs in range(chars):
        found = policy.text_reasons(text, pairs, breadth=4)
        is_short, is_strange = chars < min_chars, known_share(chars, pairs) < min_known
        assert (Reason.TOO_SHORT in found) is is_short
        assert (Reason.UNFAMILIAR in found) is (is_strange and not is_short)


def test_an_answer_that_rests_on_few_terms_goes_to_a_person() -> None:
    """One telling phrase among other matters is no petition about it."""
    assert POLICY.text_reasons("派出所不立案", pairs=5, breadth=3.9) == [Reason.NARROW_EVIDENCE]
