"""The report as one HTML file in Chinese: no script, no request, under a strict content policy."""

import base64
import hashlib
import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from models.taxonomy import Taxonomy
from training.charts import Axis, Mark, draw

Report = Mapping[str, Any]

PETITIONS_A_DAY = 1000
"""The example by which the workload is told."""

_STYLE = """
body { font: 16px/1.6 sans-serif; margin: 2rem auto; max-width: 64rem;
  padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { border: 1px solid #ccc; padding: .2rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
th { background: #f3f3f3; }
td.right { background: #e4f2e7; }
td.wrong { background: #fbe9e7; }
svg { max-width: 32rem; width: 100%; height: auto; }
.note { color: #555; }
.big { font-size: 1.2rem; }
"""


def build_page(report: Report, taxonomy: Taxonomy) -> str:
    """The whole file as text; every figure is from ``report``."""
    names = {area.code: area.name for area in taxonomy}
    topics = {area.code: {topic.code: topic.name for topic in area.topics} for area in taxonomy}
    environment = Environment(
        loader=PackageLoader("training"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"percent": _percent, "share": _share, "interval": _interval}
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return environment.get_template("report.html").render(
        report=report,
        names=names,
        topic_names=topics,
        style=Markup(_STYLE),  # noqa: S704 - a constant of ours
        style_hash=f"sha256-{digest}",
        other=taxonomy.other,
        workload=_workload(report),
        charts={key: Markup(value) for key, value in _charts(report).items()},  # noqa: S704 - our own SVG
    )


def _workload(report: Report) -> dict[str, float]:
    """Of ``PETITIONS_A_DAY`` petitions: decided alone, wrong among them, left to people."""
    decided = PETITIONS_A_DAY * report["auto_share"]
    precision = report["auto_precision"]
    wrong = 0 if precision is None else round(decided * (1 - precision), 6)
    return {
        "all": PETITIONS_A_DAY,
        "decided": round(decided),
        "wrong": math.ceil(wrong),
        "people": PETITIONS_A_DAY - round(decided),
    }


def _charts(report: Report) -> dict[str, str]:
    bins = report["reliability"]
    charts = {
        "reliability": draw(
            Axis("置信度", 0, 1),
            Axis("实际正确的比例", 0, 1),
            [
                Mark(
                    b["confidence"],
                    b["right"],
                    f"{b['n']} 件: {b['confidence']:.3f} → {b['right']:.3f}",
                )
                for b in bins
            ],
            diagonal=True,
        ),
        "workload": _workload_chart(report),
    }
    points = report.get("learning_curve", [])
    if points:
        low = math.floor(min(point["macro_f1"] for point in points) * 10) / 10
        charts["learning"] = draw(
            Axis("学习所用的行数", 0, points[-1]["rows"]),
            Axis("对未见作者的宏平均 F1", low, 1),
            [
                Mark(
                    p["rows"],
                    p["macro_f1"],
                    f"{p['authors']} 位作者, {p['rows']} 行: {p['macro_f1']:.3f}",
                )
                for p in points
            ],
        )
    return charts


def _workload_chart(report: Report) -> str:
    points = report["workload"]
    low = math.floor(min([point["precision"] for point in points] or [0]) * 10) / 10
    certified = []
    if report["auto_precision"] is not None:
        share, precision = _percent(report["auto_share"]), _percent(report["auto_precision"])
        told = f"认证点: {share} 自动, {precision} 正确"
        certified = [Mark(report["auto_share"], report["auto_precision"], told)]
    return draw(
        Axis("自动决定的比例", 0, 1),
        Axis("其中正确的比例", min(low, 0.9), 1),
        [Mark(point["share"], point["precision"]) for point in points],
        certified,
    )


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _interval(value: list[float] | None) -> str:
    return "—" if value is None else f"{value[0]:.3f} – {value[1]:.3f}"
