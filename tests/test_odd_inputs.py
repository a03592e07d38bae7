"""What is no petition is never decided alone, whatever it says."""

import re
from pathlib import Path

import pytest

from models.decision import Decision
from models.errors import InputError
from models.text import Petition
from training.corpus import read_corpus
from training.train import Options, train

LEAST = 300


@pytest.mark.timeout(900)
def test_nothing_odd_is_decided_alone() -> None:
    """By the version that the shipped petitions make; the odd texts were written apart from them.

    Other languages, code, poems, news, advertisements, stories, random characters, single words:
    each after a line with its kind.
    """
    content = (Path(__file__).parent / "odd_inputs.txt").read_text(encoding="utf-8")
    odd = [part.partition("\n") for part in re.split(r"^### ", content, flags=re.MULTILINE)[1:]]
    classifier = train(*read_corpus(()), Options(), lambda *_: None).classifier
    assert len(classifier.policy.certificates) > 1
    answers = classifier.classify_batch([Petition(text) for _, _, text in odd])
    assert len(answers) >= LEAST
    decided = [
        f"{kind.strip()}, text {at}"
        for at, ((kind, _, _), answer) in enumerate(zip(odd, answers, strict=True), 1)
        if not isinstance(answer, InputError) and answer.decision is Decision.AUTO
    ]
    assert decided == []
