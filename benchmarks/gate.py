"""What the gate does with worse and with better versions, over many draws of the rows.

    python benchmarks/gate.py [--seeds 20]

Each draw trains a running version on eight of the shipped authors, then five others: the same rows
again; 30 % of one area's labels changed (and the change accepted by a person); one area missing; a
tenth of the rows; four more authors. The table counts what the gate said.
"""

import argparse
import dataclasses
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.errors import DatasetError, GateRefused
from models.store import Store
from training.corpus import read_corpus
from training.dataset import Dataset
from training.gate import check_gate
from training.train import Options, train

AUTHORS, MORE = 8, 4
FLIPPED = 0.3
Variant = Callable[[Dataset, Dataset, np.random.Generator], Dataset]


def same(own: Dataset, _: Dataset, __: np.random.Generator) -> Dataset:
    """The rows of the running version."""
    return own


def flipped(own: Dataset, _: Dataset, rng: np.random.Generator) -> Dataset:
    """Some labels of one area become other areas, without a topic."""
    codes = sorted(set(own.areas()))
    area = rng.choice(codes)
    others = [code for code in codes if code != area]
    rows = [
        dataclasses.replace(row, area=str(rng.choice(others)), topic=None)
        if row.area == area and rng.random() < FLIPPED
        else row
        for row in own.rows
    ]
    return dataclasses.replace(own, rows=rows)


def missing(own: Dataset, _: Dataset, rng: np.random.Generator) -> Dataset:
    """One area has no rows."""
    return own.of(own.areas() != rng.choice(sorted(set(own.areas()))))


def tenth(own: Dataset, _: Dataset, rng: np.random.Generator) -> Dataset:
    """One row in ten."""
    return own.of(rng.random(len(own.rows)) < 0.1)  # noqa: PLR2004


def improved(own: Dataset, more: Dataset, _: np.random.Generator) -> Dataset:
    """The rows of four more authors."""
    return own.joined(more)


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    dataset, lexicon = read_corpus(())
    authors = [
        a
        for a in np.unique(dataset.authors())
        if len({*dataset.of(dataset.authors() == a).areas()}) > 1
    ]
    said: dict[str, Counter[str]] = {}
    for seed in range(parser.parse_args().seeds):
        rng = np.random.default_rng(seed)
        drawn = rng.choice(authors, AUTHORS + MORE, replace=False)
        own, more = (
            dataset.of(np.isin(dataset.authors(), part))
            for part in (drawn[:AUTHORS], drawn[AUTHORS:])
        )
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            options = Options(seed=seed)
            store.promote(train(own, lexicon, options, lambda *_: None).save(store.folder), "first")
            for variant in (same, flipped, missing, tenth, improved):
                told = _gate(store, variant(own, more, rng), lexicon, options)
                said.setdefault(variant.__name__, Counter())[told] += 1
        print(seed, {name: dict(counts) for name, counts in said.items()}, flush=True)


def _gate(store: Store, dataset: Dataset, lexicon: dict[str, int], options: Options) -> str:
    try:
        version = train(dataset, lexicon, options, lambda *_: None).save(store.folder)
        check_gate(store, version, accept_relabelled=True)
    except DatasetError:
        return "too few rows to train"
    except GateRefused as refusal:
        return "refused: macro-F1" if "macro-F1" in refusal.found else _reason(refusal.found)
    return "let pass"


def _reason(found: str) -> str:
    return "refused: areas" if "other areas" in found else "refused: share decided alone"


if __name__ == "__main__":
    main()
