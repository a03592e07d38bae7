"""Evidence that adds up and points at the text as it was sent."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.classifier import Classifier
from models.errors import TextEmpty
from models.explanation import MAX_EVIDENCE
from models.prediction import Explanation
from models.text import MAX_CHARS, Petition, fold

SNIPPETS = ["派出所", "不立案", "ＡＢＣ", "㎡", "🙂", "𠮷", "诈骗", "２３", "½", "\n", "，", "法院"]
snippets = st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=30).map("".join)


def explained(classifier: Classifier, petition: Petition) -> Explanation | None:
    """The explanation of a petition, None where it has no known term."""
    try:
        return classifier.classify(petition, explain=True).explanation
    except TextEmpty:
        return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=snippets, title=st.none() | snippets)
def test_evidence_adds_up_and_points_at_the_sent_text(
    classifier: Classifier, text: str, title: str | None
) -> None:
    """Baseline, all weights and the rest are the score, within 1e-9; offsets count code points."""
    petition = Petition(text, title)
    found = explained(classifier, petition)
    if found is None:
        return
    total = found.baseline + sum(piece.weight for piece in found.evidence) + found.rest
    assert total == pytest.approx(found.score, abs=1e-9)
    fields = dict(petition.fields())
    for piece in found.evidence:
        assert fields[piece.field][piece.start : piece.end] == piece.text


def test_everything_is_told_where_there_is_little(classifier: Classifier) -> None:
    """Nothing is hidden in the rest unless there is more evidence than is told."""
    found = explained(classifier, Petition("派出所不立案，法院不管。"))
    assert found is not None
    assert len(found.evidence) < MAX_EVIDENCE
    assert found.rest == pytest.approx(0, abs=1e-9)


def test_repeated_term_shares_its_weight(classifier: Classifier) -> None:
    """Each occurrence bears the same part."""
    found = explained(classifier, Petition("派出所。派出所。"))
    assert found is not None
    weights = {piece.start: piece.weight for piece in found.evidence if piece.text == "派出所"}
    assert weights[0] == pytest.approx(weights[4])


def test_evidence_in_the_tail_of_a_long_text_points_at_the_tail(classifier: Classifier) -> None:
    """Offsets count from the beginning of the whole text."""
    text = "🙂" * MAX_CHARS + "派出所不立案"
    found = explained(classifier, Petition(text))
    assert found is not None
    assert all(piece.start >= MAX_CHARS for piece in found.evidence)
    assert all(text[piece.start : piece.end] == piece.text for piece in found.evidence)


def test_folded_characters_lead_back_to_what_was_sent(classifier: Classifier) -> None:
    """Full-width letters are matched folded and shown as sent."""
    found = explained(classifier, Petition("ＡＰＰ里派出所不立案"))
    assert found is not None
    assert all(fold(piece.text).strip() for piece in found.evidence)
