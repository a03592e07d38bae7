"""The scikit-learn pipeline for notebooks."""

import dataclasses
from pathlib import Path

import joblib
import numpy as np

from models.classifier import Classifier
from models.prediction import Prediction
from models.text import Petition
from training.dataset import Dataset
from training.export import export_pipeline


def test_pipeline_answers_as_the_classifier(
    classifier: Classifier, dataset: Dataset, tmp_path: Path
) -> None:
    """Areas, topics and probabilities."""
    export_pipeline(classifier, tmp_path / "pipeline.joblib")
    pipeline = joblib.load(tmp_path / "pipeline.joblib")
    rows = [row for row in dataset.rows if not row.petition.title][:60]
    texts = [row.petition.text for row in rows]
    found = pipeline.predict_proba(texts)
    for at, outcome in enumerate(classifier.classify_batch([row.petition for row in rows])):
        assert isinstance(outcome, Prediction)
        assert outcome.area is not None
        assert pipeline.classes_[found[at].argmax()] == outcome.area.area
        np.testing.assert_allclose(found[at].max(), outcome.area.confidence, rtol=1e-9)
        if outcome.topic:
            topics = pipeline.topics_[outcome.area.area]
            assert topics.predict([texts[at]])[0] == outcome.topic


def test_two_labels_are_exported_with_their_probabilities(
    classifier: Classifier, tmp_path: Path
) -> None:
    """scikit-learn treats two classes in a way of its own."""
    two = dataclasses.replace(
        classifier.areas,
        labels=classifier.areas.labels[:2],
        weights=classifier.areas.weights[:, :2].copy(),
        bias=classifier.areas.bias[:2],
    )
    small = dataclasses.replace(classifier, areas=two)
    export_pipeline(small, tmp_path / "pipeline.joblib")
    found = joblib.load(tmp_path / "pipeline.joblib").predict_proba(["派出所不立案"])[0]
    prediction = small.classify(Petition("派出所不立案"))
    expected = {ranked.area: ranked.confidence for ranked in prediction.ranking}
    np.testing.assert_allclose(found, [expected[label] for label in two.labels], rtol=1e-9)
