"""An office's own shares of the areas, where they are not those of the rows learnt from.

Confidences learnt at some shares are right at others after multiplying each by the ratio of its
area's shares (Saerens, Latinne and Decaestecker 2002, "Adjusting the Outputs of a Classifier to New
a Priori Probabilities"), as long as the petitions of one area are alike in both places.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.errors import DatasetError
from models.kernel import Floats, Ints
from models.linear import softmax
from training.metrics import Strings

_STEPS = 200
_LEAST_SHARE = 1e-4


def shares_of(areas: Strings, labels: Sequence[str]) -> Floats:
    """The share of each label among the rows."""
    return np.array([(areas == label).mean() for label in labels])


def stated_shares(stated: Mapping[str, float], learnt: Floats, labels: Sequence[str]) -> Floats:
    """The stated shares; what they leave is split among the other labels as it was learnt.

    Raises DatasetError for an area that was not learnt, or shares that are no shares.
    """
    unknown = sorted(set(stated) - set(labels))
    total = sum(stated.values())
    if unknown or not all(0 < share < 1 for share in stated.values()) or total > 1:
        raise DatasetError(
            f"shares {', '.join(f'{area}={share:g}' for area, share in stated.items())}",
            remedy=f"give shares between 0 and 1 of some of {', '.join(labels)}, at most 1 in all",
        )
    is_stated = np.array([label in stated for label in labels])
    rest = np.where(is_stated, 0, learnt)
    found = rest / (rest.sum() or 1) * (1 - total)
    found[is_stated] = [stated[label] for label in labels if label in stated]
    return _safe(found)


def estimated_shares(confidences: Floats, learnt: Floats) -> Floats:
    """The shares at which unlabelled petitions came, from their confidences (rows, labels).

    Expectation maximisation as in Saerens et al. 2002; it needs some hundreds of petitions.
    """
    shares = learnt
    for _ in range(_STEPS):
        adjusted = confidences * (shares / learnt)
        shares = (adjusted / adjusted.sum(axis=1, keepdims=True)).mean(axis=0)
    return _safe(shares)


def adjusted(scores: Floats, temperature: float, ratios: Floats) -> Floats:
    """Confidences at other shares; ``ratios`` are those of each label to the learnt ones."""
    return softmax(scores / temperature + np.log(ratios))


def thinned(areas: Strings, labels: Sequence[str], shares: Floats, seed: int) -> Ints:
    """As many rows as can be kept, drawn at random, that come at these shares; in their order."""
    counts = np.array([(areas == label).sum() for label in labels])
    total = (counts / shares).min()
    random = np.random.default_rng(seed)
    kept = [
        random.choice(np.flatnonzero(areas == label), int(total * share), replace=False)
        for label, share in zip(labels, shares, strict=True)
    ]
    return np.sort(np.concatenate(kept)).astype(np.int64)


def _safe(shares: Floats) -> Floats:
    """No share is nothing: an area may always come."""
    raised = np.maximum(shares, _LEAST_SHARE)
    return np.asarray(raised / raised.sum())
