"""Two versions on the rows that both have, each by its own held-out confidences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from training.bootstrap import LEAST_AUTHORS, draw_authors, macro_f1_draws
from training.metrics import Outcome, Strings, macro_f1
from training.outcomes import Kept


@dataclass(frozen=True)
class Comparison:
    """Of the rows in common, labelled as by the running version: macro-F1 of both versions.

    ``lower_bound`` is the 95 % bound of the difference, one-sided, with authors drawn again
    (rows where fewer than ``LEAST_AUTHORS`` are in common). ``alone`` maps each area to the
    share of its rows that the running and the new version decide alone. ``relabelled`` lists rows
    whose label differs: place, old area, new area.
    """

    n: int
    running: float
    new: float
    lower_bound: float
    alone: Mapping[str, tuple[float, float]]
    relabelled: list[tuple[str, str, str]]


def compare(running: Kept, new: Kept, seed: int = 0) -> Comparison:
    """How ``new`` does beside ``running``."""
    _, at_running, at_new = np.intersect1d(running.hashes, new.hashes, return_indices=True)
    if not len(at_running):
        return Comparison(0, 0.0, 0.0, -1.0, {}, [])
    in_order = np.argsort(at_new)
    running, new = running.of(at_running[in_order]), new.of(at_new[in_order])
    truth, before, after = running.outcome.truth, running.outcome, new.outcome
    authors = running.authors
    if len(np.unique(authors)) < LEAST_AUTHORS:
        authors = running.hashes
    drawn = draw_authors(len(np.unique(authors)), seed)
    labels = np.unique(truth).tolist()
    one, other = (
        macro_f1_draws(truth, outcome.predicted, authors, labels, drawn)
        for outcome in (before, after)
    )
    return Comparison(
        n=len(truth),
        running=macro_f1(truth, before.predicted),
        new=macro_f1(truth, after.predicted),
        lower_bound=float(np.percentile(other - one, 5)),
        alone={x: (_alone(before, truth, x), _alone(after, truth, x)) for x in labels},
        relabelled=[
            (str(new.places[at]), str(truth[at]), str(after.truth[at]))
            for at in np.flatnonzero(truth != after.truth)
        ],
    )


def render(found: Comparison, running: str, new: str) -> Iterator[str]:
    """The comparison in lines of text."""
    yield f"{found.n} rows in common, labelled as by {running}"
    if not found.n:
        return
    yield f"macro-F1 on unseen authors: {running} {found.running:.3f}, {new} {found.new:.3f}"
    yield f"difference {found.new - found.running:+.3f}, at 95 % above {found.lower_bound:+.3f}"
    for area, (before, after) in found.alone.items():
        yield f"{area:<16} decided alone: {before:.1%} before, {after:.1%} after"
    for place, old, changed in found.relabelled:
        yield f"relabelled: {place}: {old}, now {changed}"


def _alone(outcome: Outcome, truth: Strings, area: str) -> float:
    mine = truth == area
    return float((outcome.auto & (outcome.predicted == area))[mine].mean())
