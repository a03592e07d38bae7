"""What an office's own share of ``other`` does to the confidence, and what repairs it.

    python benchmarks/shares.py

Held-out rows of unseen authors are thinned until 70 % are ``other``; at the shipped shares, about
26 % are. Confidences at the shipped shares, at the stated ones, and at shares estimated from the
thinned rows without their labels.
"""

import numpy as np

from models.terms import Analyzer
from models.words import Segmenter
from training.calibrate import Scored, temperature
from training.corpus import read_corpus
from training.fit import Recipe, count_terms
from training.folds import split
from training.metrics import Outcome, measure
from training.shares import adjusted, estimated_shares, shares_of, stated_shares, thinned
from training.validate import hold_out

OTHER = {"other": 0.7}


def main() -> None:
    """Print a table in Markdown."""
    dataset, lexicon = read_corpus(())
    recipe = Recipe()
    texts = [row.folded for row in dataset.rows]
    counts = count_terms(Analyzer(Segmenter(lexicon), recipe.sizes), texts, recipe.least_rows)
    folds = split(dataset, 0)
    held_out = hold_out(dataset, counts, folds, recipe, 0, lambda *_: None)
    labels, areas, scores = held_out.labels, dataset.areas(), held_out.scores
    heat = temperature([Scored(labels, scores, areas)])
    learnt = shares_of(areas, labels)
    stated = stated_shares(OTHER, learnt, labels)
    rows = thinned(areas, labels, stated, seed=0)
    plain = np.ones(len(labels))
    estimated = estimated_shares(adjusted(scores[rows], heat, plain), learnt)
    print(f"{len(rows)} rows; share of other learnt {learnt[labels.index('other')]:.3f}, ", end="")
    print(f"true {stated[labels.index('other')]:.3f}, ", end="")
    print(f"estimated {estimated[labels.index('other')]:.3f}\n")
    print(
        "| confidences at | macro-F1 | accuracy | ECE | floor | Brier |\n|---|---|---|---|---|---|"
    )
    ratios = {"learnt": plain, "stated": stated / learnt, "estimated": estimated / learnt}
    for name, ratio in ratios.items():
        confidences = adjusted(scores[rows], heat, ratio)
        alone = np.zeros(len(rows), dtype=bool)
        found = measure(Outcome(areas[rows], labels, confidences, alone))
        keys = ("macro_f1", "accuracy", "ece", "ece_noise_floor", "brier")
        print(f"| {name} shares | " + " | ".join(f"{found[key]:.3f}" for key in keys) + " |")


if __name__ == "__main__":
    main()
