"""The kept petitions: recorded once, judged by people, undone; on SQLite and PostgreSQL."""

import datetime as dt
import json

import pytest
from answers import VERSION, answer, petition
from sqlalchemy import text

from models.errors import (
    DatabaseUnusable,
    LabelUnknown,
    PetitionDiffers,
    PetitionUnknown,
    ReviewConflict,
    TextMalformed,
)
from models.taxonomy import Taxonomy
from models.text import Petition
from service.reviews import audit, moments
from service.reviews.database import Database, Rules
from service.reviews.figures import ageing, judged, over_time, overruled
from service.reviews.judgement import Label, history, recent, review, undo
from service.reviews.keeping import purge
from service.reviews.queue import Wanted, next_item, put_off, release, waiting
from service.reviews.records import Cut, Record, delete_petition, get, listing, record, record_all

PHONE = "13912345678"
SAFETY = Label("safety", "telecom-fraud")
CARE = Label("care")


def test_record_keeps_the_answer_and_the_masked_text(db: Database) -> None:
    """And no original, unless the office says so."""
    sent = Petition(f"请回电{PHONE}，尽快破案", "求助", "信2026-1")
    kept = record(db, sent, answer(), "desk")
    assert get(db, "信2026-1") == kept
    assert kept.text == "请回电***********，尽快破案"
    assert kept.answer["area"] == "safety"
    assert kept.answer["id"] == "信2026-1"
    assert (kept.channel, kept.version, kept.open, kept.sample) == ("desk", VERSION, True, False)
    assert _dump(db).count(PHONE) == 0


def test_original_text_is_kept_where_the_office_says_so(database_url: str) -> None:
    """The masked one stays beside it."""
    db = Database(database_url, Rules(keep_text=True))
    kept = record(db, Petition(f"请回电{PHONE}", id="a"), answer(), "api")
    db.close()
    assert kept.text == f"请回电{PHONE}"


def test_same_petition_again_gives_the_first_record(db: Database) -> None:
    """With the answer of the first time; another text under its id is refused."""
    first = record(db, petition("a"), answer(confidence=0.6), "api")
    again = record(db, petition("a"), answer("care", 0.9), "upload")
    assert again == first
    with pytest.raises(PetitionDiffers):
        record(db, petition("a", "另一件事"), answer(), "api")
    assert len(listing(db)) == 1


def test_petition_without_an_id_gets_one(db: Database) -> None:
    """Each its own."""
    kept = record_all(db, [(Petition("路灯不亮"), answer())] * 2, "api")
    found = [each for each in kept if isinstance(each, Record)]
    assert len({each.id for each in found}) == 2
    assert all(each.answer["id"] == each.id for each in found)


def test_many_are_kept_at_once_and_a_differing_one_stops_none(db: Database) -> None:
    """In order."""
    record(db, petition("b"), answer(), "api")
    sent = [petition("a"), petition("b", "另一件事"), petition("c"), petition("a")]
    kept = record_all(db, [(each, answer()) for each in sent], "api")
    assert [isinstance(each, PetitionDiffers) for each in kept] == [False, True, False, False]


def test_id_that_cannot_be_kept_is_told(db: Database) -> None:
    """Too long, or with a NUL character; one at the limit is kept."""
    for name in ("a" * 201, "\0"):
        with pytest.raises(TextMalformed):
            record(db, petition(name), answer(), "upload")
    assert record(db, petition("信" * 200, "正文\0有空字符"), answer(), "upload").id == "信" * 200


def test_confirmed_and_corrected_reviews_are_kept(db: Database) -> None:
    """With who, old and new label, and the version that was judged."""
    for name in "ab":
        record(db, petition(name), answer(), "desk")
    confirmed = review(db, "a", "王", source="desk")
    corrected = review(db, "b", "王", CARE, source="desk", note=f"已电话核实{PHONE}")
    assert (confirmed.action, confirmed.new_area, confirmed.by) == ("confirmed", "safety", "王")
    assert (corrected.action, corrected.old_area, corrected.new_area) == (
        "corrected", "safety", "care",
    )  # fmt: skip
    assert corrected.version == VERSION
    assert PHONE not in str(corrected.note)
    assert get(db, "b").label == ("care", None)
    assert not get(db, "b").open
    assert history(db, "b") == [corrected]


def test_same_review_twice_is_one(db: Database) -> None:
    """A second click, or a retried request."""
    record(db, petition("a"), answer(), "desk")
    assert review(db, "a", "王", CARE) == review(db, "a", "王", CARE)
    assert len(history(db, "a")) == 1


def test_undo_is_a_further_entry(db: Database) -> None:
    """What held before holds again; in the end the petition waits for the same clerk."""
    record(db, petition("a"), answer(), "desk")
    review(db, "a", "王", CARE)
    review(db, "a", "王", SAFETY, source="desk")
    undo(db, "a", "王")
    assert get(db, "a").label == ("care", None)
    undo(db, "a", "王")
    found = get(db, "a")
    assert (found.review, found.label, found.open) == (None, ("safety", "telecom-fraud"), True)
    assert [each.action for each in history(db, "a")] == [
        "corrected", "confirmed", "undone", "undone",
    ]  # fmt: skip
    with pytest.raises(ReviewConflict):
        undo(db, "a", "王")
    item = next_item(db, "王")
    assert item is not None
    assert item.id == "a"


def test_review_of_another_is_not_undone(db: Database) -> None:
    """But by an administrator."""
    record(db, petition("a"), answer(), "desk")
    review(db, "a", "王")
    with pytest.raises(ReviewConflict):
        undo(db, "a", "李")
    assert undo(db, "a", "李", of_anyone=True).action == "undone"


def test_review_after_undo_counts_again(db: Database) -> None:
    """An undone entry is no longer in force, even when the same label comes back."""
    record(db, petition("a"), answer(), "desk")
    review(db, "a", "王", CARE)
    undo(db, "a", "王")
    review(db, "a", "王", CARE)
    undo(db, "a", "王")
    assert get(db, "a").review is None
    assert len(history(db, "a")) == 4


def test_unknown_petition_or_label_is_told(db: Database, taxonomy: Taxonomy) -> None:
    """Each with its own error."""
    record(db, petition("none"), answer(None), "desk")
    with pytest.raises(PetitionUnknown):
        review(db, "x", "王")
    with pytest.raises(LabelUnknown):
        review(db, "none", "王")
    with pytest.raises(LabelUnknown):
        Label.read(taxonomy, "战争")
    with pytest.raises(LabelUnknown):
        Label.read(taxonomy, "care", "telecom-fraud")
    assert Label.read(taxonomy, "保民安", "电信网络诈骗") == SAFETY


def test_queue_gives_the_most_doubtful_or_oldest_first(db: Database) -> None:
    """Decisions made alone do not wait."""
    for name, confidence in (("a", 0.8), ("b", 0.4), ("c", 0.6)):
        record(db, petition(name), answer(confidence=confidence), "api")
    record(db, petition("d"), answer(confidence=0.99, reasons=()), "api")
    assert waiting(db) == 3
    assert [_take(db, clerk) for clerk in ("王", "李", "张", "赵")] == ["b", "c", "a", None]
    for clerk in ("王", "李", "张"):
        release(db, {"王": "b", "李": "c", "张": "a"}[clerk], clerk)
    assert _take(db, "王", Wanted(order="oldest")) == "a"


def test_queue_is_filtered_by_area_and_reason(db: Database) -> None:
    """As the model answered."""
    record(db, petition("a"), answer("care"), "api")
    record(db, petition("b"), answer(None), "api")
    assert _take(db, "王", Wanted(area="care")) == "a"
    assert _take(db, "王", Wanted(reason="no-evidence")) == "b"
    assert _take(db, "王", Wanted(reason="too-short")) is None
    assert _take(db, "王", Wanted(reason="evidence")) is None
    assert waiting(db, Wanted(area="care")) == 1


def test_item_belongs_to_one_clerk(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the lease is over; then it goes to whoever asks."""
    record(db, petition("a"), answer(), "api")
    assert _take(db, "王") == "a"
    assert _take(db, "王") == "a"
    assert _take(db, "李") is None
    with pytest.raises(ReviewConflict):
        review(db, "a", "李")
    later = moments.now() + dt.timedelta(minutes=11)
    monkeypatch.setattr(moments, "now", lambda: later)
    assert _take(db, "李") == "a"
    with pytest.raises(ReviewConflict):
        review(db, "a", "王")
    review(db, "a", "李")
    with pytest.raises(ReviewConflict):
        review(db, "a", "王")


def test_item_put_off_comes_back_later(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one comes first."""
    record(db, petition("a"), answer(confidence=0.3), "api")
    record(db, petition("b"), answer(confidence=0.4), "api")
    assert _take(db, "王") == "a"
    put_off(db, "a", "王")
    assert _take(db, "王") == "b"
    later = moments.now() + dt.timedelta(minutes=11)
    monkeypatch.setattr(moments, "now", lambda: later)
    assert _take(db, "李") == "a"


def test_honest_sample_waits_unmarked(database_url: str) -> None:
    """An item of it has the same fields with the same kind of content as any other."""
    db = Database(database_url, Rules(sample_share=1))
    record(db, petition("sampled"), answer(confidence=0.99, reasons=()), "api")
    record(db, petition("doubtful"), answer(confidence=0.4), "api")
    clerks = {item.id: clerk for clerk in "王李" if (item := next_item(db, clerk))}
    items = {item.id: item for clerk in "王李" if (item := next_item(db, clerk))}
    assert set(items) == {"sampled", "doubtful"}
    one, other = ({**vars(item), "id": "", "at": "", "leased_until": ""} for item in items.values())
    assert one == other
    found = review(db, "sampled", clerks["sampled"], CARE)
    assert found.sample
    assert [vars(each) for each in overruled(db)] == [
        {"area": "safety", "checked": 1, "overruled": 1, "waiting": 0}
    ]
    db.close()


def test_what_was_seen_at_the_desk_is_no_honest_sample(sqlite_db: Database) -> None:
    """Who judges it there has seen the answer."""
    object.__setattr__(sqlite_db, "rules", Rules(sample_share=1))
    assert not record(sqlite_db, petition(1), answer(confidence=0.99, reasons=()), "desk").sample
    assert record(sqlite_db, petition(2), answer(confidence=0.99, reasons=()), "api").sample


def test_honest_sample_has_its_share(sqlite_db: Database) -> None:
    """Of the decisions made alone; of the others none."""
    object.__setattr__(sqlite_db, "rules", Rules(sample_share=0.2))
    alone = [(petition(n), answer(confidence=0.99, reasons=())) for n in range(1000)]
    record_all(sqlite_db, alone, "upload")
    record_all(sqlite_db, [(petition(f"r{n}"), answer()) for n in range(50)], "upload")
    found = listing(sqlite_db, limit=2000)
    assert 140 <= sum(each.sample for each in found) <= 260
    assert all(each.open == (each.sample or each.id.startswith("r")) for each in found)


def test_records_are_listed_in_pages(db: Database) -> None:
    """By area as it stands, decision, channel, and whether they wait."""
    for n in range(5):
        record(db, petition(n), answer(), "api")
    review(db, "3", "王", CARE)
    first = listing(db, limit=3)
    assert [each.id for each in first] == ["0", "1", "2"]
    assert [each.id for each in listing(db, after=first[-1].number)] == ["3", "4"]
    assert [each.id for each in listing(db, Cut(area="care"))] == ["3"]
    assert len(listing(db, Cut(area="safety", open=True, decision="review"))) == 4
    assert listing(db, Cut(channel="desk")) == []


def test_latest_reviews_are_listed_by_person(db: Database) -> None:
    """Newest first, with the ids of their petitions."""
    for name in "abc":
        record(db, petition(name), answer(), "desk")
        review(db, name, "王" if name != "b" else "李")
    assert [name for name, _ in recent(db)] == ["c", "b", "a"]
    assert [name for name, _ in recent(db, by="王")] == ["c", "a"]


def test_figures_add_up(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """By day and week, by area as people say it, and by age."""
    now = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)
    for name, days in (("a", 10), ("b", 2), ("c", 0)):
        at = now - dt.timedelta(days=days)
        monkeypatch.setattr(moments, "now", lambda at=at: at)
        record(db, petition(name), answer(), "api")
    record(db, petition("d"), answer(reasons=()), "api")
    review(db, "c", "王", CARE)
    assert [(each.start, each.areas, each.auto, each.total) for each in over_time(db)] == [
        ("2026-11-15", {"safety": 1}, 0, 1),
        ("2026-11-23", {"safety": 1}, 0, 1),
        ("2026-11-25", {"care": 1, "safety": 1}, 1, 2),
    ]
    weeks = over_time(db, "week", since=dt.date(2026, 11, 20))
    assert [(each.start, each.total) for each in weeks] == [("2026-11-23", 3)]
    assert ageing(db).counts == [0, 1, 0, 1, 0]
    assert ageing(db).oldest == now - dt.timedelta(days=10)
    assert judged(db) == (1, 1)


def test_purge_removes_what_is_older(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reviews; the audit log tells how many."""
    record(db, petition("old"), answer(), "api")
    review(db, "old", "王")
    later = moments.now() + dt.timedelta(days=40)
    monkeypatch.setattr(moments, "now", lambda: later)
    record(db, petition("new"), answer(), "api")
    assert purge(db, "admin", 30) == 1
    assert purge(db, "admin", 30) == 0
    assert [each.id for each in listing(db)] == ["new"]
    assert recent(db) == []
    assert audit.entries(db)[-1].details["count"] == 1


def test_deleted_petition_is_gone(db: Database) -> None:
    """From every table but the audit log, which has its id."""
    record(db, petition("a", "独一无二的内容"), answer(), "api")
    review(db, "a", "王")
    delete_petition(db, "a", "admin")
    with pytest.raises(PetitionUnknown):
        get(db, "a")
    assert "独一无二" not in _dump(db)
    assert audit.entries(db)[-1].subject == "a"
    audit.verify(db)


def test_audit_log_shows_tampering(db: Database) -> None:
    """A changed, a removed and a last entry cut off."""
    for name in "abc":
        record(db, petition(name), answer(), "desk")
        review(db, name, "王")
    assert audit.verify(db)[0] == 3
    for change, entry in (
        ("UPDATE audit SET \"by\" = '李' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 3", 3),
    ):
        with db.engine().connect() as connection:  # nothing of this is committed
            connection.execute(text(change))
            with pytest.raises(DatabaseUnusable, match=f"entry {entry} "):
                audit.verify_on(connection)
    assert audit.verify(db)[0] == 3


def _take(db: Database, clerk: str, wanted: Wanted | None = None) -> str | None:
    item = next_item(db, clerk, wanted)
    return item.id if item else None


def _dump(db: Database) -> str:
    with db.read() as connection:
        tables = ("petitions", "reviews", "audit")
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]  # noqa: S608 - names of ours
    return json.dumps(rows, default=str, ensure_ascii=False)
