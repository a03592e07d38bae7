"""The same model as a scikit-learn pipeline, for notebooks."""

from pathlib import Path

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from models.classifier import Classifier
from models.linear import Linear
from models.text import Petition, read


def export_pipeline(classifier: Classifier, out: Path) -> None:
    """Write a pipeline from texts to area codes and probabilities.

    Its attribute ``topics_`` maps each area to the pipeline of its topics. Loading it needs this
    package beside scikit-learn.
    """
    vectorizer = _vectorizer(classifier)
    pipeline = _pipeline(vectorizer, classifier.areas)
    pipeline.topics_ = {
        area: _pipeline(vectorizer, model) for area, model in classifier.topics.items()
    }
    joblib.dump(pipeline, out)


def fold_all(texts: list[str]) -> list[str]:
    """The texts as the classifier reads them."""
    return [read(Petition(text)).folded for text in texts]


def _vectorizer(classifier: Classifier) -> TfidfVectorizer:
    vocabulary = {term: at for at, term in enumerate(classifier.vocabulary.terms)}
    vectorizer = TfidfVectorizer(
        analyzer=classifier.analyzer, vocabulary=vocabulary, sublinear_tf=True
    )
    vectorizer.idf_ = classifier.vocabulary.idf
    return vectorizer


def _pipeline(vectorizer: TfidfVectorizer, model: Linear) -> Pipeline:
    """Logistic regression holds weights divided by the temperature: its softmax is ours.

    Between two labels scikit-learn decides by one row, the difference.
    """
    weights = model.weights.T.astype(np.float64) / model.temperature
    bias = model.bias / model.temperature
    if len(model.labels) == 2:  # noqa: PLR2004
        weights, bias = weights[1:] - weights[:1], bias[1:] - bias[:1]
    regression = LogisticRegression()
    regression.classes_ = np.array(model.labels)
    regression.coef_, regression.intercept_ = weights, bias
    fold = FunctionTransformer(fold_all)
    return Pipeline([("fold", fold), ("tfidf", vectorizer), ("linear", regression)])
