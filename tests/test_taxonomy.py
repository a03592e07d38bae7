"""Reading the labels."""

from pathlib import Path

import pytest

from models.errors import TaxonomyError
from models.taxonomy import Taxonomy

SMALL = """
[[area]]
code = "a"
name = "甲"
[[area.topic]]
code = "t"
name = "题"
[[area]]
code = "b"
name = "乙"
"""


def load(tmp_path: Path, text: str) -> Taxonomy:
    """The taxonomy of a file with this text."""
    path = tmp_path / "areas.toml"
    path.write_text(text, encoding="utf-8")
    return Taxonomy.load(path)


def test_shipped_taxonomy_has_six_areas_and_other(taxonomy: Taxonomy) -> None:
    """And 32 topics, none of them under ``other``."""
    assert [area.name for area in taxonomy] == [
        "保民安", "纾民怨", "解民忧", "增民利", "促民享", "暖民心", "不属六项",
    ]  # fmt: skip
    assert taxonomy.other == "other"
    assert sum(len(area.topics) for area in taxonomy) == 32


def test_areas_and_topics_are_found_by_code_and_by_name(tmp_path: Path) -> None:
    """Both are unique."""
    taxonomy = load(tmp_path, SMALL)
    area = taxonomy.area("甲")
    assert area is taxonomy.area("a")
    assert area is not None
    assert area.topic("题") == area.topic("t")
    assert area.topic("x") is None
    assert taxonomy.area("x") is None
    assert taxonomy.other is None


def test_document_reads_back_as_the_same_taxonomy(taxonomy: Taxonomy) -> None:
    """A version keeps its taxonomy."""
    assert Taxonomy.from_document(taxonomy.document(), "again") == taxonomy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[[area", "not TOML"),
        ("area = 3", "not a list"),
        ('[[area]]\ncode="a"\nname="甲"\n', "1 areas"),
        ('[[area]]\ncode="a"\n', "missing"),
        (SMALL + '[[area]]\ncode="a"\nname="丙"\n', "twice"),
        (SMALL + '[other]\ncode="c"\nname="乙"\n', "twice"),
        ('[[area]]\ncode="a"\nname="甲"\ntopic=[1]\n', "topic 1"),
    ],
)
def test_odd_taxonomy_is_named(tmp_path: Path, text: str, found: str) -> None:
    """The error says what was found and where."""
    with pytest.raises(TaxonomyError, match=found):
        load(tmp_path, text)


def test_missing_taxonomy_is_named(tmp_path: Path) -> None:
    """No traceback for a mistyped path."""
    with pytest.raises(TaxonomyError, match="cannot be read"):
        Taxonomy.load(tmp_path / "none.toml")
