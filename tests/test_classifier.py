"""From petitions to predictions."""

import dataclasses

import pytest

from models.classifier import Classifier
from models.decision import Certificate, Decision, Policy, Reason
from models.errors import InputError, TextEmpty
from models.prediction import Prediction
from models.text import MAX_CHARS, Petition
from training.dataset import Dataset

FRAUD = "我在网上刷单被骗了三万多元，对方让我把钱转到所谓的安全账户，报警后请公安机关尽快破案追回。"


def test_answer_ranks_every_area_with_confidences_that_add_up_to_one(
    classifier: Classifier,
) -> None:
    """Confidence is a probability over all areas."""
    prediction = classifier.classify(Petition(FRAUD))
    confidences = [ranked.confidence for ranked in prediction.ranking]
    assert {ranked.area for ranked in prediction.ranking} == {a.code for a in classifier.taxonomy}
    assert sum(confidences) == pytest.approx(1, abs=1e-12)
    assert confidences == sorted(confidences, reverse=True)
    assert prediction.area == prediction.ranking[0]


def test_topic_always_belongs_to_the_area(classifier: Classifier, dataset: Dataset) -> None:
    """The two levels never contradict each other."""
    for outcome in classifier.classify_batch([row.petition for row in dataset.rows[:200]]):
        assert isinstance(outcome, Prediction)
        assert outcome.area is not None
        area = classifier.taxonomy.area(outcome.area.area)
        assert area is not None
        assert (outcome.topic is None) == (not area.topics)
        assert outcome.topic is None or area.topic(outcome.topic)


def test_batch_answers_as_single_petitions_do(classifier: Classifier, dataset: Dataset) -> None:
    """To the last digit, whatever stands beside."""
    petitions = [row.petition for row in dataset.rows[:50]]
    together = classifier.classify_batch(petitions)
    assert together == [classifier.classify(petition) for petition in petitions]


def test_batch_keeps_its_order_around_bad_petitions(classifier: Classifier) -> None:
    """A bad one gets its error, the others their answers."""
    petitions = [Petition("", id="a"), Petition(FRAUD, id="b"), Petition(" ", id="c")]
    first, second, third = classifier.classify_batch(petitions)
    assert isinstance(first, InputError)
    assert isinstance(second, Prediction)
    assert second.id == "b"
    assert isinstance(third, InputError)


def test_empty_petition_raises(classifier: Classifier) -> None:
    """There is nothing to classify."""
    with pytest.raises(TextEmpty):
        classifier.classify(Petition("   "))


@pytest.mark.parametrize("text", ["🙂🙂🙂🙂🙂🙂🙂🙂", "?!?!?!?!", "ჰჰჰჰჰჰჰჰჰჰ", "鱻麤龘靐爨"])
def test_text_without_known_terms_has_no_area(classifier: Classifier, text: str) -> None:
    """Never the majority area."""
    prediction = classifier.classify(Petition(text))
    assert prediction.area is None
    assert prediction.ranking == ()
    assert prediction.decision is Decision.REVIEW
    assert prediction.reasons[0] is Reason.NO_EVIDENCE


def test_short_text_goes_to_a_person(classifier: Classifier) -> None:
    """One character proves nothing."""
    assert Reason.TOO_SHORT in classifier.classify(Petition("钱")).reasons


def test_truncated_text_goes_to_a_person(classifier: Classifier) -> None:
    """What was not read might have decided."""
    text = FRAUD * (MAX_CHARS // len(FRAUD) + 1)
    assert Reason.TRUNCATED in classifier.classify(Petition(text)).reasons


def test_certified_area_is_decided_alone_above_its_threshold(classifier: Classifier) -> None:
    """And reviewed below, with the second area named when it is near."""
    best = classifier.classify(Petition(FRAUD)).ranking[0]
    confidence = best.confidence
    assert best.area != "other"
    for threshold, reasons in ((confidence, ()), (confidence + 1e-9, (Reason.BELOW_THRESHOLD,))):
        certificate = Certificate(threshold, 0.99, 0.96, 100, 5, "office")
        policy = Policy(
            {best.area: certificate},
            also=0.25,
            other="other",
            min_chars=6,
            min_known=0.5,
            min_breadth=0,
        )
        prediction = dataclasses.replace(classifier, policy=policy).classify(Petition(FRAUD))
        assert [r for r in prediction.reasons if r is not Reason.CLOSE_SECOND] == list(reasons)


def test_title_is_read_with_the_text(classifier: Classifier) -> None:
    """A title alone can bring the evidence."""
    assert classifier.classify(Petition("🙂", title=FRAUD)).area is not None
