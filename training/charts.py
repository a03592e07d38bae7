"""Pictures of a report as SVG, without style attributes and scripts: any content policy holds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 450, 30, 250


class Axis(NamedTuple):
    """What an axis shows, and the values at its ends."""

    title: str
    low: float
    high: float


class Mark(NamedTuple):
    """A point of a line or beside it, and what is told when it is pointed at."""

    x: float
    y: float
    told: str = ""


def draw(
    x: Axis, y: Axis, line: Sequence[Mark], marks: Sequence[Mark] = (), *, diagonal: bool = False
) -> str:
    """One line of points, with further ``marks`` in another colour."""
    return "\n".join(_lines(x, y, line, marks, diagonal))


def _lines(
    x: Axis, y: Axis, line: Sequence[Mark], marks: Sequence[Mark], diagonal: bool
) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12" '
        f'font-family="sans-serif" role="img">'
    )
    yield f"<title>{y.title} / {x.title}</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield from _grid(x, y)
    if diagonal:
        ends = f'x1="{_at_x(x, x.low)}" y1="{_at_y(y, x.low)}"'
        ends += f' x2="{_at_x(x, x.high)}" y2="{_at_y(y, x.high)}"'
        yield f'<line {ends} stroke="#888888" stroke-dasharray="4 4"/>'
    path = " ".join(f"{_at_x(x, mark.x)},{_at_y(y, mark.y)}" for mark in line)
    yield f'<polyline points="{path}" fill="none" stroke="#0d6efd" stroke-width="2"/>'
    for colour, group in (("#0d6efd", line), ("#dc3545", marks)):
        for mark in group:
            if mark.told:
                at = f'cx="{_at_x(x, mark.x)}" cy="{_at_y(y, mark.y)}"'
                yield f'<circle {at} r="4" fill="{colour}"><title>{mark.told}</title></circle>'
    yield f'<text x="255" y="290" text-anchor="middle">{x.title}</text>'
    yield f'<text x="60" y="18">{y.title}</text>'
    yield "</svg>"


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    for step in range(6):
        value = y.low + (y.high - y.low) * step / 5
        height = _at_y(y, value)
        yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{height}" y2="{height}" stroke="#dddddd"/>'
        yield f'<text x="52" y="{height + 4}" text-anchor="end">{_number(value)}</text>'
        value = x.low + (x.high - x.low) * step / 5
        yield f'<text x="{_at_x(x, value)}" y="268" text-anchor="middle">{_number(value)}</text>'


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) > 1 else f"{value:.2f}"


def _at_x(axis: Axis, value: float) -> float:
    share = (value - axis.low) / ((axis.high - axis.low) or 1)
    return round(_LEFT + (_RIGHT - _LEFT) * share, 1)


def _at_y(axis: Axis, value: float) -> float:
    share = (value - axis.low) / ((axis.high - axis.low) or 1)
    return round(_BOTTOM - (_BOTTOM - _TOP) * share, 1)
