"""Folds, metrics, certificates, and training as a whole."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from models.classifier import Classifier
from models.errors import DatasetError
from models.taxonomy import Taxonomy
from models.text import Petition
from training.certify import certify, certify_sample, design_effect, lower_bound
from training.corpus import read_corpus
from training.dataset import Dataset, Labelled, read_dataset
from training.evaluate import evaluate
from training.folds import UNKNOWN_AUTHORS, split
from training.metrics import Judged, Outcome, calibration_error, measure, noise_floor
from training.report import HEADLINE, render_report
from training.train import Options, Trained, train


def labelled(text: str, area: str, author: str) -> Labelled:
    """A row without a topic."""
    return Labelled(text, area, None, (), author, "", "made up", Petition(text))


def test_authors_are_held_out_whole(dataset: Dataset) -> None:
    """No author is in two folds."""
    folds = split(dataset, seed=0)
    for author in np.unique(dataset.authors()):
        assert len(np.unique(folds.of_row[dataset.authors() == author])) == 1
    assert folds.count >= 2
    assert not folds.note


def test_unknown_authors_keep_near_duplicates_together(taxonomy: Taxonomy) -> None:
    """And the report says that its figures are optimistic."""
    text = "我于去年三月在城东买了一套房子开发商至今没有交房多次协商没有结果请求帮助"
    rows = [labelled(text, "disputes", "a"), labelled(text + "谢谢", "disputes", "a")]
    rows += [labelled(f"{n}号路口灯坏了{n * 7919}请修", "governance", "a") for n in range(20)]
    folds = split(Dataset(taxonomy, rows), seed=0)
    assert folds.note == UNKNOWN_AUTHORS
    assert folds.of_row[0] == folds.of_row[1]


def test_metrics_of_a_known_outcome() -> None:
    """Counted by hand."""
    truth = np.array(["a", "a", "a", "b"])
    confidences = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    auto = np.array([True, False, True, False])
    found = measure(Outcome(truth, ("a", "b"), confidences, auto))
    assert found["accuracy"] == 0.75
    assert found["areas"]["a"] == {"precision": 1.0, "recall": 2 / 3, "f1": 0.8, "n": 3}
    assert found["areas"]["b"]["f1"] == pytest.approx(2 / 3)
    assert found["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert found["auto_share"] == 0.5
    assert found["auto_precision"] == 0.5
    assert found["brier"] == pytest.approx((0.02 + 0.08 + 0.72 + 0.18) / 4)


def test_macro_f1_averages_the_areas_in_the_truth() -> None:
    """An area that is only predicted does not count as zero."""
    outcome = Outcome(
        np.array(["a", "a"]),
        ("a", "b"),
        np.array([[0.9, 0.1], [0.2, 0.8]]),
        np.zeros(2, dtype=bool),
    )
    assert measure(outcome)["macro_f1"] == pytest.approx(2 / 3)


def test_calibration_error_of_a_perfect_model_is_its_noise_floor() -> None:
    """And that of an overconfident one is far above."""
    rng = np.random.default_rng(0)
    top = rng.uniform(0.4, 1, 3000)
    right = rng.random(3000) < top
    floor = noise_floor(top, seed=1)
    assert calibration_error(top, right) == pytest.approx(floor, abs=0.01)
    assert calibration_error(np.full(3000, 0.99), right) > 10 * floor


@pytest.mark.parametrize(
    ("n", "wrong", "bound"), [(59, 0, 0.9505), (100, 0, 0.9705), (100, 5, 0.8977)]
)
def test_clopper_pearson_bound(n: int, wrong: int, bound: float) -> None:
    """One-sided at 95 %, against published tables."""
    assert lower_bound(n, wrong) == pytest.approx(bound, abs=2e-4)


def test_design_effect_tells_alike_authors_from_alike_rows() -> None:
    """Authors that are all right or all wrong make n rows as good as n authors."""
    authors = np.repeat([f"a{n}" for n in range(20)], 10)
    rng = np.random.default_rng(0)
    assert design_effect(rng.random(200) < 0.9, authors) < 1.6
    assert design_effect(np.repeat(rng.random(20) < 0.5, 10), authors) > 7


def judged(n: int, precision: float) -> tuple[Judged, np.ndarray]:
    """Calls of area "a" of which the most confident ones are right at this rate."""
    rng = np.random.default_rng(4)
    right = rng.random(n) < precision
    top = np.sort(rng.uniform(0.9, 1, n))[::-1]
    truth = np.where(right, "a", "other")
    authors = np.array([f"w{at % 25}" for at in range(n)])
    return Judged(truth, ("a", "other"), np.column_stack([top, 1 - top])), authors


def test_area_is_certified_where_held_out_rows_prove_it() -> None:
    """With the number of texts and authors behind it."""
    found = certify(*judged(800, 0.995), 0.95, "other", "shipped")["a"]
    assert found.lower_bound >= 0.95
    assert found.n > 200
    assert found.threshold >= 0.95
    assert found.authors == 25


@pytest.mark.parametrize(("n", "precision"), [(800, 0.9), (50, 1.0)])
def test_area_is_not_certified_without_proof(n: int, precision: float) -> None:
    """Neither a lower share nor too few rows will do."""
    assert certify(*judged(n, precision), 0.95, "other", "shipped") == {}


def test_honest_sample_certifies_as_office() -> None:
    """Where it proves the area by itself, from the shipped threshold on; else the shipped holds."""
    shipped = certify(*judged(800, 0.995), 0.95, "other", "shipped")
    calls, authors = judged(400, 0.995)
    own = certify_sample(calls, authors, 0.95, shipped)["a"]
    assert (own.evidence, own.provisional) == ("office", False)
    assert own.threshold >= shipped["a"].threshold
    assert own.n <= 400
    few, their_authors = judged(40, 0.995)
    assert certify_sample(few, their_authors, 0.95, shipped) == {}
    wrong, their_authors = judged(400, 0.9)
    assert certify_sample(wrong, their_authors, 0.95, shipped) == {}


def test_other_is_never_certified() -> None:
    """Nobody is turned away by a machine."""
    calls, authors = judged(800, 1.0)
    assert certify(calls, authors, 0.95, "a", "shipped") == {}


def test_report_has_the_names_that_callers_know(trained: Trained, dataset: Dataset) -> None:
    """At the top level, and per area."""
    assert set(HEADLINE) <= set(trained.report)
    assert set(trained.report["areas"]) == set(dataset.areas())
    for found in trained.report["areas"].values():
        assert set(found) == {"precision", "recall", "f1", "n"}
    assert trained.report["n"] == len(dataset.rows)
    assert sum(map(sum, trained.report["confusion"]["counts"])) == len(dataset.rows)


def test_report_is_readable_text(trained: Trained) -> None:
    """Every area has a line."""
    text = render_report(trained.report)
    assert all(f"\n{area} " in text for area in trained.report["areas"])


def test_training_learns_more_than_the_largest_area(trained: Trained) -> None:
    """On authors that it has not seen."""
    largest = max(found["n"] for found in trained.report["areas"].values())
    assert trained.report["accuracy"] > 1.5 * largest / trained.report["n"]


def test_learning_curve_rises_and_is_drawn(dataset: Dataset, tmp_path: Path) -> None:
    """From one author to all but the unseen ones, as figures and as a picture."""
    trained = train(dataset, {}, Options(curve=True), lambda *_: None)
    points = trained.report["learning_curve"]
    assert [point["authors"] for point in points][:2] == [1, 2]
    assert points[-1]["macro_f1"] > points[0]["macro_f1"]
    assert points[-1]["macro_f1"] == pytest.approx(trained.report["macro_f1"], abs=0.03)
    page = (tmp_path / trained.save(tmp_path) / "report.html").read_text("utf-8")
    picture = page[page.index("<h2>学习曲线</h2>") :]
    assert picture.count("<circle") == len(points)


def test_taxonomy_without_topics_is_trained_and_answered(tmp_path: Path) -> None:
    """Another office's areas, two of them, no topic, no author, no other."""
    toml = '[[area]]\ncode="r"\nname="道路"\n[[area]]\ncode="w"\nname="供水"\n'
    (tmp_path / "areas.toml").write_text(toml, encoding="utf-8")
    rows = [f"第{n}段路面坑洼需要修补,道路\n第{n}户水压低没有自来水,w\n" for n in range(12)]
    (tmp_path / "rows.csv").write_text("text,area\n" + "".join(rows), encoding="utf-8")
    dataset = read_dataset([tmp_path / "rows.csv"], Taxonomy.load(tmp_path / "areas.toml"))
    trained = train(dataset, {}, Options(), lambda *_: None)
    prediction = trained.classifier.classify(Petition("路面坑洼"))
    assert prediction.area is not None
    assert prediction.area.name == "道路"
    assert prediction.topic is None
    assert UNKNOWN_AUTHORS in trained.report["notes"]


def test_rows_of_unknown_authors_certify_nothing(dataset: Dataset) -> None:
    """However good they look, and whether or not some of them are repeated."""
    rows = [dataclasses.replace(row, author="one file") for row in dataset.rows]
    unknown = dataclasses.replace(dataset, rows=[*rows, *rows[:20]])
    trained = train(unknown, {}, Options(target_precision=0.5), lambda *_: None)
    assert trained.classifier.policy.certificates == {}
    assert trained.report["auto_share"] == 0


@pytest.mark.parametrize("texts", [["甲"] * 3, ["。。。", "，，，！", "？？"]])
def test_rows_that_teach_nothing_are_refused_in_words(taxonomy: Taxonomy, texts: list[str]) -> None:
    """All the same, or without any term."""
    rows = [labelled(text, area, "a") for area in ("safety", "care") for text in texts]
    with pytest.raises(DatasetError, match=r"same text|no term"):
        train(Dataset(taxonomy, rows), {}, Options(), lambda *_: None)


def test_least_number_of_rows_is_enough(taxonomy: Taxonomy) -> None:
    """Three of each area."""
    texts = {"governance": "路灯坏了", "disputes": "工资没发"}
    rows = [labelled(f"{text}{n}", area, "a") for area, text in texts.items() for n in range(3)]
    assert train(Dataset(taxonomy, rows), {}, Options(), lambda *_: None).report["n"] == 6


def test_areas_and_topics_without_rows_are_named(taxonomy: Taxonomy) -> None:
    """The report says what can never be answered."""
    texts = [f"路灯坏了{n}" for n in range(6)]
    rows = [labelled(text, area, "a") for area in ("safety", "care") for text in texts]
    trained = train(Dataset(taxonomy, rows), {}, Options(), lambda *_: None)
    assert any("fairness" in note and "vice" in note for note in trained.report["notes"])


def test_text_without_evidence_is_never_right(classifier: Classifier, tmp_path: Path) -> None:
    """It is counted, and flatters no area."""
    path = tmp_path / "rows.csv"
    path.write_text("text,area\n1357 2468,safety\n派出所不立案,fairness\n", encoding="utf-8")
    found = evaluate(classifier, [path])
    assert found["no_evidence"] == 1
    assert found["areas"]["safety"]["recall"] == 0


def test_columns_are_renamed_in_the_callers_files_alone(tmp_path: Path) -> None:
    """The shipped ones keep their names."""
    path = tmp_path / "office.csv"
    path.write_text("内容,类别\n路灯坏了,促民享\n", encoding="utf-8")
    joined, _ = read_corpus([path], columns={"text": "内容", "area": "类别"})
    assert joined.evidence == "shipped"
    assert joined.rows[-1].area == "governance"
    assert (
        read_corpus([path], only=True, columns={"text": "内容", "area": "类别"})[0].evidence
        == "office"
    )
