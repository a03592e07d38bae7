"""模型: the running version, its report, promotion by way of the gate, and the way back."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, browser
from flask import Flask

from models.errors import GateRefused
from models.store import Store
from service.app import create_app
from service.cli.serve import gate
from service.pages.model import REPORT
from service.reviews import audit
from service.settings import Settings
from service.words import GATE
from training.train import Trained


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    """The application on a store that may be changed, with the gate."""
    return create_app(Settings(models=str(store.folder), data=str(tmp_path / "office")), gate)


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser."""
    return browser(app)


def text(client: Browser, path: str) -> str:
    """The page."""
    return client.get(path).get_data(as_text=True)


def test_page_names_version_certificates_and_history(client: Browser, store: Store) -> None:
    """With the evidence in words."""
    page = text(client, "/model")
    assert f"正在运行：<strong>{store.current()}</strong>" in page
    assert "从不自动决定" in page
    assert "for tests" in page
    assert "退回上一个版本" not in page


def test_report_is_served_as_saved_under_its_own_policy(client: Browser, store: Store) -> None:
    """Its style sheet is allowed by hash, nothing else is; a changed report is not served."""
    folder = store.folder / str(store.current())
    response = client.get(f"/model/{folder.name}/report")
    assert response.data == (folder / REPORT).read_bytes()
    policy = response.headers["Content-Security-Policy"]
    assert re.fullmatch(
        "default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'", policy
    )
    assert policy.split("'")[3] in response.get_data(as_text=True)
    with (folder / REPORT).open("a") as file:
        file.write("<p>100 %")
    assert client.get(f"/model/{folder.name}/report").status_code == 503
    for unknown in ("none", folder.name[-8:], "..%2f..%2fx", "%00", "x" * 300):
        assert client.get(f"/model/{unknown}/report").status_code == 404
        assert client.get(f"/model/{unknown}/promote").status_code == 404


def test_version_that_the_gate_lets_pass_is_promoted_and_rolled_back(
    client: Browser, app: Flask, store: Store, trained: Trained
) -> None:
    """Each after a question; both stand in the history and in the audit log."""
    before = store.current()
    new = trained.save(store.folder)
    assert "启用…" in text(client, "/model")
    assert "关口已放行" in text(client, f"/model/{new}/promote")
    assert store.current() == before
    done = client.post(f"/model/{new}/promote", data={"why": "十一月的来信"})
    assert done.headers["Location"] == "/model"
    assert (store.current(), store.history()[-1].why) == (new, "十一月的来信")
    assert store.history()[-1].by == "local"
    assert f"正在运行：<strong>{new}</strong>" in text(client, "/model")
    assert f"退回到版本 {before}" in text(client, "/model/rollback")
    client.post("/model/rollback", data={})
    assert store.current() == before
    assert f"退回（原为 {new}）" in text(client, "/model")
    told = [entry.action for entry in audit.entries(app.extensions["reviews"])]
    assert told == ["version promoted", "version rolled back"]


def test_version_that_the_gate_refuses_is_not_promoted(
    client: Browser, store: Store, trained: Trained
) -> None:
    """With the reasons, and no button; a form that is sent all the same changes nothing."""
    before = store.current()
    kept = trained.kept
    nothing = np.zeros(len(kept.hashes), dtype=bool)
    timid = dataclasses.replace(kept, outcome=dataclasses.replace(kept.outcome, auto=nothing))
    strange = dataclasses.replace(trained, kept=timid.of(np.arange(10))).save(store.folder)
    page = text(client, f"/model/{strange}/promote")
    assert "关口不放行" in page
    assert GATE["few-rows"] in page
    assert "确认启用" not in page
    assert client.post(f"/model/{strange}/promote", data={}).status_code == 409
    assert store.current() == before


def test_without_a_gate_nothing_is_promoted(store: Store, trained: Trained, tmp_path: Path) -> None:
    """The page says how it is done."""
    app = create_app(Settings(models=str(store.folder), data=str(tmp_path / "office")))
    new = trained.save(store.folder)
    assert "models promote" in text(browser(app), f"/model/{new}/promote")
    assert browser(app).post(f"/model/{new}/promote", data={}).status_code == 409


def test_every_reason_of_the_gate_has_words(store: Store, trained: Trained) -> None:
    """The codes in the source of the gate are those that the page knows."""
    source = (Path(__file__).parent.parent / "training" / "gate.py").read_text(encoding="utf-8")
    assert set(re.findall(r'yield "([a-z0-9-]+)"', source)) == set(GATE)
    kept = trained.kept.of(np.arange(10))
    few = dataclasses.replace(trained, kept=kept).save(store.folder)
    with pytest.raises(GateRefused) as refused:
        gate(store, few)
    assert [code for code, _ in refused.value.reasons] == ["few-rows"]


def test_page_without_a_version_says_what_to_do(tmp_path: Path) -> None:
    """And nothing fails."""
    app = create_app(Settings(models=str(tmp_path / "none"), data=str(tmp_path / "office")))
    page = text(browser(app), "/model")
    assert "现在没有版本回答" in page
    assert browser(app).get("/model/rollback").status_code == 503
    assert browser(app).get("/statistics").status_code == 200
