"""How often a certificate is wrong: simulated corpora whose truth is known.

    python benchmarks/certificates.py [--runs 1000]

Each corpus has authors with an effect of their own on whether the model is right, and scores that
tell more or less of it. A run is wrong when the true precision above the certified threshold, for
new authors, is below the target. Beside it stands how often anything was certified at all, and the
share of decisions that was: certifying nothing proves nothing.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from training.certify import certify
from training.metrics import Judged

TARGET = 0.95
BEST = "area"


class World(NamedTuple):
    """Authors, rows of each, spread of the authors' effect (log odds), level and slope of score."""

    authors: int
    rows: int
    spread: float
    level: float
    slope: float


class Tally(NamedTuple):
    """Shares of the runs that were wrong and that certified, and of decisions that were."""

    wrong: float
    certified: float
    decided: float


def worlds() -> Iterator[World]:
    """Precision over all decisions from 0.88 to 0.97, hardly or strongly told by the score."""
    for authors, rows in ((8, 25), (26, 10), (26, 28), (34, 60)):
        for spread in (0.0, 0.7, 1.4):
            for level, slope in ((2.9, 6.0), (3.4, 3.0), (3.0, 1.0), (2.6, 12.0)):
                yield World(authors, rows, spread, level, slope)


def draw(world: World, rng: np.random.Generator, authors: int, rows: int) -> tuple[np.ndarray, ...]:
    """Confidence (all are above the target), probability of being right, author of each decision.

    Confidence orders the decisions but is not calibrated: certificates must not rely on that.
    """
    score = rng.beta(4, 1, authors * rows)
    author = np.repeat(np.arange(authors), rows)
    effect = rng.normal(0, world.spread, authors)[author]
    right = 1 / (1 + np.exp(-(world.level + world.slope * (0.75 * score - 0.55) + effect)))
    return TARGET + (1 - TARGET) * score, right, author


def simulate(world: World, runs: int) -> Tally:
    """Certify ``runs`` corpora of one world."""
    rng = np.random.default_rng(7)
    score, right, _ = draw(world, rng, 400_000, 1)
    order = np.argsort(-score)
    sorted_score, truth = score[order], np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    wrong = certified = 0
    decided = 0.0
    for _ in range(runs):
        score, right, author = draw(world, rng, world.authors, world.rows)
        labels = np.where(rng.random(len(right)) < right, BEST, "other")
        judged = Judged(labels, (BEST, "other"), np.column_stack([score, 0 * score]))
        found = certify(judged, author.astype(str), TARGET, "other", "simulated").get(BEST)
        if found:
            at = min(int(np.searchsorted(-sorted_score, -found.threshold)), len(truth) - 1)
            certified += 1
            wrong += int(truth[at] < TARGET)
            decided += float((score >= found.threshold).mean())
    return Tally(wrong / runs, certified / runs, decided / runs)


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    print("| authors | rows each | spread | level | slope | wrong | certified | decided |")
    print("|---|---|---|---|---|---|---|---|")
    tallies = []
    for world in worlds():
        tallies.append(simulate(world, runs))
        wrong, certified, decided = tallies[-1]
        told = " | ".join(f"{value:g}" for value in world)
        print(f"| {told} | {wrong:.3f} | {certified:.2f} | {decided:.2f} |", flush=True)
    print(f"\nworst {max(t.wrong for t in tallies):.3f}, ", end="")
    print(f"mean {np.mean([t.wrong for t in tallies]):.3f} of {runs} runs wrong")


if __name__ == "__main__":
    main()
