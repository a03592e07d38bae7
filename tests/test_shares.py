"""Other shares of the areas than those learnt from."""

from pathlib import Path

import numpy as np
import pytest

from models.errors import DatasetError, InputError
from models.prediction import Prediction
from training.corpus import read_texts
from training.dataset import Dataset
from training.metrics import calibration_error
from training.shares import adjusted, estimated_shares, shares_of, stated_shares, thinned
from training.train import Options, Trained, train

LABELS = ("a", "b", "other")
LEARNT = np.array([0.4, 0.35, 0.25])
NEW = np.array([0.15, 0.15, 0.7])


def world(shares: np.ndarray, n: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn at these shares, and scores whose softmax is right at the learnt shares."""
    rng = np.random.default_rng(0)
    truth = rng.choice(3, n, p=shares)
    x = rng.normal(np.eye(3)[truth], 1)
    return np.array(LABELS)[truth], x + np.log(LEARNT)


def test_confidence_is_repaired_at_other_shares() -> None:
    """Stated or estimated; without it, it is far off."""
    truth, scores = world(NEW)
    plain = adjusted(scores, 1.0, np.ones(3))
    shares = estimated_shares(plain, LEARNT)
    np.testing.assert_allclose(shares, NEW, atol=0.05)
    errors = []
    for ratios in (np.ones(3), NEW / LEARNT, shares / LEARNT):
        found = adjusted(scores, 1.0, ratios)
        right = np.array(LABELS)[found.argmax(axis=1)] == truth
        errors.append(calibration_error(found.max(axis=1), right))
    assert errors[0] > 0.05
    assert errors[1] < 0.03
    assert errors[2] < 0.04


def test_stated_share_leaves_the_rest_in_proportion() -> None:
    """Of what it leaves, each other area gets as much as it had."""
    found = stated_shares({"other": 0.7}, LEARNT, LABELS)
    np.testing.assert_allclose(found, [0.3 * 40 / 75, 0.3 * 35 / 75, 0.7])


@pytest.mark.parametrize("stated", [{"x": 0.5}, {"a": 1.5}, {"a": 0.6, "b": 0.6}, {"a": 0.0}])
def test_shares_that_are_none_are_refused(stated: dict[str, float]) -> None:
    """An unknown area, or more than all."""
    with pytest.raises(DatasetError, match="shares"):
        stated_shares(stated, LEARNT, LABELS)


def test_thinned_rows_come_at_the_shares() -> None:
    """As many as the scarcest area allows."""
    areas, _ = world(LEARNT)
    kept = thinned(areas, LABELS, NEW, seed=0)
    np.testing.assert_allclose(shares_of(areas[kept], LABELS), NEW, atol=0.01)
    assert (areas[kept] == "other").sum() == (areas == "other").sum()


def test_version_trained_for_an_office_calls_more_other(dataset: Dataset, trained: Trained) -> None:
    """Its report is of the thinned rows and says so."""
    shifted = train(dataset, {}, Options(shares={"other": 0.7}), lambda *_: None)
    assert shifted.report["n"] < trained.report["n"]
    assert any("thinned" in note for note in shifted.report["notes"])
    assert shifted.report["share_ratios"]["other"] > 1 > shifted.report["share_ratios"]["care"]
    petitions = [row.petition for row in dataset.rows]
    said = [
        np.mean([_other(answer) for answer in each.classify_batch(petitions)])
        for each in (trained.classifier, shifted.classifier)
    ]
    assert said[1] > said[0]


def _other(answer: Prediction | InputError) -> float:
    assert isinstance(answer, Prediction)
    return next((each.confidence for each in answer.ranking if each.area == "other"), 0.0)


def test_shares_are_estimated_from_an_archive(dataset: Dataset, tmp_path: Path) -> None:
    """Petitions of one area alone raise its share; rows without text are left out."""
    texts = [row.petition.text.replace('"', "") for row in dataset.rows if row.area == "care"] * 4
    lines = ["text", *(f'"{text}"' for text in texts), '"  "']
    (tmp_path / "archive.csv").write_text("\n".join(lines), encoding="utf-8")
    archive = read_texts(tmp_path / "archive.csv", "text")
    assert len(archive) == len(texts)
    with pytest.raises(DatasetError, match="3 readable texts"):
        train(dataset, {}, Options(archive=archive[:3]), lambda *_: None)
    report = train(dataset, {}, Options(archive=archive), lambda *_: None).report
    assert max(report["share_ratios"], key=report["share_ratios"].get) == "care"
