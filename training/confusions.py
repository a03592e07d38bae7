"""Which areas are taken for which, and the terms that decide it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.classifier import Classifier
from training.dataset import MIN_ROWS, Labelled
from training.metrics import Outcome

MOST_PAIRS, MOST_TERMS = 8, 10
_MOST_ROWS = 50


def frequent_confusions(
    classifier: Classifier, rows: Sequence[Labelled], outcome: Outcome
) -> list[dict[str, Any]]:
    """The most frequent pairs of true and answered area, each with its deciding terms.

    The terms are those of the misjudged rows that speak most for the answered area and against the
    true one, by the weights of ``classifier``.
    """
    pairs = Counter(
        (str(true), str(said))
        for true, said in zip(outcome.truth, outcome.predicted, strict=True)
        if said not in ("", true)
    )
    return [
        {
            "truth": true,
            "said": said,
            "n": n,
            "terms": _deciding_terms(
                classifier,
                [
                    rows[at].folded
                    for at in np.flatnonzero((outcome.truth == true) & (outcome.predicted == said))[
                        :_MOST_ROWS
                    ]
                ],
                true,
                said,
            ),
        }
        for (true, said), n in pairs.most_common(MOST_PAIRS)
    ]


def _deciding_terms(
    classifier: Classifier, texts: Sequence[str], true: str, said: str
) -> list[str]:
    labels = classifier.areas.labels
    if true not in labels or said not in labels:
        return []
    weights = classifier.areas.weights
    pull = weights[:, labels.index(said)] - weights[:, labels.index(true)]
    found = classifier.vocabulary.rows(texts, classifier.analyzer.segmenter)
    gains = np.bincount(found.terms, found.values * pull[found.terms], minlength=len(pull))
    # A term of one or two rows would tell of single petitions.
    gains[np.bincount(found.terms, minlength=len(pull)) < MIN_ROWS] = 0
    best = [(classifier.vocabulary.terms[at].strip(), gains[at]) for at in np.argsort(-gains)]
    # A single character tells a reader nothing.
    return list(dict.fromkeys(term for term, gain in best if gain > 0 and len(term) > 1))[
        :MOST_TERMS
    ]
