"""统计: how many petitions of which area, how right ``auto`` was, how long people wait."""

import datetime as dt
from dataclasses import dataclass

from flask import render_template, request

from models.errors import TriageError
from service.api import running
from service.pages.columns import HEIGHT, WIDTH, Column, columns, without_gaps
from service.pages.labels import named, taxonomy
from service.pages.promise import Promise, Verdict, judged
from service.recording import database
from service.reviews import figures, moments
from service.reviews.figures import Period, Unit

SPANS: dict[str, tuple[int, Unit, str]] = {
    "30": (30, "day", "最近 30 天，按天"),
    "90": (90, "week", "最近 90 天，按周"),
    "365": (365, "week", "最近一年，按周"),
}
AGES = ("不到 1 天", "1 到 3 天", "3 到 7 天", "7 到 30 天", "30 天以上")

VERDICTS = {
    Verdict.BROKEN: "超过承诺",
    Verdict.DOUBTFUL: "偏多，还不能下结论",
    Verdict.OPEN: "件数还少，不能下结论",
    Verdict.KEPT: "守住承诺",
}


@dataclass(frozen=True)
class Counted:
    """The petitions of a span of time, by area and as columns."""

    areas: list[str | None]
    periods: list[Period]
    picture: list[Column]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(period.total for period in self.periods)

    @property
    def auto(self) -> int:
        """Those that were decided alone."""
        return sum(period.auto for period in self.periods)

    def of(self, area: str | None) -> int:
        """Those of an area."""
        return sum(period.areas.get(area, 0) for period in self.periods)


def statistics() -> str:
    """The figures of a span of time."""
    span = request.args.get("span", "30")
    span = span if span in SPANS else "30"
    days, unit, _ = SPANS[span]
    today = dt.date.fromisoformat(moments.local_day(moments.now()))
    since = today - dt.timedelta(days=days - 1)
    ageing = figures.ageing(database())
    return render_template(
        "statistics.html",
        spans=SPANS,
        span=span,
        counted=_counted(unit, since, today),
        width=WIDTH,
        height=HEIGHT,
        judged=figures.judged(database(), since=since),
        promises=_promises(),
        verdicts=VERDICTS,
        ageing=list(zip(AGES, ageing.counts, strict=True)),
        oldest=ageing.oldest,
        named=named,
    )


def _counted(unit: Unit, since: dt.date, today: dt.date) -> Counted:
    found = figures.over_time(database(), unit, since=since)
    known: list[str | None] = [area.code for area in taxonomy()]
    seen = {area for period in found for area in period.areas}
    areas = known + sorted(seen - set(known), key=str)
    periods = without_gaps(found, unit, since, today)
    return Counted(areas, periods, columns(periods, areas))


def _promises() -> list[Promise]:
    """The honest sample of the running version, beside what its certificates promise."""
    try:
        manifest = running().manifest()
    except TriageError:
        return []
    limit = 1 - manifest["target_precision"]
    found = figures.overruled(database(), version=manifest["id"])
    order = [area.code for area in taxonomy()]
    found.sort(key=lambda sample: order.index(sample.area) if sample.area in order else len(order))
    return [judged(sample, limit) for sample in found]
