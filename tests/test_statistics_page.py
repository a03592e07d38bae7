"""统计: figures as pictures and as tables."""

import datetime as dt
import re

import pytest
from answers import petition
from flask.testing import FlaskClient

from models.classifier import Classifier
from models.decision import Reason
from models.prediction import Prediction, Ranked
from service.pages.columns import HEIGHT, columns, without_gaps
from service.reviews import moments
from service.reviews.database import Database, Rules
from service.reviews.figures import Period
from service.reviews.judgement import Label, review
from service.reviews.records import record


@pytest.fixture
def office(office: Database) -> Database:
    """The database behind the pages, where every decision made alone is checked."""
    office.rules = Rules(sample_share=1)
    return office


def decided(version: str, reasons: tuple[Reason, ...] = ()) -> Prediction:
    """An answer of this version."""
    best = Ranked("care", "暖民心", 0.97)
    return Prediction(version, (best, Ranked("other", "不属六项", 0.03)), reasons, best)


def test_page_counts_what_is_kept(
    client: FlaskClient, office: Database, classifier: Classifier
) -> None:
    """Petitions, those decided alone, those that people changed; the ageing of the queue."""
    for number in range(4):
        record(office, petition(number), decided(classifier.version), "api")
    doubtful = decided(classifier.version, (Reason.TOO_SHORT,))
    record(office, petition(5), doubtful, "api")
    review(office, "0", "王某", Label("safety"))
    page = re.sub("<[^>]+>", "", client.get("/statistics").get_data(as_text=True))
    assert "共 5 件，其中可自动分办 4 件（80.0%）；人看过 1 件，改了领域或事项的 1 件" in page
    assert "暖民心 4" in page
    assert "保民安 1" in page
    ageing = page[page.index("复核队列等了多久") :]
    assert "不到 1 天4" in ageing


def test_broken_promise_is_a_warning_with_its_counts(
    client: FlaskClient, office: Database, classifier: Classifier
) -> None:
    """Of the running version alone: the certificates of others promised other things."""
    for number in range(10):
        record(office, petition(f"old-{number}"), decided("old"), "api")
        review(office, f"old-{number}", "王某", Label("safety"))
    assert "超过了证明所承诺" not in client.get("/statistics").get_data(as_text=True)
    for number in range(10):
        record(office, petition(number), decided(classifier.version), "api")
        review(office, str(number), "王某", Label("safety" if number < 3 else "care"))
    page = client.get("/statistics").get_data(as_text=True)
    assert "10 件里有 3 件被改判" in page
    assert "错误的比例至少是 8.7%，超过了证明所承诺的 5.0%" in page


def test_empty_office_says_so(client: FlaskClient) -> None:
    """In every span of time, and for one that there is not."""
    for span in ("30", "90", "365", "x"):
        page = client.get(f"/statistics?span={span}").get_data(as_text=True)
        assert "这段时间没有留存信访件" in page


def test_columns_add_up_and_leave_no_day_out() -> None:
    """The highest fills the picture; a day without petitions has its place."""
    since = dt.date(2026, 11, 27)
    found = [Period("2026-11-27", {"a": 1, None: 3}, 1, 4), Period("2026-11-29", {"b": 2}, 0, 2)]
    days = without_gaps(found, "day", since, dt.date(2026, 11, 29))
    assert [day.total for day in days] == [4, 0, 2]
    drawn = columns(days, ["a", "b", None])
    assert [sum(part.height for part in each.parts) for each in drawn] == [HEIGHT, 0, HEIGHT / 2]
    assert drawn[0].parts[-1].y == 0
    weeks = without_gaps([], "week", since, since + dt.timedelta(days=7))
    assert [week.start for week in weeks] == ["2026-11-23", "2026-11-30"]


def test_petitions_of_today_are_in_the_last_column(
    client: FlaskClient, office: Database, classifier: Classifier
) -> None:
    """By the calendar of this machine."""
    record(office, petition(1), decided(classifier.version), "api")
    today = moments.local_day(moments.now())
    page = client.get("/statistics").get_data(as_text=True)
    assert f"<title>{today} 暖民心 1 件</title>" in page
