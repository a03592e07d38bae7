"""The scikit-learn pipeline for notebooks."""

from pathlib import Path

import joblib
import numpy as np

from models.classifier import Classifier
from models.prediction import Prediction
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
