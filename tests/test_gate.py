"""The gate: no version that is worse than the running one is let through."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from models.errors import GateRefused
from models.store import Store
from training import outcomes
from training.bootstrap import draw_authors, intervals, macro_f1_draws
from training.compare import compare, render
from training.dataset import Dataset
from training.gate import check_gate
from training.metrics import Outcome, macro_f1
from training.outcomes import Kept
from training.train import Options, Trained, train

Change = Callable[[Kept], Kept]


def with_outcome(kept: Kept, outcome: Outcome) -> Kept:
    """The same rows with another outcome."""
    return dataclasses.replace(kept, outcome=outcome)


def shuffled(kept: Kept) -> Kept:
    """A third of the rows get the confidences of the next row."""
    confidences = kept.outcome.confidences.copy()
    confidences[::3] = np.roll(confidences, 1, axis=0)[::3]
    return with_outcome(kept, dataclasses.replace(kept.outcome, confidences=confidences))


def relabelled(kept: Kept) -> Kept:
    """Three rows change their label."""
    truth = kept.outcome.truth.astype("U64")
    truth[:3] = np.where(truth[:3] == "care", "safety", "care")
    return with_outcome(kept, dataclasses.replace(kept.outcome, truth=truth))


def strange(kept: Kept) -> Kept:
    """All but ten rows have never been seen."""
    return kept.of(np.arange(10))


def timid(kept: Kept) -> Kept:
    """Nothing is decided alone."""
    nothing = np.zeros(len(kept.hashes), dtype=bool)
    return with_outcome(kept, dataclasses.replace(kept.outcome, auto=nothing))


def save(trained: Trained, store: Store, kept: Kept) -> str:
    """A version of the store that keeps this."""
    return dataclasses.replace(trained, kept=kept).save(store.folder)


def bold(trained: Trained) -> Kept:
    """Everything that was right is decided alone."""
    outcome = trained.kept.outcome
    right = outcome.predicted == outcome.truth
    return with_outcome(trained.kept, dataclasses.replace(outcome, auto=right))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shuffled, "macro-F1 on the"),
        (relabelled, "another label"),
        (strange, "10 rows"),
        (timid, "decided alone falls"),
    ],
)
def test_gate_refuses(trained: Trained, store: Store, change: Change, told: str) -> None:
    """And says why; the version stays in the store."""
    running = save(trained, store, bold(trained))
    store.promote(running, "for tests")
    worse = save(trained, store, change(bold(trained)))
    with pytest.raises(GateRefused, match=told):
        check_gate(store, worse)
    assert store.current() == running
    assert worse in store.ids()


def test_gate_lets_a_like_version_pass(trained: Trained, store: Store) -> None:
    """And one whose changed labels a person accepts."""
    check_gate(store, save(trained, store, trained.kept))
    check_gate(store, save(trained, store, relabelled(trained.kept)), accept_relabelled=True)


def test_gate_refuses_a_version_that_lacks_an_area(trained: Trained, store: Store) -> None:
    """It names the area."""
    outcome = trained.kept.outcome
    kept = outcome.truth != "care"
    columns = [at for at, label in enumerate(outcome.labels) if label != "care"]
    lacking = Outcome(
        outcome.truth[kept],
        tuple(outcome.labels[at] for at in columns),
        outcome.confidences[kept][:, columns],
        outcome.auto[kept],
    )
    rows = trained.kept.of(np.flatnonzero(kept))
    with pytest.raises(GateRefused, match="without care"):
        check_gate(store, save(trained, store, with_outcome(rows, lacking)))


def test_gate_names_force_where_the_running_version_is_of_no_use(
    trained: Trained, store: Store
) -> None:
    """A damaged one, or one of an older format."""
    new = save(trained, store, trained.kept)
    (store.folder / store.resolve() / "report.txt").write_text("changed", encoding="utf-8")
    with pytest.raises(GateRefused, match="nothing to compare") as refused:
        check_gate(store, new)
    assert "--force" in refused.value.remedy


def test_version_for_other_shares_passes_the_gate(
    trained: Trained, dataset: Dataset, store: Store
) -> None:
    """Versions are compared at the shares of their rows."""
    options = Options(shares={"other": 0.7})
    shifted = train(dataset, {"保护伞": 100}, options, lambda *_: None)
    check_gate(store, shifted.save(store.folder))
    assert np.allclose(shifted.kept.outcome.confidences, trained.kept.outcome.confidences)


def test_comparison_uses_the_labels_of_the_running_version(trained: Trained) -> None:
    """However the new one was labelled; changed rows are listed by their place."""
    kept = trained.kept
    found = compare(kept, relabelled(kept))
    assert found.new == pytest.approx(found.running)
    assert found.lower_bound == pytest.approx(0)
    assert [place for place, _, _ in found.relabelled] == kept.places[:3].tolist()
    assert "relabelled" in "\n".join(render(found, "A", "B"))


def test_kept_rows_come_back(trained: Trained, store: Store) -> None:
    """Without any text, and each text once."""
    folder = store.folder / store.resolve()
    kept = outcomes.load(folder)
    with np.load(folder / outcomes.FILE) as arrays:
        names = {"hashes", "authors", "places", "truth", "labels", "confidences", "auto"}
        assert set(arrays) == names
    assert kept.hashes.tolist() == trained.kept.hashes.tolist()
    assert len(set(kept.hashes.tolist())) == len(kept.hashes)
    assert np.allclose(kept.outcome.confidences, trained.kept.outcome.confidences, atol=1e-6)


def test_bootstrap_draws_whole_authors() -> None:
    """With one draw of each author once, macro-F1 is that of the rows."""
    rng = np.random.default_rng(0)
    truth, predicted = rng.choice(["a", "b", "c"], (2, 300))
    authors = rng.choice(["x", "y", "z"], 300)
    labels = ["a", "b", "c"]
    once = macro_f1_draws(truth, predicted, authors, labels, np.ones((1, 3), dtype=np.int64))
    assert once[0] == pytest.approx(macro_f1(truth, predicted))
    assert draw_authors(3, seed=0).sum(axis=1).tolist() == [3] * 1000


def test_interval_is_wide_where_authors_differ() -> None:
    """Four authors of ten are always wrong."""
    authors = np.repeat([f"a{n}" for n in range(10)], 50)
    right = np.repeat(np.arange(10) >= 4, 50)
    alike = np.tile(np.arange(50) >= 20, 10)
    widths = []
    for hits in (right, alike):
        confidences = np.where(hits[:, None], [0.9, 0.1], [0.1, 0.9])
        outcome = Outcome(np.full(500, "a"), ("a", "b"), confidences, hits)
        low, high = intervals(outcome, authors)["accuracy"] or (0, 0)
        widths.append(high - low)
    assert widths[0] > 0.4
    assert widths[1] < 0.01
