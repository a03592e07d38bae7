"""What a training or an evaluation found, as values for JSON and as text for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from models.classifier import Classifier
from training.bootstrap import drawn_by, intervals
from training.certify import CONFIDENCE
from training.confusions import frequent_confusions
from training.dataset import Dataset
from training.metrics import (
    Outcome,
    Strings,
    confusion,
    f1_of,
    macro_f1,
    measure,
    reliability,
    workload,
)

HEADLINE = (
    "n", "accuracy", "macro_f1", "ece", "ece_noise_floor", "brier", "auto_share", "auto_precision",
)  # fmt: skip
"""The metrics that a version's manifest repeats."""

LENGTH_BANDS = (0, 60, 150, 300, 600, 1200)
"""Where bands of length begin, in characters."""

Report = dict[str, Any]


def build_report(
    dataset: Dataset,
    outcome: Outcome,
    topics: Strings,
    classifier: Classifier,
    about: Mapping[str, Any],
) -> Report:
    """Metrics of the rows, as a whole and in parts; ``topics`` is the topic answered per row."""
    hard = np.array([bool(row.rule) for row in dataset.rows])
    certificates = classifier.policy.certificates
    return measure(outcome) | {
        "intervals": intervals(outcome, dataset.authors()),
        "intervals_by": drawn_by(dataset.authors()),
        "misjudged": misjudged(dataset, outcome),
        "topic_macro_f1": _topic_macro_f1(dataset, outcome, topics),
        "topics": _topic_table(dataset, outcome, topics),
        "confusion": {
            "labels": list(outcome.labels),
            "counts": confusion(outcome.truth, outcome.predicted, outcome.labels),
        },
        "confusions": frequent_confusions(classifier, dataset.rows, outcome),
        "no_evidence": int((outcome.predicted == "").sum()),
        "reliability": reliability(outcome),
        "workload": workload(outcome, classifier.taxonomy.other),
        "hard": _part(outcome, hard),
        "by_length": _by_length(dataset, outcome),
        "by_author": {
            author: _part(outcome, dataset.authors() == author)
            for author in np.unique(dataset.authors()).tolist()
        },
        "certificates": {area: vars(found) for area, found in certificates.items()},
        # Bonferroni: each certificate fails with at most this chance, all of them add up.
        "family_wise": max(0.0, 1 - len(certificates) * (1 - CONFIDENCE)),
        "data": dict(dataset.sources),
        **about,
    }


def misjudged(
    dataset: Dataset, outcome: Outcome, *, with_texts: bool = False
) -> list[dict[str, Any]]:
    """The rows that were answered wrongly, surest first: their places; texts only on request."""
    wrong = np.flatnonzero(outcome.truth != outcome.predicted)
    return [
        {
            "truth": str(outcome.truth[at]),
            "said": str(outcome.predicted[at]),
            "confidence": float(outcome.top[at]),
            "place": dataset.rows[at].source,
        }
        | ({"text": dataset.rows[at].petition.text} if with_texts else {})
        for at in wrong[np.argsort(-outcome.top[wrong])]
    ]


def to_json(report: Report) -> str:
    """The report as it stands in ``report.json``."""
    return json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True)


def render_report(report: Report) -> str:
    """The report as a page of text."""
    return "\n".join(_lines(report)) + "\n"


def _part(outcome: Outcome, rows: np.ndarray) -> dict[str, Any]:
    if not rows.any():
        return {"n": 0, "accuracy": None, "macro_f1": None}
    truth, predicted = outcome.truth[rows], outcome.predicted[rows]
    return {
        "n": int(rows.sum()),
        "accuracy": float((truth == predicted).mean()),
        "macro_f1": macro_f1(truth, predicted),
    }


def _by_length(dataset: Dataset, outcome: Outcome) -> list[dict[str, Any]]:
    """The same for bands of length in characters, each from ``least`` to less than ``below``."""
    lengths = np.array([len(row.folded) for row in dataset.rows])
    edges = [*LENGTH_BANDS, None]
    return [
        {"least": least, "below": below}
        | _part(outcome, (lengths >= least) & (lengths < (below or np.inf)))
        for least, below in pairwise(edges)
        if least is not None
    ]


def _topic_table(dataset: Dataset, outcome: Outcome, topics: Strings) -> list[dict[str, Any]]:
    """Precision, recall and F1 per topic, a wrong area being a wrong topic."""
    true = np.char.add(np.char.add(outcome.truth, "/"), dataset.topics())
    said = np.char.add(np.char.add(outcome.predicted, "/"), topics)
    labelled = dataset.topics() != ""
    rows = []
    pairs = set(
        zip(outcome.truth[labelled].tolist(), dataset.topics()[labelled].tolist(), strict=True)
    )
    for area, topic in sorted(pairs):
        label = f"{area}/{topic}"
        precision, recall, f1 = f1_of(true == label, said == label)
        n = int((true == label).sum())
        found = {"precision": precision, "recall": recall, "f1": f1, "n": n}
        rows.append({"area": area, "topic": topic} | found)
    return rows


def _topic_macro_f1(dataset: Dataset, outcome: Outcome, topics: Strings) -> float | None:
    """Macro-F1 over the topics, a wrong area being a wrong topic; None without labelled topics."""
    labelled = dataset.topics() != ""
    if not labelled.any():
        return None
    truth = np.char.add(np.char.add(outcome.truth, "/"), dataset.topics())
    said = np.char.add(np.char.add(outcome.predicted, "/"), topics)
    return macro_f1(truth[labelled], said[labelled])


def _lines(report: Report) -> Iterator[str]:
    yield f"rows {report['n']}   accuracy {report['accuracy']:.3f} {_range(report, 'accuracy')}"
    yield f"macro-F1 over areas {report['macro_f1']:.3f} {_range(report, 'macro_f1')}"
    if report["topic_macro_f1"] is not None:
        yield f"macro-F1 over topics {report['topic_macro_f1']:.3f}"
    yield (
        f"calibration error {report['ece']:.3f} {_range(report, 'ece')} (a perfect model of this "
        f"size shows {report['ece_noise_floor']:.3f})   Brier {report['brier']:.3f}"
    )
    yield _auto_line(report)
    if report["hard"]["n"]:
        yield f"hard rows {report['hard']['n']}   macro-F1 {report['hard']['macro_f1']:.3f}"
    yield from _curve_lines(report.get("learning_curve", []))
    yield ""
    yield from _area_table(report)
    yield ""
    yield from _confusion_table(report["confusion"]["labels"], report["confusion"]["counts"])
    yield (
        f"each certificate holds with 95 % confidence, all {len(report['certificates'])} together "
        f"with at least {report['family_wise']:.0%}; the model fitted on all rows inherits them by "
        "assumption"
    )
    yield from ("", *(f"note: {note}" for note in report["notes"]))


def _range(report: Report, metric: str) -> str:
    """The 95 % interval of a metric, by ``intervals_by``."""
    low, high = report["intervals"][metric]
    return f"[{low:.3f}, {high:.3f}]"


def _auto_line(report: Report) -> str:
    if report["auto_precision"] is None:
        return "decided alone: none; every answer goes to a person"
    return (
        f"decided alone: {report['auto_share']:.1%} of rows, "
        f"{report['auto_precision']:.1%} of them right"
    )


def _curve_lines(points: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for point in points:
        told = f"{point['authors']:>4} authors, {point['rows']:>5} rows"
        yield f"learnt from {told}: macro-F1 {point['macro_f1']:.3f}"


def _area_table(report: Report) -> Iterator[str]:
    yield f"{'area':<16}{'rows':>6}{'precision':>11}{'recall':>8}{'F1':>7}  decided alone from"
    for area, found in report["areas"].items():
        certificate = report["certificates"].get(area)
        alone = "never (not certified)"
        if certificate:
            alone = f"{certificate['threshold']:.3f} (lower bound {certificate['lower_bound']:.3f})"
        yield (
            f"{area:<16}{found['n']:>6}{found['precision']:>11.3f}{found['recall']:>8.3f}"
            f"{found['f1']:>7.3f}  {alone}"
        )


def _confusion_table(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Iterator[str]:
    yield "true \\ said".ljust(16) + "".join(label[:10].rjust(11) for label in labels)
    for label, line in zip(labels, counts, strict=True):
        yield label.ljust(16) + "".join(str(count).rjust(11) for count in line)
