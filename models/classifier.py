"""The classifier: petitions in, predictions out. Loading and saving one is ``models.versions``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from models import explanation
from models.decision import Policy, Reason
from models.errors import InputError
from models.kernel import Ints
from models.linear import Linear
from models.prediction import Prediction, Ranked
from models.taxonomy import Area, Taxonomy
from models.terms import Analyzer, Rows, Vocabulary, lengths_of
from models.text import Petition, Reading, read

_PORTION_CHARS = 300_000


class Asked(NamedTuple):
    """A petition and what the model sees of it."""

    petition: Petition
    reading: Reading


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
        outcomes = [_read(petition) for petition in petitions]
        asked = [
            Asked(petition, outcome)
            for petition, outcome in zip(petitions, outcomes, strict=True)
            if isinstance(outcome, Reading)
        ]
        predictions = chain.from_iterable(map(self._predict, _portions(asked)))
        results: list[Prediction | InputError] = []
        for petition, outcome in zip(petitions, outcomes, strict=True):
            if isinstance(outcome, InputError):
                results.append(outcome)
                continue
            prediction = next(predictions)
            results.append(self.explain(petition, prediction) if explain else prediction)
        return results

    def explain(self, petition: Petition, prediction: Prediction) -> Prediction:
        """The prediction with the evidence for its area; without an area there is none."""
        if prediction.area is None:
            return prediction
        explained = explanation.explain(
            petition, self.analyzer, self.vocabulary, self.areas, prediction.area.area
        )
        return prediction._replace(explanation=explained)

    def _predict(self, asked: Sequence[Asked]) -> list[Prediction]:
        texts = [each.reading.folded for each in asked]
        rows = self.vocabulary.rows(texts, self.analyzer.segmenter)
        confidences = self.areas.confidences(self.areas.scores(rows))
        best = confidences.argmax(axis=1)
        facts = zip(
            asked,
            lengths_of(rows).tolist(),
            rows.pairs.tolist(),
            self.areas.breadths(rows, best).tolist(),
            confidences.tolist(),
            self._best_topics(best, rows),
            strict=True,
        )
        return [
            self._judge(each, *found) if n_terms else self._unknown(each)
            for each, n_terms, *found in facts
        ]

    def _unknown(self, asked: Asked) -> Prediction:
        """What is said of a text without any known term."""
        reasons = self._reasons(asked.reading, 0, 0.0, Reason.NO_EVIDENCE)
        return Prediction(self.version, (), reasons, id=asked.petition.id)

    def _best_topics(self, best: Ints, rows: Rows) -> list[tuple[str, float] | None]:
        """For each row the best topic of its ``best`` area and that topic's confidence."""
        found: list[tuple[str, float] | None] = [None] * len(best)
        for at in set(best.tolist()):
            model = self.topics.get(self.areas.labels[at])
            if model is None:
                continue
            chosen = np.flatnonzero(best == at)
            confidences = model.confidences(model.scores(rows, chosen))
            tops = confidences.argmax(axis=1).tolist(), confidences.max(axis=1).tolist()
            for row, topic, confidence in zip(chosen.tolist(), *tops, strict=True):
                found[row] = model.labels[topic], confidence
        return found

    def _judge(
        self,
        asked: Asked,
        pairs: int,
        breadth: float,
        confidences: Sequence[float],
        topic: tuple[str, float] | None,
    ) -> Prediction:
        order = sorted(range(len(confidences)), key=confidences.__getitem__, reverse=True)
        areas = [self._ordered[at] for at in order]
        codes = [area.code for area in areas]
        names = [area.name for area in areas]
        values = [confidences[at] for at in order]
        ranking = tuple(map(Ranked, codes, names, values))
        found = areas[0].topic(topic[0]) if topic else None
        return Prediction(
            self.version,
            ranking,
            self._reasons(asked.reading, pairs, breadth, *self.policy.reasons(codes, values)),
            area=ranking[0],
            topic=found.code if found else None,
            topic_name=found.name if found else None,
            topic_confidence=topic[1] if topic and found else None,
            also=tuple(
                code
                for code, value in zip(codes[1:], values[1:], strict=True)
                if value >= self.policy.also and code != self.policy.other
            ),
            id=asked.petition.id,
        )

    def _reasons(
        self, reading: Reading, pairs: int, breadth: float, *reasons: Reason
    ) -> tuple[Reason, ...]:
        """The given reasons and those that lie in the text itself."""
        truncated = [Reason.TRUNCATED] if reading.truncated else []
        return (*reasons, *self.policy.text_reasons(reading.folded, pairs, breadth), *truncated)

    @cached_property
    def _ordered(self) -> list[Area]:
        """The areas in the order of the model's labels."""
        found = [self.taxonomy.area(code) for code in self.areas.labels]
        return [area for area in found if area is not None]


def _portions(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """The petitions in lists of about ``_PORTION_CHARS`` characters, to bound the memory."""
    portion: list[Asked] = []
    chars = 0
    for each in asked:
        portion.append(each)
        chars += len(each.reading.folded)
        if chars >= _PORTION_CHARS:
            yield portion
            portion, chars = [], 0
    if portion:
        yield portion


def _read(petition: Petition) -> Reading | InputError:
    try:
        return read(petition)
    except InputError as error:
        return error
