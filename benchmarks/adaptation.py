"""What an office gains from its own rows.

    python benchmarks/adaptation.py [--draws 20]

Each draw takes four authors of the shipped corpus as the office, and the others as what is
shipped. Of the office's rows 0, 50, 150 or 400 are learnt from and all others are asked, by three
models: shipped rows and the office's with the weight that validation chooses, the same without a
choice (weight 1), and the office's rows alone. Macro-F1 over the areas that the asked rows have.
"""

import argparse
import dataclasses

import numpy as np

from models.kernel import Ints
from models.terms import Analyzer
from models.words import Segmenter
from training.corpus import read_corpus
from training.dataset import Dataset
from training.fit import Counts, Recipe, count_terms, fit_areas, scores
from training.metrics import macro_f1
from training.select import suited_weight

STEPS = (0, 50, 150, 400)
AUTHORS = 4


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    n_draws = parser.parse_args().draws
    dataset, lexicon = read_corpus(())
    recipe = Recipe()
    texts = [row.folded for row in dataset.rows]
    counts = count_terms(Analyzer(Segmenter(lexicon), recipe.sizes), texts, recipe.least_rows)
    authors = [a for a in np.unique(dataset.authors()) if _is_office(dataset, a)]
    found = np.zeros((n_draws, len(STEPS), 3))
    weights = np.ones((n_draws, len(STEPS)))
    for draw in range(n_draws):
        rng = np.random.default_rng(draw)
        office = np.isin(dataset.authors(), rng.choice(authors, AUTHORS, replace=False))
        shuffled = rng.permutation(np.flatnonzero(office))
        asked = shuffled[max(STEPS) :]
        for step, n_rows in enumerate(STEPS):
            local = shuffled[:n_rows]
            chosen = _chosen(dataset, counts, np.flatnonzero(~office), local)
            weights[draw, step] = chosen.local_weight
            both = np.concatenate([np.flatnonzero(~office), local])
            marked = _marked(dataset, local)
            for model, (rows, how) in enumerate(((both, chosen), (both, recipe), (local, recipe))):
                found[draw, step, model] = _score(marked, counts, rows, asked, how)
        print(draw, found[draw].round(3).tolist(), weights[draw].tolist(), flush=True)
    _tell(found, weights)


def _is_office(dataset: Dataset, author: str) -> bool:
    """Whether an author wrote rows of several areas, enough of them."""
    mine = dataset.of(dataset.authors() == author)
    return len(set(mine.areas())) > 1 and len(mine.rows) > max(STEPS) // AUTHORS + 1


def _marked(dataset: Dataset, local: Ints) -> Dataset:
    is_local = np.isin(np.arange(len(dataset.rows)), local)
    rows = [
        dataclasses.replace(row, is_local=bool(mine))
        for row, mine in zip(dataset.rows, is_local, strict=True)
    ]
    return dataclasses.replace(dataset, rows=rows)


def _chosen(dataset: Dataset, counts: Counts, shipped: Ints, local: Ints) -> Recipe:
    """The recipe that training chooses when it has these rows alone."""
    rows = np.sort(np.concatenate([shipped, local]))
    kept = np.isin(np.arange(len(dataset.rows)), rows)
    part = _marked(dataset, local).of(kept)
    return suited_weight(
        part, Counts(counts.terms, counts.matrix[rows]), Recipe(), 0, lambda *_: None
    )


def _score(dataset: Dataset, counts: Counts, rows: Ints, asked: Ints, recipe: Recipe) -> float:
    if not len(rows):
        return 0.0
    fitted = fit_areas(dataset, counts, rows, recipe, 0)
    found = scores(fitted.areas, counts.weigh(fitted.vocabulary, fitted.columns, asked))
    predicted = np.array(fitted.areas.labels)[found.argmax(axis=1)]
    return float(macro_f1(dataset.areas()[asked], predicted))


def _tell(found: np.ndarray, weights: np.ndarray) -> None:
    """The table; intervals of differences are over the draws."""
    shipped = found[:, :1, 0]
    print(
        "| rows of the office | chosen weight | weight 1 | office alone | gain over shipped alone ",
        end="",
    )
    print("(95 % of the mean) | weights chosen |\n|---|---|---|---|---|---|")
    gains = found[:, :, 0] - shipped
    for step, n_rows in enumerate(STEPS):
        half = 1.96 * gains[:, step].std(ddof=1) / np.sqrt(len(gains))
        mean = gains[:, step].mean()
        values, times = np.unique(weights[:, step], return_counts=True)
        told = ", ".join(f"{w:g}: {n}" for w, n in zip(values, times, strict=True))
        cells = " | ".join(f"{found[:, step, model].mean():.3f}" for model in range(3))
        gain = f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"
        print(f"| {n_rows} | {cells} | {gain} | {told} |")
    steps = np.diff(found[:, :, 0], axis=1)
    for step, change in enumerate(steps.T):
        half = 1.96 * change.std(ddof=1) / np.sqrt(len(change))
        low, high = change.mean() - half, change.mean() + half
        print(f"{STEPS[step]} → {STEPS[step + 1]}: {change.mean():+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
