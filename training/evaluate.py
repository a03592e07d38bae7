"""Metrics of a trained version on labelled rows that it did not learn from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.classifier import Classifier
from models.decision import Decision
from models.errors import DatasetError, InputError
from models.prediction import Prediction
from training.dataset import read_dataset
from training.metrics import Outcome
from training.report import Report, build_report, misjudged


def evaluate(
    classifier: Classifier,
    files: Sequence[Path],
    columns: Mapping[str, str] | None = None,
    *,
    with_texts: bool = False,
) -> Report:
    """The report of one version; misjudged texts stand in it only ``with_texts``.

    Raises what ``read_dataset`` raises.
    """
    dataset = read_dataset(files, classifier.taxonomy, columns)
    if not dataset.rows:
        raise DatasetError("there are no rows", remedy="give labelled rows below the header")
    answers = classifier.classify_batch([row.petition for row in dataset.rows])
    predictions = [answer for answer in answers if not isinstance(answer, InputError)]
    labels = tuple(area.code for area in classifier.taxonomy)
    outcome = Outcome(
        dataset.areas(),
        labels,
        np.array([_confidences(prediction, labels) for prediction in predictions]),
        np.array([prediction.decision is Decision.AUTO for prediction in predictions]),
    )
    topics = np.array([prediction.topic or "" for prediction in predictions])
    about = {"version": classifier.version, "notes": list(dataset.notes)}
    report = build_report(dataset, outcome, topics, classifier, about)
    return report | {"misjudged": misjudged(dataset, outcome, with_texts=with_texts)}


def _confidences(prediction: Prediction, labels: Sequence[str]) -> list[float]:
    """One per label; all 0 where the text had no known term."""
    found = {ranked.area: ranked.confidence for ranked in prediction.ranking}
    return [found.get(label, 0.0) for label in labels]
