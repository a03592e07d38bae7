"""Each page's main job in a real browser, with scripts and without."""

import re

import pytest
from answers import answer, petition
from chromium import SIZES, address, chromium, page  # noqa: F401 - fixtures
from playwright.sync_api import Locator, Page, expect

from service.reviews.database import Database
from service.reviews.judgement import history
from service.reviews.records import record

TEXT = "我在网上刷单被骗了三万多元，报警后请公安机关尽快破案追回。电话13800000000"


def confirm(page: Page) -> Locator:  # noqa: F811 - the fixture under its own name
    """The button that confirms."""
    return page.get_by_role("button", name="确认：")


def test_clerk_classifies_confirms_and_takes_back(office: Database, page: Page) -> None:  # noqa: F811
    """By keyboard alone: Tab and Enter, Enter, then the undo button."""
    page.goto("/")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    assert page.locator("mark").count()
    assert page.locator("svg.bar").count() == 7
    expect(confirm(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已确认")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#text")).to_be_focused()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    expect(page.locator("main")).to_contain_text("电话***********")
    petition_id = page.url.rsplit("/", 1)[1]
    assert [entry.action for entry in history(office, petition_id)] == ["confirmed", "undone"]


def test_clerk_corrects_with_topic_and_note(office: Database, page: Page) -> None:  # noqa: F811
    """In one form."""
    page.goto("/")
    page.fill("#text", TEXT)
    page.get_by_role("button", name="判断领域").click()
    page.select_option("#label", "fairness|case-refused")
    page.fill("#note", "报案后没有立案")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已更正为：纾民怨 · 有案不立")
    petition_id = re.search("last=([^&]+)", page.url)
    assert petition_id
    (entry,) = history(office, petition_id[1])
    assert (entry.new_area, entry.note, entry.source) == ("fairness", "报案后没有立案", "desk")
    assert entry.new_topic == "case-refused"


def test_queue_hands_out_one_after_the_other(office: Database, page: Page) -> None:  # noqa: F811
    """Confirm, correct, put off, give back; then nothing is left."""
    for number in range(4):
        record(office, petition(number), answer(confidence=0.5 + number / 10), "api")
    page.goto("/queue")
    expect(page.locator("main")).to_contain_text("编号 0")
    expect(confirm(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已确认：保民安")
    page.get_by_role("button", name="解民忧").click()
    expect(page.get_by_role("status")).to_contain_text("已更正为：解民忧")
    page.get_by_role("button", name="先看下一件").click()
    expect(page.locator("main")).to_contain_text("编号 3")
    page.get_by_role("button", name="放回").click()
    page.get_by_role("link", name="继续复核").click()
    expect(page.locator("main")).to_contain_text("编号 3")
    expect(confirm(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("被放到一边")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_its_screen(office: Database, page: Page, size: str) -> None:  # noqa: F811
    """Nothing is wider than the screen; the report opens under its own policy."""
    for number in range(3):
        record(office, petition(number), answer(), "api")
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for path in ("/", "/queue", "/statistics", "/model", "/accounts", "/keys", "/petitions/1"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        wide = page.locator("html").evaluate("x => x.scrollWidth")
        assert wide <= width, f"{path} is {wide} wide"
    page.goto("/model")
    page.get_by_role("link", name="评估报告").click()
    expect(page.locator("h1")).to_have_text("评估报告")
    assert page.locator("table").first.evaluate("x => getComputedStyle(x).borderCollapse") == (
        "collapse"
    )


def test_administrator_makes_an_account_and_a_key(page: Page) -> None:  # noqa: F811
    """The key is shown once."""
    page.goto("/accounts")
    page.fill("#name", "李某")
    page.fill("#password", "long enough 123")
    page.get_by_role("button", name="设立账户").click()
    expect(page.get_by_role("region", name="李某")).to_contain_text("经办人")
    page.goto("/keys")
    page.fill("#name", "案件系统")
    page.get_by_role("button", name="设立密钥").click()
    secret = page.locator("#secret").inner_text()
    page.goto("/keys")
    assert secret.split("_")[1] in page.content()
    assert secret not in page.content()


def test_keys_choose_areas_and_ctrl_enter_sends(office: Database, page: Page) -> None:  # noqa: F811
    """Where scripts run; elsewhere the same buttons are there to be pressed."""
    record(office, petition(1), answer(), "api")
    page.goto("/")
    page.fill("#text", TEXT)
    page.locator("#text").press("Control+Enter")
    page.wait_for_timeout(300)
    if page.locator("[data-judge]").count() == 0:  # no scripts here
        page.get_by_role("button", name="判断领域").click()
        page.get_by_role("button", name="纾民怨").click()
    else:
        page.keyboard.press("2")
    expect(page.get_by_role("status")).to_contain_text("纾民怨")
