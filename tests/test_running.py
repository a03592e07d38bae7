"""Which version answers while others are promoted, well and badly, under load."""

import dataclasses
import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import versions
from models.files import sha256, write_whole
from models.store import Store
from models.text import Petition
from service.app import create_app
from service.settings import Settings

TEXT = "我在网上刷单被骗了三万多元，报案后请公安机关尽快破案，把钱追回来。"


@pytest.fixture
def other(store: Store) -> str:
    """A second version that names two areas the other way round, not promoted."""
    classifier = store.load()
    labels = list(classifier.areas.labels)
    labels[0], labels[-1] = labels[-1], labels[0]
    swapped = dataclasses.replace(classifier.areas, labels=tuple(labels))
    manifest = versions.read_manifest(store.folder / classifier.version)
    kept = {key: manifest[key] for key in ("metrics", "target_precision", "data", "seed")}
    changed = dataclasses.replace(classifier, areas=swapped, topics={})
    return versions.save(store.folder, changed, kept, {})


def application(store: Store) -> Flask:
    """An application on the store."""
    return create_app(Settings(models=str(store.folder)))


def classify(client: FlaskClient) -> dict[str, Any]:
    """The answer to one petition."""
    response = client.post("/v1/classify", json={"text": TEXT})
    assert response.status_code == 200, response.data
    found: dict[str, Any] = response.get_json()
    return found


def test_promotions_under_load_mix_nothing(store: Store, other: str) -> None:
    """Every answer is that of the version it names, old or new; none fails."""
    names = store.resolve(), other
    expected = {}
    for name in names:
        answer = json.loads(json.dumps(store.load(name).classify(Petition(TEXT)).answer()))
        expected[name] = answer
    app = application(store)
    classify(app.test_client())
    stop = threading.Event()
    answers: list[dict[str, Any]] = []
    failures: list[BaseException] = []

    def ask() -> None:
        client = app.test_client()
        try:
            while not stop.is_set():
                answers.append(classify(client))
                time.sleep(0.002)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for name in itertools.islice(itertools.cycle(reversed(names)), 10):
        store.promote(name, "swap")
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert {answer["version"] for answer in answers} == set(names)
    assert all(answer == expected[answer["version"]] for answer in answers)
    assert classify(app.test_client())["version"] == store.resolve()


def rehash(folder: Path) -> Path:
    """The folder under the id and with the hashes that its files now ask for."""
    manifest = versions.read_json(folder / "manifest.json")
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"]}
    write_whole(folder / "manifest.json", json.dumps(manifest).encode())
    return folder.rename(folder.with_name(f"20270101-000000-{versions.digest(folder)}"))


def _arrays(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        with np.load(folder / "arrays.npz") as found:
            arrays = dict(found)
        change(arrays)
        np.savez_compressed(folder / "arrays.npz", **arrays)

    return damage


def _object_array(folder: Path) -> None:
    payload = np.array([{"never": "unpickled"}], dtype=object)
    np.savez(folder / "arrays.npz", idf=payload)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "not a number": _arrays(lambda arrays: arrays["areas-weights"].fill(np.nan)),
    "infinite": _arrays(lambda arrays: arrays["areas-bias"].fill(np.inf)),
    "fewer terms": _arrays(lambda arrays: arrays.update(idf=arrays["idf"][:-1])),
    "no bias": _arrays(lambda arrays: arrays.pop("areas-bias")),
    "pickled": _object_array,
    "cut off": lambda folder: (folder / "arrays.npz").write_bytes(
        (folder / "arrays.npz").read_bytes()[:1000]
    ),
    "empty": lambda folder: (folder / "arrays.npz").write_bytes(b""),
    "odd golden examples": lambda folder: (folder / "golden.json").write_text("[1]"),
    "golden examples without answers": lambda folder: (folder / "golden.json").write_text(
        '[{"text": "a"}]'
    ),
    "other golden answers": lambda folder: (folder / "golden.json").write_text(
        (folder / "golden.json").read_text("utf-8").replace('"area"', '"topic"'), "utf-8"
    ),
    "model of another shape": lambda folder: (folder / "model.json").write_text("{}"),
    "terms that are no UTF-8": lambda folder: (folder / "terms.txt").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_bad_promotion_leaves_the_old_version_ready(store: Store, name: str) -> None:
    """Whatever is wrong with it, its hashes right or not; the metrics tell that it was refused."""
    first = store.resolve()
    client = application(store).test_client()
    assert classify(client)["version"] == first
    shutil.copytree(store.folder / first, store.folder / "bad")
    DAMAGES[name](store.folder / "bad")
    bad = rehash(store.folder / "bad").name
    document = store.pointer.read_text("utf-8")
    write_whole(store.pointer, document.replace(first, bad).encode())
    assert classify(client)["version"] == first
    assert client.get("/readyz").status_code == 200
    assert b"petition_triage_promoted_version_refused 1.0" in client.get("/metrics").data
    store.promote(first, "back")
    assert classify(client)["version"] == first
    assert b"petition_triage_promoted_version_refused 0.0" in client.get("/metrics").data


@pytest.mark.parametrize("name", DAMAGES)
def test_service_that_starts_with_a_bad_version_is_alive_and_not_ready(
    store: Store, name: str
) -> None:
    """503 with a code that says what to mend, as long as it is not mended."""
    first = store.resolve()
    DAMAGES[name](store.folder / first)
    bad = rehash(store.folder / first).name
    document = store.pointer.read_text("utf-8")
    write_whole(store.pointer, document.replace(first, bad).encode())
    client = application(store).test_client()
    for _ in range(2):
        response = client.get("/readyz")
        assert response.status_code == 503
        assert json.loads(response.data)["code"] in {"version-damaged", "golden-mismatch"}
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/classify", json={"text": TEXT}).status_code == 503


def test_version_that_answers_otherwise_than_before_is_not_ready(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alive all the same."""
    client = application(store).test_client()
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr("models.golden.CONFIDENCE_TOLERANCE", -1.0)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert json.loads(response.data)["code"] == "golden-mismatch"
    assert response.headers["Retry-After"]
    assert client.get("/healthz").status_code == 200
