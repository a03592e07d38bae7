"""What the archive page shows of a file, and what its form says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import MultiDict

from models.errors import TriageError
from service.jobs import Choices, Job, Kind, State
from service.jobs.classifying import PROGRESS, SUMMARY
from service.jobs.job import read_document
from service.jobs.reading import PREVIEW
from service.pages import batch_words as words
from service.running import Running

NO_AREA = "无法判断"


def headers_of(preview: dict[str, Any]) -> list[str]:
    """The names of all columns of all tables."""
    tables = [table for table in preview.get("tables", []) if not table["error"]]
    return list(dict.fromkeys(name for table in tables for name in table["header"] if name))


@dataclass(frozen=True)
class Bar:
    """An area in the picture of the results."""

    area: str
    auto: int
    review: int


def summary_of(folder: Path) -> dict[str, Any]:
    """What came of it; ``bars`` for the picture, the longest first."""
    found = read_document(folder / SUMMARY) or {}
    counts: dict[str, dict[str, int]] = {}
    for area, decision, n in found.get("counts", []):
        counts.setdefault(area, {})[decision] = n
    bars = [Bar(area, n.get("auto", 0), n.get("review", 0)) for area, n in counts.items()]
    bars.sort(key=lambda bar: -(bar.auto + bar.review))
    failed = sum(found.get("errors", {}).values())
    auto, review = sum(bar.auto for bar in bars), sum(bar.review for bar in bars)
    totals = {"auto": auto, "review": review, "failed": failed, "rows": auto + review + failed}
    return {**found, **totals, "bars": bars, "most": _most(bars)}


def _most(bars: Sequence[Bar]) -> int:
    return max((bar.auto + bar.review for bar in bars), default=1)


def progress_of(found: Job, folder: Path) -> dict[str, Any]:
    """A sentence, and the share that is done where it is known."""
    if found.state is not State.RUNNING:
        return {"line": words.STATES[found.state], "share": None}
    told = read_document(folder / PROGRESS) or {}
    if told.get("phase") == "writing":
        return {"line": "行已全部判断，正在写结果文件", "share": 1.0}
    if "of" in told:
        return {"line": f"已写入 {told['rows']} / {told['of']} 条", "share": None}
    if "rows" not in told:
        return {"line": "正在开始", "share": None}
    share = told["read_bytes"] / told["total_bytes"] if told["total_bytes"] else None
    return {"line": _line(told, share), "share": share}


def _line(told: dict[str, Any], share: float | None) -> str:
    if not told["rows_per_s"]:
        return f"已处理 {told['rows']:,} 行，正在估计还要多久"
    parts = [f"已处理 {told['rows']:,} 行", f"每秒约 {told['rows_per_s']:,.0f} 行"]
    if share:  # rows that an earlier process had done pass by too fast to guess by them
        left_s = told["rows"] * (1 / share - 1) / told["rows_per_s"]
        parts.append(f"大约还要 {words.time_in_words(left_s)}")
    if told["tables"] > 1:
        parts.append(f"第 {told['tables_done'] + 1} / {told['tables']} 张表")
    return "，".join(parts)


def choices_of(found: Job, folder: Path, form: MultiDict[str, str]) -> Choices:
    """What the form says of how to read the file."""
    preview = read_document(folder / PREVIEW) or {}
    # Names that were read in another encoding are names no more.
    headers = headers_of(preview) if form.get("encoding", "") == found.choices.encoding else []
    tables = [table["name"] for table in preview.get("tables", [])]
    encoding = form.get("encoding", "")
    return Choices(
        encoding=encoding if encoding in words.ENCODINGS else "",
        text="".join(_picked(headers, [form.get("text", "")])),
        title="".join(_picked(headers, [form.get("title", "")])),
        id="".join(_picked(headers, [form.get("id", "")])),
        no_id=form.get("id") == "-",
        tables=_picked(tables, form.getlist("table")) if "several" in form else (),
        record="record" in form or found.kind is Kind.IMPORT,
    )


def _picked(names: Sequence[str], places: Sequence[str]) -> tuple[str, ...]:
    """The names at these places: a form may not give every name back as it was."""
    numbers = [int(place) for place in places if place.isascii() and place.isdigit()]
    return tuple(names[number] for number in numbers if number < len(names))


def area_namer(running: Running) -> Callable[[str], str]:
    """What names an area by its code."""
    try:
        find = running.classifier().taxonomy.area
    except TriageError:
        return lambda code: code or NO_AREA

    def name(code: str) -> str:
        found = find(code)
        return found.name if found else code or NO_AREA

    return name
