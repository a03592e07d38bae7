"""Areas and topics under their Chinese names, and those that somebody chose."""

from dataclasses import dataclass

from flask import request

from models.errors import LabelUnknown, TriageError
from models.taxonomy import Taxonomy
from service.api import running
from service.reviews.judgement import Label

BETWEEN = "|"
"""Stands between area and topic in a form's value; no code holds it."""


@dataclass(frozen=True)
class Named:
    """A label as people read it; without an area it says so."""

    area: str
    topic: str | None = None

    def __str__(self) -> str:
        return f"{self.area} · {self.topic}" if self.topic else self.area


def taxonomy() -> Taxonomy:
    """Areas and topics of the running version; none at all where none is loaded."""
    try:
        return running().classifier().taxonomy
    except TriageError:
        return Taxonomy(())


def named(area: str | None, topic: str | None = None) -> Named:
    """The names of these codes, or the codes where the running version does not know them."""
    if area is None:
        return Named("无法判断")
    found = taxonomy().area(area)
    if found is None:
        return Named(area, topic)
    inside = found.topic(topic) if topic else None
    return Named(found.name, inside.name if inside else topic)


def chosen() -> Label | None:
    """What the form says: None confirms the model's answer. Raises LabelUnknown."""
    verdict = request.form.get("verdict")
    if verdict == "confirm":
        return None
    wanted = request.form.get("label", "") if verdict == "label" else request.form.get("area", "")
    area, _, topic = wanted.partition(BETWEEN)
    if not area:
        raise LabelUnknown("no area was chosen", remedy="choose one")
    return Label.read(running().classifier().taxonomy, area, topic or None)
