"""What looks wrong with labelled rows. Nothing is changed: a person decides."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models.linear import softmax
from models.terms import Analyzer
from models.words import Segmenter
from training.calibrate import Scored, temperature
from training.dataset import Dataset, check_learnable
from training.fit import Recipe, count_terms
from training.folds import split
from training.similar import similar_pairs
from training.validate import Progress, hold_out

THIN_ROWS = 20
"""A topic with fewer rows is hardly learnt."""

_DOUBT = 0.05
"""A label that unseen authors' rows give less than this confidence is doubted."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at: its kind, the row or topic, and what is the matter."""

    kind: str
    where: str
    detail: str


def audit(dataset: Dataset, lexicon: Mapping[str, int], progress: Progress) -> list[Finding]:
    """All findings, by kind.

    Kinds: ``contradiction`` (similar texts, other labels), ``leakage`` (similar texts of two
    authors), ``duplicate`` and ``near-duplicate`` (of one author), ``label-error`` (probable),
    ``thin-topic``.
    """
    check_learnable(dataset)
    progress("comparing texts", 0, 1)
    similar = list(_similar(dataset))
    progress("comparing texts", 1, 1)
    return [*similar, *_label_errors(dataset, lexicon, progress), *_thin(dataset)]


def _similar(dataset: Dataset) -> Iterator[Finding]:
    for one, other, share in similar_pairs([row.folded for row in dataset.rows]):
        first, second = dataset.rows[one], dataset.rows[other]
        if (first.area, first.topic) != (second.area, second.topic):
            kind = "contradiction"
        elif first.author != second.author:
            kind = "leakage"
        else:
            kind = "duplicate" if first.folded == second.folded else "near-duplicate"
        labels = f"{first.area}/{first.topic or '-'} and {second.area}/{second.topic or '-'}"
        yield Finding(kind, second.source, f"shares {share:.0%} with {first.source} ({labels})")


def _label_errors(
    dataset: Dataset, lexicon: Mapping[str, int], progress: Progress
) -> Iterator[Finding]:
    """Rows of which models that did not see their author are sure that they are something else.

    Sure means at least as confident as they are on average of the rows with that label (confident
    learning, Northcutt et al. 2021).
    """
    recipe = Recipe()
    texts = [row.folded for row in dataset.rows]
    counts = count_terms(Analyzer(Segmenter(lexicon), recipe.sizes), texts, recipe.least_rows)
    held_out = hold_out(dataset, counts, split(dataset, 0), recipe, 0, progress)
    truth = dataset.areas()
    heat = temperature([Scored(held_out.labels, held_out.scores, truth)])
    confidences = softmax(held_out.scores / heat)
    columns = np.array([held_out.labels.index(area) for area in truth])
    own = confidences[np.arange(len(truth)), columns]
    usual = np.array([own[truth == label].mean() for label in held_out.labels])
    best = confidences.argmax(axis=1)
    sure = (best != columns) & (confidences.max(axis=1) >= usual[best]) & (own < _DOUBT)
    for at in np.flatnonzero(sure).tolist():
        said = held_out.labels[best[at]]
        detail = f"labelled {truth[at]}, looks like {said} ({confidences[at].max():.0%})"
        yield Finding("label-error", dataset.rows[at].source, detail)


def _thin(dataset: Dataset) -> Iterator[Finding]:
    rows = Counter((row.area, row.topic) for row in dataset.rows)
    for area in dataset.taxonomy:
        for topic in area.topics:
            count = rows[area.code, topic.code]
            if count < THIN_ROWS:
                yield Finding("thin-topic", f"{area.code}/{topic.code}", f"{count} rows")
