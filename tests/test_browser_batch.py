"""The archive page in a real browser, with scripts and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import SIZES, address, chromium, page  # noqa: F401 - fixtures
from flask import Flask
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook
from uploads import TEXTS, office_book

from service.reviews.judgement import recent

PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def _ended(app: Flask) -> Iterator[None]:
    """The runner ends with the test."""
    yield
    app.extensions["jobs"].stop()


def result_of(page: Page, name: str, content: bytes) -> None:  # noqa: F811 - the fixture under its own name
    """Upload a file, look at it, say go, and wait for the result."""
    page.goto("/batch")
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("button", name="开始判断")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("main")).to_contain_text(TEXTS[0])
    page.get_by_role("button", name="开始判断").click()
    expect(page.get_by_role("link", name="下载 Excel")).to_be_visible(timeout=PATIENCE_MS)


def test_clerk_gets_from_a_sheet_to_a_result_and_back(
    app: Flask,
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    """As offices keep it, leaving the page meanwhile; the result comes back as reviews."""
    result_of(page, "登记.xlsx", office_book())
    expect(page.locator("main")).to_contain_text("共 3 行")
    assert page.locator("svg.bar").count()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载 Excel").click()
    assert waiting.value.suggested_filename == "登记_分类结果.xlsx"
    waiting.value.save_as(tmp_path / "result.xlsx")
    lines = CalamineWorkbook.from_path(tmp_path / "result.xlsx").get_sheet_by_index(0).to_python()
    assert [line[3] for line in lines[1:]] == [*TEXTS]
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载 CSV").click()
    waiting.value.save_as(tmp_path / "result.csv")
    head, *rows = (tmp_path / "result.csv").read_text("utf-8-sig").splitlines()
    confirmed = "\n".join([f"{head},已确认", *(f"{row},是" for row in rows)])
    page.goto("/batch")
    content = confirmed.encode("gbk")
    page.set_input_files("#corrected", {"name": "改.csv", "mimeType": "", "buffer": content})
    page.get_by_role("button", name="交回").click()
    write = page.get_by_role("button", name="写入 3 条复核")
    expect(write).to_be_visible(timeout=PATIENCE_MS)
    write.click()
    expect(page.get_by_role("status")).to_contain_text("已写入 3 条复核", timeout=PATIENCE_MS)
    assert len(recent(app.extensions["reviews"])) == 3
    page.goto("/batch")
    expect(page.get_by_role("link", name="登记.xlsx")).to_be_visible()
    page.get_by_text("改.csv").click()
    page.get_by_text("删除这份文件").click()
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_role("link", name="改.csv")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_archive_pages_fit_the_screen(page: Page, size: str) -> None:  # noqa: F811
    """Nothing is wider than the screen."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    result_of(page, "一份名字非常长的来信登记表" * 4 + ".xlsx", office_book())
    for path in (page.url, "/batch"):
        page.goto(path)
        assert page.locator("html").evaluate("x => x.scrollWidth") <= width
