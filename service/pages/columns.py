"""Petitions over time as stacked columns: where each rectangle of the picture stands."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.reviews.figures import Period, Unit

WIDTH, HEIGHT = 720, 200
"""Units of the picture inside its axes."""

_FILLED = 0.8
_LABELS = 8


@dataclass(frozen=True)
class Part:
    """The petitions of one area in a column; ``colour`` is the area's place among all."""

    area: str | None
    n: int
    colour: int
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """One period; ``labelled`` where its name is written under it."""

    period: Period
    x: float
    width: float
    parts: list[Part]
    labelled: bool


def columns(periods: Sequence[Period], areas: Sequence[str | None]) -> list[Column]:
    """A column for each period, the highest as high as the picture."""
    most = max((period.total for period in periods), default=0) or 1
    step = WIDTH / max(len(periods), 1)
    every = -(-len(periods) // _LABELS)
    return [
        Column(
            period,
            at * step + step * (1 - _FILLED) / 2,
            step * _FILLED,
            list(_parts(period, areas, HEIGHT / most)),
            at % every == 0,
        )
        for at, period in enumerate(periods)
    ]


def _parts(period: Period, areas: Sequence[str | None], unit: float) -> Iterator[Part]:
    bottom = float(HEIGHT)
    for colour, area in enumerate(areas):
        n = period.areas.get(area, 0)
        if n:
            bottom -= n * unit
            yield Part(area, n, colour, bottom, n * unit)


def without_gaps(
    periods: Sequence[Period], unit: Unit, since: dt.date, until: dt.date
) -> list[Period]:
    """The periods from ``since`` to ``until``, those without a petition too."""
    found = {period.start: period for period in periods}
    days = 1 if unit == "day" else 7
    start = since if unit == "day" else since - dt.timedelta(days=since.weekday())
    count = (until - start).days // days + 1
    names = [(start + dt.timedelta(days=days * at)).isoformat() for at in range(count)]
    return [found.get(name, Period(name, {}, 0, 0)) for name in names]
