"""The way from page to page, as far as whoever asks may go."""

from typing import Any

from flask import g

from service.access import NEEDS

PAGES = (
    ("pages.desk", "受理台"),
    ("batch.overview", "批量"),
    ("pages.queue", "复核队列"),
    ("pages.statistics", "统计"),
    ("pages.model", "模型"),
    ("pages.accounts", "账户"),
    ("pages.keys", "接口密钥"),
)
"""Every page of the navigation by its view, in order."""


def navigation() -> dict[str, Any]:
    """The pages that the caller may open, for every template."""
    caller = g.get("caller")
    rights = caller.rights if caller else frozenset()
    return {"navigation": [each for each in PAGES if NEEDS[each[0]] in rights]}
