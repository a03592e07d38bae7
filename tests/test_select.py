"""The recipe that suits the rows is found by trying, and only where it is no chance."""

from dataclasses import replace

import numpy as np
import pytest

from models.terms import Analyzer
from models.words import Segmenter
from training.dataset import Dataset
from training.fit import Counts, Recipe, count_terms
from training.select import MAX_FITS, Part, Search, suited_weight

RECIPE = Recipe(least_rows=1)


@pytest.fixture(scope="module")
def counts(dataset: Dataset) -> Counts:
    """Terms of the rows."""
    texts = [row.folded for row in dataset.rows]
    return count_terms(Analyzer(Segmenter({}), RECIPE.sizes), texts, RECIPE.least_rows)


@pytest.fixture
def search(dataset: Dataset, counts: Counts) -> Search:
    """A search on every other row, judged by the rest."""
    rows = np.arange(len(dataset.rows))
    parts = [Part(rows[rows % 2 == 0], rows[rows % 2 == 1])]
    return Search(dataset, counts, parts, 0, lambda *_: None)


def test_a_useless_recipe_is_left_for_a_good_one(search: Search) -> None:
    """A machine that is hardly allowed to learn is surpassed by the usual one."""
    assert search.better(replace(RECIPE, strength=1e-5), [RECIPE]) == RECIPE


def test_a_good_recipe_stays_where_the_others_are_worse(search: Search) -> None:
    """And where there is nothing to try."""
    assert search.better(RECIPE, [replace(RECIPE, strength=1e-5)]) == RECIPE
    assert search.better(RECIPE, []) == RECIPE


def test_a_recipe_is_fitted_once_only(search: Search) -> None:
    """What is known of it is kept."""
    search.better(RECIPE, [RECIPE])
    known = search.losses[RECIPE]
    search.better(RECIPE, [RECIPE])
    assert search.losses[RECIPE] is known
    assert len(search.losses) * len(search.parts) <= MAX_FITS


def test_few_local_rows_count_like_the_shipped_ones(dataset: Dataset, counts: Counts) -> None:
    """Nothing is tried where there is nothing to judge by."""
    rows = [replace(row, is_local=at < 10) for at, row in enumerate(dataset.rows)]
    few = replace(dataset, rows=rows)
    assert suited_weight(few, counts, RECIPE, 0, lambda *_: None) == RECIPE


def test_local_rows_that_contradict_the_shipped_ones_weigh_more(
    dataset: Dataset, counts: Counts
) -> None:
    """An office that calls care what is shipped as services is believed in its own rows."""
    swapped = {"care": "services", "services": "care"}
    rows = [
        replace(row, is_local=True, area=swapped.get(row.area, row.area), topic=None)
        if at % 3 == 0
        else replace(row, is_local=False)
        for at, row in enumerate(dataset.rows)
    ]
    found = suited_weight(replace(dataset, rows=rows), counts, RECIPE, 0, lambda *_: None)
    assert found.local_weight > 1
