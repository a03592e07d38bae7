"""The report as an HTML file that opens offline under a strict content policy."""

import base64
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from models.classifier import Classifier
from models.taxonomy import Taxonomy
from training.evaluate import evaluate
from training.metrics import Outcome, reliability, workload
from training.page import build_page
from training.train import Trained


@pytest.fixture(scope="module")
def page(trained: Trained, taxonomy: Taxonomy) -> str:
    """The report of the small version."""
    return build_page(trained.report, taxonomy)


def test_page_asks_nobody_for_anything(page: str) -> None:
    """No script, no style attribute, no address; the one style sheet is named by its hash."""
    assert not re.search(r"<script|style=|src=|href=|url\(|@import", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page


def test_page_shows_every_area_by_its_chinese_name(page: str, taxonomy: Taxonomy) -> None:
    """With its figures, and the workload of a thousand petitions."""
    assert all(area.name in page for area in taxonomy)
    assert "每天 1000 件来信" in page
    assert page.count("<svg") == 2


def test_texts_stand_in_a_report_only_when_asked_for(
    classifier: Classifier, tmp_path: Path
) -> None:
    """Neither in the page nor in the JSON."""
    text = "某小区路灯坏了三个月无人修理独一无二的句子"
    (tmp_path / "rows.csv").write_text(f"text,area\n{text},care\n", encoding="utf-8")
    for with_texts in (False, True):
        report = evaluate(classifier, [tmp_path / "rows.csv"], with_texts=with_texts)
        assert ("独一无二" in build_page(report, classifier.taxonomy)) is with_texts
        assert report["misjudged"][0]["place"] == "rows.csv:2"
        assert ("text" in report["misjudged"][0]) is with_texts


def test_markup_in_texts_and_names_stays_text(classifier: Classifier, tmp_path: Path) -> None:
    """A petition cannot write into the page."""
    text = "<b>刷单</b>被骗转账三万元请公安机关破案 <script>x</script>"
    row = f"text,area,author\n{text},care,<i>某</i>\n"
    (tmp_path / "rows.csv").write_text(row, encoding="utf-8")
    report = evaluate(classifier, [tmp_path / "rows.csv"], with_texts=True)
    page = build_page(report, classifier.taxonomy)
    assert "&lt;script" in page
    assert "<script" not in page
    assert "<i>" not in page


def test_workload_falls_in_precision_as_more_is_decided(trained: Trained) -> None:
    """The last point is all rows that are not called ``other``."""
    points = trained.report["workload"]
    assert [p["share"] for p in points] == sorted(p["share"] for p in points)
    assert points[0]["precision"] > points[-1]["precision"]
    said = sum(sum(line) for line in trained.report["confusion"]["counts"])
    assert points[-1]["share"] < 1
    assert said == trained.report["n"]


def test_parts_of_the_report_add_up(trained: Trained) -> None:
    """Bands of length and bins of confidence hold every row once; topics those with one."""
    report = trained.report
    assert sum(band["n"] for band in report["by_length"]) == report["n"]
    assert sum(each["n"] for each in report["reliability"]) == report["n"]
    assert sum(topic["n"] for topic in report["topics"]) == sum(
        report["areas"][area]["n"] for area in report["areas"] if area != "other"
    )
    for pair in report["confusions"]:
        assert pair["truth"] != pair["said"]
        assert pair["n"] > 0


def test_workload_and_reliability_of_nothing_said() -> None:
    """Where every row is called ``other``, no point is left."""
    outcome = Outcome(
        np.array(["a", "b"]),
        ("a", "b"),
        np.array([[0.1, 0.9], [0.2, 0.8]]),
        np.zeros(2, dtype=bool),
    )
    assert workload(outcome, "b") == []
    assert [each["n"] for each in reliability(outcome)] == [1, 1]
