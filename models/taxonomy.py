"""The labels: areas, the topics inside each, and the area for what belongs to none."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from models.errors import TaxonomyError

EXAMPLE = (
    "[[area]] tables with code, name and optional [[area.topic]] tables, and optionally [other]"
)


@dataclass(frozen=True)
class Topic:
    """A matter inside an area."""

    code: str
    name: str


@dataclass(frozen=True)
class Area:
    """A focus area with its topics, of which there may be none."""

    code: str
    name: str
    topics: tuple[Topic, ...] = ()

    def codes(self) -> list[str]:
        """Its own code and those of its topics."""
        return [self.code, *(topic.code for topic in self.topics)]

    def topic(self, label: str) -> Topic | None:
        """The topic with this code or name, or None."""
        return next((topic for topic in self.topics if label in (topic.code, topic.name)), None)


@dataclass(frozen=True)
class Taxonomy:
    """All areas in their order; ``other`` is the code of the one that means "not ours", or None."""

    areas: tuple[Area, ...]
    other: str | None = None

    def __iter__(self) -> Iterator[Area]:
        return iter(self.areas)

    @cached_property
    def _by_label(self) -> dict[str, Area]:
        by_name = {area.name: area for area in self.areas}
        return by_name | {area.code: area for area in self.areas}

    def area(self, label: str) -> Area | None:
        """The area with this code or name, or None."""
        return self._by_label.get(label)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a TOML file.

        Raises TaxonomyError for a file that is missing, is no TOML, or describes no taxonomy.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise TaxonomyError(
                f"{path.name}: cannot be read ({error.strerror})", remedy="check the path"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise TaxonomyError(
                f"{path.name}: is not TOML in UTF-8 ({error})", expected=EXAMPLE
            ) from error
        return cls.from_document(document, path.name)

    @classmethod
    def from_document(cls, document: dict[str, Any], source: str) -> Self:
        """Build from the parsed TOML or JSON ``document``; ``source`` names it in errors."""
        tables = _tables(document.get("area", []), f"{source}: area")
        areas = [_area(table, f"{source}: area {at}") for at, table in enumerate(tables, 1)]
        other = document.get("other")
        if other is not None:
            areas.append(_area(other, f"{source}: other"))
        _check_unique([(area.code, area.name) for area in areas], source)
        if len(areas) < 2:  # noqa: PLR2004
            raise TaxonomyError(f"{source}: {len(areas)} areas", expected="two or more")
        return cls(tuple(areas), areas[-1].code if other is not None else None)

    def document(self) -> dict[str, Any]:
        """The same taxonomy as the document that ``from_document`` reads."""
        tables = {area.code: _table(area) for area in self.areas}
        document: dict[str, Any] = {}
        if self.other is not None:
            document["other"] = tables.pop(self.other)
        return {"area": list(tables.values())} | document


def _tables(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise TaxonomyError(f"{where}: not a list of tables", expected=EXAMPLE)
    return value


def _area(table: object, where: str) -> Area:
    code, name = _label(table, where)
    tables = _tables(_mapping(table).get("topic", []), f"{where}: topic")
    topics = [_label(topic, f"{where}: topic {at}") for at, topic in enumerate(tables, 1)]
    _check_unique(topics, where)
    return Area(code, name, tuple(Topic(*topic) for topic in topics))


def _mapping(table: object) -> dict[str, Any]:
    return table if isinstance(table, dict) else {}


def _label(table: object, where: str) -> tuple[str, str]:
    code, name = (_mapping(table).get(key) for key in ("code", "name"))
    for value in (code, name):
        if not isinstance(value, str) or not value.strip() or "|" in value:
            raise TaxonomyError(
                f"{where}: code or name is missing", expected='code = "…" and name = "…" without |'
            )
    return str(code).strip(), str(name).strip()


def _check_unique(labels: list[tuple[str, str]], where: str) -> None:
    seen: set[str] = set()
    for label in labels:
        if seen & set(label):
            raise TaxonomyError(f"{where}: {label[0]!r} ({label[1]!r}) stands twice")
        seen |= set(label)


def _table(area: Area) -> dict[str, Any]:
    table: dict[str, Any] = {"code": area.code, "name": area.name}
    if area.topics:
        table["topic"] = [{"code": topic.code, "name": topic.name} for topic in area.topics]
    return table
