"""Which column holds what, guessed from the names that offices give."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

MAX_NAME_CHARS = 8
"""A longer name of a column is taken for a petition in a file without a header."""

TEXT = (
    "text", "内容", "诉求", "诉求内容", "来信内容", "信访内容", "留言内容", "反映内容", "投诉内容",
    "来件内容", "信件内容", "来电内容", "求助内容", "咨询内容", "问题内容", "工单内容", "事项内容",
    "主要内容", "详细内容", "具体内容", "反映问题", "反映事项", "主要诉求", "问题描述", "诉求描述",
    "事项描述", "情况描述", "内容描述", "详情", "正文", "原文", "来信正文",
)  # fmt: skip
TITLE = ("title", "标题", "主题", "题目", "来信标题", "信访标题", "留言标题", "诉求标题", "subject")
ID = (
    "pt_petition_id", "petition_id", "id", "编号", "信访编号", "来信编号", "工单编号", "受理编号",
    "信件编号", "登记编号", "信访件编号", "编码", "工单号", "受理号", "流水号", "序号", "no",
)  # fmt: skip
AREA = ("area", "领域", "所属领域", "重点领域")

_LIKE_TEXT = re.compile("内容|诉求|正文|反映|描述")
_NOT_TEXT = re.compile(
    "回复|答复|办理|处理|办结|结果|意见|类|领域|标题|主题|时间|日期|部门|单位|人|来源|编号|方式|地|状态|目的|是否"
)
_DECORATION = re.compile(r"[\s*:：\"'\ufeff]|[(\[【].*[)\]】]$")


def find_column(header: Sequence[str], usual: Sequence[str]) -> int | None:
    """The position of the first of the ``usual`` names that the header has, or of one like a text.

    Capitals, width, blanks and remarks in brackets do not matter.
    """
    names = [_plain(name) for name in header]
    for name in usual:
        if name in names:
            return names.index(name)
    if usual is not TEXT:
        return None
    alike = (at for at, name in enumerate(names) if _is_like_text(name))
    return next(alike, None)


def is_header(cells: Sequence[str], named: Iterable[str]) -> bool:
    """Whether a line names the columns: it has one of the ``named``, or a usual name of a text."""
    found = [cell.strip() for cell in cells]
    wanted = set(named)
    if wanted:
        return bool(wanted & set(found))
    return any(len(cell) <= 2 * MAX_NAME_CHARS and _plain(cell) in TEXT for cell in found)


def header_place(records: Sequence[Sequence[str]], named: Iterable[str]) -> int | None:
    """Which of the first records names the columns, so that those above it are but a title.

    One that has a ``named`` column; else the first with a usual name that is wider than all above.
    """
    widest = 0
    for at, values in enumerate(records):
        filled = sum(1 for value in values if value.strip())
        if is_header(values, named) and (named or filled > widest):
            return at
        widest = max(widest, filled)
    return None


def told_columns(names: Sequence[str]) -> str:
    """Column names for a message; a long one may be a petition and is not told."""
    shown = [name if len(name) <= MAX_NAME_CHARS else "(a longer name)" for name in names]
    return ", ".join(shown)


def _plain(name: str) -> str:
    return _DECORATION.sub("", unicodedata.normalize("NFKC", name)).lower()


def _is_like_text(name: str) -> bool:
    is_short = len(name) <= MAX_NAME_CHARS
    return is_short and bool(_LIKE_TEXT.search(name)) and not _NOT_TEXT.search(name)
