"""What looks wrong with labelled rows is found, and nothing else."""

from dataclasses import replace

import pytest

from training.audit import Finding, audit
from training.dataset import Dataset, Labelled


@pytest.fixture(scope="module")
def spoilt(dataset: Dataset) -> Dataset:
    """The test rows with one repeat of each kind and some labels exchanged."""
    rows = list(dataset.rows)
    first = next(row for row in rows if len(row.folded) > 100 and row.area != "care")
    rows += [
        replace(first, source="copy:1"),
        replace(first, source="stolen:1", author="somebody else"),
        replace(first, source="contradiction:1", area="care", topic="good-samaritan"),
        replace(first, source="near:1", folded="补充:" + first.folded[:-5]),
    ]
    return replace(dataset, rows=[*rows, *_mislabelled(dataset)])


def _mislabelled(dataset: Dataset) -> list[Labelled]:
    clear = [row for row in dataset.rows if row.area == "care" and not row.rule][-4:]
    return [
        replace(
            row,
            folded=row.folded + row.folded,
            area="services",
            topic="household-id",
            source=f"wrong:{at}",
        )
        for at, row in enumerate(clear)
    ]


@pytest.fixture(scope="module")
def findings(spoilt: Dataset) -> list[Finding]:
    """What the audit says of them."""
    return audit(spoilt, {}, lambda *_: None)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("duplicate", "copy:1"),
        ("leakage", "stolen:1"),
        ("contradiction", "contradiction:1"),
        ("near-duplicate", "near:1"),
    ],
)
def test_each_kind_is_found(findings: list[Finding], kind: str, source: str) -> None:
    """With the row that it stands in."""
    assert kind in {finding.kind for finding in findings if finding.where == source}


def test_exchanged_labels_are_doubted(findings: list[Finding]) -> None:
    """Most of them, and hardly any other row."""
    doubted = [finding.where for finding in findings if finding.kind == "label-error"]
    assert sum(where.startswith("wrong") for where in doubted) >= 2
    assert len(doubted) < 20


def test_clean_rows_have_no_repeats(dataset: Dataset) -> None:
    """Only thin topics, this being a slice of the corpus, and a few doubts."""
    kinds = {finding.kind for finding in audit(dataset, {}, lambda *_: None)}
    assert kinds <= {"label-error", "thin-topic"}


def test_no_finding_quotes_a_petition(findings: list[Finding], spoilt: Dataset) -> None:
    """Files, lines and labels only."""
    told = " ".join(finding.detail for finding in findings)
    assert not any(row.folded[:12] in told for row in spoilt.rows)
