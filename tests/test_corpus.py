"""What the shipped petitions promise."""

import csv
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.resources import shipped
from models.taxonomy import Taxonomy
from training.corpus import read_corpus
from training.dataset import Dataset
from training.similar import similar_pairs

ROWS, ROWS_PER_TOPIC, ROWS_OF_OTHER, AUTHORS = 6000, 130, 1600, 24
ROWS_PER_SIDE = 15
AREAS = ("safety", "fairness", "disputes", "services", "governance", "care", "other")
SIDES = (
    "safety fairness",
    "disputes fairness",
    "disputes safety",
    "disputes safety",
    "services fairness governance other",
    "disputes governance other",
    "governance disputes other safety",
    "safety governance",
    "safety governance",
    "safety disputes other",
    "care other disputes",
    "services fairness governance other safety",
    "other disputes safety fairness",
    "disputes safety services fairness",
    "fairness disputes services other",
    "safety fairness care disputes services",
    "other safety",
)
"""The areas that each border rule parts, from rule 1 on; ``data/README.md`` has the rules."""

COLUMNS = ["id", "title", "text", "area", "topic", "also", "rule", "author"]


@pytest.fixture(scope="module")
def corpus() -> Dataset:
    """All shipped rows."""
    return read_corpus(())[0]


def test_every_topic_has_its_rows(corpus: Dataset, taxonomy: Taxonomy) -> None:
    """By many authors, and ``other`` has enough."""
    counts = Counter((row.area, row.topic) for row in corpus.rows)
    for area in taxonomy:
        for topic in area.topics:
            assert counts[area.code, topic.code] >= ROWS_PER_TOPIC, topic.code
    assert counts["other", None] >= ROWS_OF_OTHER
    assert len(set(corpus.authors())) >= AUTHORS
    assert len(corpus.rows) >= ROWS


def test_every_row_of_the_six_areas_has_a_topic(corpus: Dataset) -> None:
    """Rows of ``other`` have none."""
    assert all((row.topic is None) == (row.area == "other") for row in corpus.rows)


def test_a_third_stands_at_a_border(corpus: Dataset) -> None:
    """The rule is one of the codebook's, 0 for misleading words; the side is the row's area."""
    hard = [row for row in corpus.rows if row.rule]
    assert len(hard) >= len(corpus.rows) / 3
    for row in hard:
        number, side = re.fullmatch(r"(\d+):([a-z]+)", row.rule).groups()  # type: ignore[union-attr]
        assert 0 <= int(number) <= 17
        assert side == row.area, row.source


def test_files_are_named_by_author_and_share_their_columns() -> None:
    """With an id of its own for each row."""
    ids: set[str] = set()
    with shipped("petitions") as folder:
        for path in sorted(folder.glob("*.csv")):
            lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
            reader = csv.DictReader(lines)
            assert reader.fieldnames == COLUMNS
            for row in reader:
                assert row["author"] == path.stem
                assert row["id"] not in ids
                ids.add(row["id"])


def test_no_two_petitions_share_half_of_their_words(corpus: Dataset) -> None:
    """Slots and paraphrases would."""
    pairs = similar_pairs([row.folded for row in corpus.rows])
    assert [(corpus.rows[p.one].source, corpus.rows[p.other].source) for p in pairs] == []


@pytest.mark.parametrize("end", ["opening", "closing"])
def test_no_opening_or_closing_is_stock(corpus: Dataset, end: str) -> None:
    """Eight characters, at most six times."""
    compact = [re.sub(r"\s", "", row.petition.text) for row in corpus.rows]
    found = Counter(text[:8] if end == "opening" else text[-8:] for text in compact)
    assert max(found.values()) <= 6, found.most_common(3)


def test_no_number_of_a_person_stands_unmasked(corpus: Dataset) -> None:
    """Telephones, identity cards and bank cards are masked."""
    for row in corpus.rows:
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{15,19}(?!\d)", row.folded), (
            row.source
        )


def test_length_does_not_give_the_area_away(corpus: Dataset) -> None:
    """The best guess from the tenth in which a length stands finds few of each area's rows."""
    areas = corpus.areas()
    lengths = np.array([len(row.petition.text) for row in corpus.rows])
    tenths = np.searchsorted(np.quantile(lengths, np.arange(0.1, 1, 0.1)), lengths)
    shares = [np.bincount(tenths[areas == x], minlength=10) / (areas == x).sum() for x in AREAS]
    found = np.max(shares, axis=0).sum() / len(AREAS)
    assert found < 2 / len(AREAS)


def test_every_rule_stands_from_both_sides(corpus: Dataset) -> None:
    """At least so many rows on each side; the sides are the areas that the rule parts."""
    counts = Counter(row.rule for row in corpus.rows)
    for number, sides in enumerate(SIDES, 1):
        for side in sides.split():
            assert counts[f"{number}:{side}"] >= ROWS_PER_SIDE, (number, side)


def test_lengths_are_like_life(corpus: Dataset) -> None:
    """Half over 150 characters, a fifth over 400, one in twenty over 900."""
    lengths = np.array([len(row.petition.text) for row in corpus.rows])
    assert np.median(lengths) >= 150
    assert (lengths > 400).mean() >= 0.2
    assert (lengths > 900).mean() >= 0.05


def test_hardly_any_petition_denies_another_reading(corpus: Dataset) -> None:
    """A tic of writers: I do not ask for this, only for that."""
    tic = re.compile("不是(要|来|想)|不求别的|不图")
    denying = [row for row in corpus.rows if tic.search(row.folded)]
    assert len(denying) <= len(corpus.rows) / 50


def test_datasheet_names_every_author() -> None:
    """And says how the texts were made."""
    with shipped("README.md") as path, shipped("petitions") as folder:
        text = Path(path).read_text(encoding="utf-8")
        assert "language model" in text
        assert all(f"`{file.stem}`" in text for file in folder.glob("*.csv"))
