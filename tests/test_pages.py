"""The page for clerks."""

import html
import re

import pytest
from browser import browser
from flask.testing import FlaskClient

from models.classifier import Classifier
from models.decision import Reason
from models.errors import InputError
from models.text import Petition
from service.app import create_app
from service.pages.marks import mark
from service.settings import Settings
from service.words import ERRORS, REASONS, SHORT_REASONS

TEXT = "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回。"


def test_every_reason_and_input_error_has_words() -> None:
    """Nothing reaches a clerk as a code."""
    assert set(REASONS) == set(SHORT_REASONS) == set(Reason)
    assert set(ERRORS) == {kind.code for kind in InputError.__subclasses__() if "text" in kind.code}


def test_petition_is_answered_below_the_form(client: FlaskClient, classifier: Classifier) -> None:
    """Area, confidence of every area, decision, words, and the text kept in the form."""
    page = client.post("/", data={"text": TEXT, "title": "求助"}).get_data(as_text=True)
    prediction = classifier.classify(Petition(TEXT, "求助"))
    assert prediction.area is not None
    assert f'<h2 class="h3 mb-1">{prediction.area.name}' in page
    assert page.count("<svg") == len(classifier.taxonomy.areas)
    assert "需人工确认" in page or "可自动分办" in page
    assert "<mark" in page
    assert TEXT in re.sub("<[^>]+>", "", page)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>派出所", "\"'><img src=x>派出所"])
def test_markup_in_a_petition_is_text(client: FlaskClient, text: str) -> None:
    """It is shown, never run."""
    page = client.post("/", data={"text": text}).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert text in html.unescape(re.sub("<[^>]+>", "", page))


def test_empty_petition_is_told_in_words(client: FlaskClient) -> None:
    """With the status of an error."""
    response = client.post("/", data={"text": "  "})
    assert response.status_code == 422
    assert ERRORS["text-empty"] in response.get_data(as_text=True)


def test_page_without_a_version_is_told_in_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not as JSON."""
    client = browser(create_app(Settings(models=str(tmp_path_factory.mktemp("none")))))
    response = client.post("/", data={"text": TEXT})
    assert response.status_code == 503
    assert "<html" in response.get_data(as_text=True)


def test_page_needs_nothing_from_outside(client: FlaskClient) -> None:
    """Every file comes from this host, and no style or script stands in the page."""
    page = client.post("/", data={"text": TEXT}).get_data(as_text=True)
    links = set(re.findall(r'(?:href|src|action)="([^"]*)"', page)) - {"data:,", "#main"}
    assert links
    assert all(link.startswith("/") for link in links)
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/keys.js" defer>']
    for link in re.findall(r'(?:href|src)="(/[^"]*)"', page):
        with client.get(link) as response:
            assert response.status_code == 200


def test_marked_pieces_are_the_text(classifier: Classifier) -> None:
    """And the strongest piece has the highest level."""
    prediction = classifier.classify(Petition(TEXT), explain=True)
    pieces = mark(TEXT, "text", prediction)
    assert "".join(piece.text for piece in pieces) == TEXT
    assert max(piece.level for piece in pieces) == 3
