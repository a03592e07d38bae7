"""The classifier: petitions in, predictions out. Loading and saving one is ``models.versions``."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models import explanation
from models.decision import Policy, Reason
from models.errors import InputError
from models.linear import Linear
from models.prediction import Prediction, Ranked
from models.taxonomy import Area, Taxonomy
from models.terms import Analyzer, Floats, Rows, Vocabulary
from models.text import Petition, Reading, read

_PORTION_CHARS = 300_000


@dataclass(frozen=True)
class Classifier:
    """An area model, and a topic model inside each area that has topics."""

    version: str
    taxonomy: Taxonomy
    analyzer: Analyzer
    vocabulary: Vocabulary
    areas: Linear
    topics: Mapping[str, Linear]
    policy: Policy

    def classify(self, petition: Petition, *, explain: bool = False) -> Prediction:
        """The prediction for one petition; raises InputError where there is nothing to read."""
        (outcome,) = self.classify_batch([petition], explain=explain)
        if isinstance(outcome, InputError):
            raise outcome
        return outcome

    def classify_batch(
        self, petitions: Sequence[Petition], *, explain: bool = False
    ) -> list[Prediction | InputError]:
        """For each petition, in order, its prediction or the error that it would raise alone."""
        outcomes: list[Reading | InputError] = [_read(petition) for petition in petitions]
        readings = [outcome for outcome in outcomes if isinstance(outcome, Reading)]
        predictions = chain.from_iterable(map(self._predict, _portions(readings)))
        results: list[Prediction | InputError] = []
        for petition, outcome in zip(petitions, outcomes, strict=True):
            if isinstance(outcome, InputError):
                results.append(outcome)
                continue
            prediction = dataclasses.replace(next(predictions), id=petition.id)
            results.append(self.explain(petition, prediction) if explain else prediction)
        return results

    def explain(self, petition: Petition, prediction: Prediction) -> Prediction:
        """The prediction with the evidence for its area; without an area there is none."""
        if prediction.area is None:
            return prediction
        explained = explanation.explain(
            petition, self.analyzer, self.vocabulary, self.areas, prediction.area.area
        )
        return dataclasses.replace(prediction, explanation=explained)

    def _predict(self, readings: Sequence[Reading]) -> list[Prediction]:
        texts = [reading.folded for reading in readings]
        rows = self.vocabulary.rows(texts, self.analyzer.segmenter)
        confidences = self.areas.confidences(self.areas.scores(rows))
        numbers = confidences.argmax(axis=1)
        best = [self.areas.labels[at] for at in numbers]
        breadths = self.areas.breadths(rows, numbers)
        topics = self._best_topics(best, rows)
        known = np.diff(rows.starts) > 0
        return [
            self._judge(
                reading, int(rows.pairs[at]), float(breadths[at]), confidences[at], topics[at]
            )
            if known[at]
            else Prediction(self.version, (), self._reasons(reading, 0, 0.0, Reason.NO_EVIDENCE))
            for at, reading in enumerate(readings)
        ]

    def _best_topics(self, best: Sequence[str], rows: Rows) -> list[tuple[str, float] | None]:
        """For each row the best topic of its area and that topic's confidence."""
        found: list[tuple[str, float] | None] = [None] * len(best)
        for area in self.topics.keys() & set(best):
            model = self.topics[area]
            chosen = [at for at, label in enumerate(best) if label == area]
            confidences = model.confidences(model.scores(take(rows, chosen)))
            for at, row in zip(chosen, confidences, strict=True):
                found[at] = model.labels[row.argmax()], float(row.max())
        return found

    def _judge(
        self,
        reading: Reading,
        pairs: int,
        breadth: float,
        confidences: Floats,
        topic: tuple[str, float] | None,
    ) -> Prediction:
        order = np.argsort(-confidences, kind="stable")
        areas = [self._area(self.areas.labels[at]) for at in order]
        values = [float(confidences[at]) for at in order]
        ranking = tuple(
            Ranked(area.code, area.name, value) for area, value in zip(areas, values, strict=True)
        )
        reasons = self.policy.reasons([area.code for area in areas], values)
        prediction = Prediction(
            self.version,
            ranking,
            self._reasons(reading, pairs, breadth, *reasons),
            area=ranking[0],
            also=tuple(
                ranked.area
                for ranked in ranking[1:]
                if ranked.confidence >= self.policy.also and ranked.area != self.policy.other
            ),
        )
        return _with_topic(prediction, areas[0], topic)

    def _reasons(
        self, reading: Reading, pairs: int, breadth: float, *reasons: Reason
    ) -> tuple[Reason, ...]:
        """The given reasons and those that lie in the text itself."""
        truncated = [Reason.TRUNCATED] if reading.truncated else []
        return (*reasons, *self.policy.text_reasons(reading.folded, pairs, breadth), *truncated)

    def _area(self, code: str) -> Area:
        area = self.taxonomy.area(code)
        if area is None:
            raise KeyError(code)
        return area


def _portions(readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    """The readings in lists of about ``_PORTION_CHARS`` characters, to bound the memory."""
    portion: list[Reading] = []
    chars = 0
    for reading in readings:
        portion.append(reading)
        chars += len(reading.folded)
        if chars >= _PORTION_CHARS:
            yield portion
            portion, chars = [], 0
    if portion:
        yield portion


def take(rows: Rows, chosen: Sequence[int]) -> Rows:
    """The ``chosen`` rows, in that order."""
    lengths = np.diff(rows.starts)[list(chosen)]
    ranges = [np.arange(rows.starts[at], rows.starts[at + 1]) for at in chosen]
    entries = np.concatenate(ranges) if ranges else np.array([], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    pairs = rows.pairs[list(chosen)]
    return Rows(starts.astype(np.int64), rows.terms[entries], rows.values[entries], pairs)


def _read(petition: Petition) -> Reading | InputError:
    try:
        return read(petition)
    except InputError as error:
        return error


def _with_topic(prediction: Prediction, area: Area, topic: tuple[str, float] | None) -> Prediction:
    found = area.topic(topic[0]) if topic else None
    if topic is None or found is None:
        return prediction
    return dataclasses.replace(
        prediction, topic=found.code, topic_name=found.name, topic_confidence=topic[1]
    )
