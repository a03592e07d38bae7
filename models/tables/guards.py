"""Apostrophes before cells that Excel would run as formulas, and taking them off again."""

import re
from collections.abc import Sequence

ANSWER_COLUMNS = (
    "area", "area_name", "topic", "confidence", "decision", "reasons",
    "second_area", "second_confidence", "version", "error",
)  # fmt: skip
"""What a result has behind the original columns; they tell our own results from other tables."""

REVIEW_COLUMNS = ("text", "title", "area", "topic", "id", "author", "rule", "sample")
"""What an export of reviews has."""

_RUN = re.compile("'*[=+\\-@\t\r\0＝＋－＠]")
"""Excel runs a cell that starts so (CWE-1236); behind apostrophes it could be one of ours."""
_STARTS = frozenset("'=+-@\t\r\0＝＋－＠")
_GUARDED = re.compile("''*[=+\\-@\t\r\0＝＋－＠]")


def guard(cell: str) -> str:
    """The cell with an apostrophe before it where Excel would run it; ``unguard`` undoes it."""
    return f"'{cell}" if cell[:1] in _STARTS and _RUN.match(cell) else cell


def unguard(cell: str) -> str:
    """The cell as it was before ``guard``."""
    return cell[1:] if _GUARDED.match(cell) else cell


def is_result(header: Sequence[str]) -> bool:
    """Whether a table is a result or export of ours, possibly with columns that somebody added."""
    if tuple(header[: len(REVIEW_COLUMNS)]) == REVIEW_COLUMNS:
        return True
    names = [re.sub("^(pt_)+", "", name) for name in header]
    width = len(ANSWER_COLUMNS)
    starts = range(len(names) - width + 1)
    return any(tuple(names[at : at + width]) == ANSWER_COLUMNS for at in starts)
