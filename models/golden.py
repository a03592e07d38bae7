"""Golden examples: short texts with the answers that a version gave on the day it was saved.

They are made of the heaviest terms of each area and topic, never of anyone's petition, and show on
every later machine whether the version still answers as it did.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from models.classifier import Classifier
from models.errors import GoldenMismatch
from models.kernel import Weights
from models.linear import Linear
from models.text import Petition

TERMS_PER_EXAMPLE = 12
CONFIDENCE_TOLERANCE = 1e-6

Example = dict[str, Any]


def examples(classifier: Classifier) -> list[Example]:
    """One example per area and per learnt topic."""
    models = [classifier.areas, *classifier.topics.values()]
    return [
        {"text": text} | _answer(classifier, text)
        for model in models
        for text in _texts(classifier, model)
    ]


def check(classifier: Classifier, golden: Iterable[Example]) -> None:
    """Raise GoldenMismatch at the first example that is answered differently."""
    for number, example in enumerate(golden, 1):
        answer = _answer(classifier, example["text"])
        confidence = answer.pop("confidence")
        same = all(example[key] == value for key, value in answer.items())
        if not same or not _near(confidence, example["confidence"]):
            raise GoldenMismatch(
                f"version {classifier.version} answers golden example {number} differently",
                expected=f"area {example['area']}, topic {example['topic']}",
                remedy="use the library versions of its manifest, or train again",
            )


def _near(confidence: float | None, expected: float | None) -> bool:
    if confidence is None or expected is None:
        return confidence is expected
    return abs(confidence - expected) <= CONFIDENCE_TOLERANCE


def _answer(classifier: Classifier, text: str) -> Example:
    answer = classifier.classify(Petition(text)).answer()
    return {key: answer[key] for key in ("area", "topic", "confidence", "decision", "reasons")}


def _texts(classifier: Classifier, model: Linear) -> Iterator[str]:
    for column in model.weights.T:
        terms = _heaviest(classifier, column)
        yield "，".join(term.strip() for term in terms)


def _heaviest(classifier: Classifier, column: Weights) -> list[str]:
    vocabulary = classifier.vocabulary
    heaviest = np.argsort(-column * vocabulary.idf, kind="stable")[:TERMS_PER_EXAMPLE]
    return [vocabulary.terms[at] for at in heaviest]
