"""One small version, trained once from a slice of the shipped corpus, for every test."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest
from browser import browser
from databases import (  # noqa: F401 - fixtures for every test
    database_url,
    db,
    postgresql_server,
    sqlite_db,
)
from flask import Flask
from flask.testing import FlaskClient

from models.classifier import Classifier
from models.resources import shipped
from models.store import Store
from models.taxonomy import Taxonomy
from service.app import create_app
from service.reviews.database import Database
from service.settings import PREFIX, Settings
from training.corpus import read_corpus
from training.dataset import Dataset
from training.train import Options, Trained, train

ROWS_PER_LABEL = 8


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests do not reach them."""
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    """The shipped areas."""
    with shipped("taxonomy.toml") as path:
        return Taxonomy.load(path)


@pytest.fixture(scope="session")
def labelled_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few shipped rows of every topic and of ``other``, by several authors, in one file."""
    path = tmp_path_factory.mktemp("data") / "labelled.csv"
    taken: Counter[tuple[str, str]] = Counter()
    with shipped("petitions") as folder, path.open("w", encoding="utf-8", newline="") as out:
        columns = ["text", "title", "area", "topic", "author"]
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        for file in sorted(folder.glob("*.csv")):
            mine: Counter[tuple[str, str]] = Counter()
            lines = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
            for row in csv.DictReader(lines):
                label = row["area"], row["topic"]
                most = 2 if row["topic"] else 8
                if mine[label] < most and taken[label] < ROWS_PER_LABEL * most:
                    mine[label] += 1
                    taken[label] += 1
                    writer.writerow(row)
    return path


@pytest.fixture(scope="session")
def dataset(labelled_csv: Path) -> Dataset:
    """The rows of ``labelled_csv``."""
    return read_corpus([labelled_csv], only=True)[0]


@pytest.fixture(scope="session")
def trained(dataset: Dataset) -> Trained:
    """A version trained on ``dataset``, not saved."""
    return train(dataset, {"保护伞": 100}, Options(), lambda *_: None)


@pytest.fixture(scope="session")
def shared_store(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with one promoted version, for tests that do not change it."""
    return _store_with(trained, tmp_path_factory.mktemp("store"))


@pytest.fixture
def store(trained: Trained, tmp_path: Path) -> Store:
    """A store with one promoted version, for tests that change it."""
    return _store_with(trained, tmp_path / "versions")


@pytest.fixture(scope="session")
def classifier(shared_store: Store) -> Classifier:
    """The promoted classifier."""
    return shared_store.load()


@pytest.fixture
def app(shared_store: Store, tmp_path: Path) -> Flask:
    """The web application on the shared store, with records of its own."""
    return create_app(
        Settings(
            models=str(shared_store.folder),
            data=str(tmp_path / "office"),
            max_body_bytes=1_000_000,
        )
    )


@pytest.fixture
def office(app: Flask) -> Database:
    """The database of the web application."""
    found: Database = app.extensions["reviews"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the web application."""
    return browser(app)


def _store_with(trained: Trained, folder: Path) -> Store:
    store = Store(folder)
    store.promote(trained.save(folder), "for tests")
    return store
