"""Exact evidence: how much each piece of a petition added to the score of one area."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from models.linear import Linear
from models.prediction import Evidence, Explanation
from models.terms import Analyzer, Span, Vocabulary
from models.text import Petition, origins, read

MAX_EVIDENCE = 100
"""Pieces of evidence told one by one; what the others add is told as one sum."""


def explain(
    petition: Petition, analyzer: Analyzer, vocabulary: Vocabulary, areas: Linear, area: str
) -> Explanation:
    """Evidence for ``area``, heaviest first.

    A term that occurs n times counts once in the score, so that each occurrence bears an n-th of
    its weight; occurrences of different terms at the same characters are added up.
    """
    folded = read(petition).folded
    spans = list(analyzer.spans(folded))
    row = vocabulary.rows([folded], analyzer.segmenter)
    label = areas.labels.index(area)
    weights = areas.weights[row.terms, label] * row.values
    by_term = {
        vocabulary.terms[at]: float(weight) for at, weight in zip(row.terms, weights, strict=True)
    }
    heaviest = sorted(_shares(spans, by_term).items(), key=lambda item: -abs(item[1]))
    evidence = tuple(_locate(petition, heaviest[:MAX_EVIDENCE]))
    score, baseline = float(areas.scores(row)[0, label]), float(areas.bias[label])
    rest = score - baseline - sum(piece.weight for piece in evidence)
    return Explanation(score, baseline, evidence, rest)


def _shares(spans: list[Span], by_term: dict[str, float]) -> dict[tuple[int, int], float]:
    """Weight added at each place of the folded text."""
    occurrences = Counter(span.term for span in spans)
    shares: defaultdict[tuple[int, int], float] = defaultdict(float)
    for term, start, end in spans:
        if term in by_term:
            shares[start, end] += by_term[term] / occurrences[term]
    return shares


def _locate(petition: Petition, shares: list[tuple[tuple[int, int], float]]) -> Iterator[Evidence]:
    """The same weights at their places in the fields as sent."""
    contents = dict(petition.fields())
    origin = origins(petition)
    for (start, end), weight in shares:
        field, first = origin[start]
        last = origin[end - 1][1] + 1
        yield Evidence(field, first, last, contents[field][first:last], weight)
