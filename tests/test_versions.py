"""Saving, verifying and loading a version."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import versions
from models.classifier import Classifier
from models.errors import GoldenMismatch, OperatorError, VersionDamaged, VersionMissing
from models.files import sha256
from models.store import Store
from models.terms import is_public
from models.text import Petition
from training.dataset import Dataset
from training.train import Options, Trained, train

LONG_NUMBER = 6


@pytest.fixture
def folder(store: Store) -> Path:
    """The folder of the promoted version."""
    return store.folder / store.resolve()


def test_loaded_version_answers_as_the_trained_one(
    trained: Trained, classifier: Classifier, dataset: Dataset
) -> None:
    """To the last digit, evidence included."""
    for row in dataset.rows[:100]:
        saved = classifier.classify(row.petition, explain=True)
        fresh = trained.classifier.classify(row.petition, explain=True)
        assert saved.ranking == fresh.ranking
        assert saved.explanation == fresh.explanation
        assert saved.topic == fresh.topic


def test_loading_needs_no_scikit_learn(folder: Path) -> None:
    """And is fast for it."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom models import versions\n"
        f"versions.load(Path({str(folder)!r}))\n"
        "assert not {'sklearn', 'scipy', 'joblib', 'jieba'} & set(sys.modules)"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_same_data_and_seed_give_the_same_digits(
    trained: Trained, dataset: Dataset, tmp_path: Path
) -> None:
    """The id ends in a hash of arrays, terms, taxonomy and thresholds."""
    again = train(dataset, trained.classifier.analyzer.segmenter.terms, Options(), lambda *_: None)
    first, second = trained.save(tmp_path / "a"), again.save(tmp_path / "b")
    assert first[-8:] == second[-8:]


def test_vocabulary_tells_nothing_of_any_person(classifier: Classifier, dataset: Dataset) -> None:
    """No term of fewer than three rows that no dictionary has, and no long number."""
    seen: dict[str, int] = dict.fromkeys(classifier.vocabulary.terms, 0)
    for row in dataset.rows:
        for term in set(classifier.analyzer(row.folded)):
            if term in seen:
                seen[term] += 1
    assert min(count for term, count in seen.items() if not is_public(term)) >= 3
    assert not any(map(is_public, ("张伟", " 138abc")))
    digits = [sum(map(str.isdecimal, term)) for term in seen]
    assert max(digits) < LONG_NUMBER


def test_golden_examples_are_no_petitions(folder: Path, dataset: Dataset) -> None:
    """They are terms strung together, one per area and topic."""
    golden = versions.read_json(folder / "golden.json")
    assert {example["area"] for example in golden} >= {"safety", "other"}
    for example in golden:
        assert not any(example["text"] in row.folded for row in dataset.rows)


def test_manifest_tells_where_the_version_came_from(folder: Path, dataset: Dataset) -> None:
    """Data hashes, seed, libraries and metrics."""
    manifest = versions.read_manifest(folder)
    assert manifest["data"] == dataset.sources
    assert manifest["seed"] == 0
    assert manifest["libraries"]["numpy"] == np.__version__
    assert 0 < manifest["metrics"]["macro_f1"] <= 1


@pytest.mark.parametrize(
    "name", ["arrays.npz", "terms.txt", "lexicon.txt", "model.json", "golden.json", "report.json"]
)
def test_missing_file_is_refused(folder: Path, name: str) -> None:
    """And named."""
    (folder / name).unlink()
    with pytest.raises(VersionDamaged, match=name):
        versions.load(folder)


def test_every_flipped_byte_is_refused(folder: Path) -> None:
    """At random places of random files."""
    rng = random.Random(1)  # noqa: S311 - a fixed sample, not a secret
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    for _ in range(60):
        path = rng.choice(files)
        content = bytearray(path.read_bytes())
        at = rng.randrange(len(content))
        content[at] ^= 1 << rng.randrange(8)
        whole = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(VersionDamaged, match=path.name):
            versions.load(folder)
        path.write_bytes(whole)
    versions.load(folder)


def test_files_of_another_version_under_this_id_are_refused(folder: Path) -> None:
    """Even with a manifest that fits them: the id is made of their hashes."""
    (folder / "terms.txt").write_bytes((folder / "terms.txt").read_bytes()[::-1])
    manifest = versions.read_json(folder / "manifest.json")
    manifest["files"]["terms.txt"] = sha256(folder / "terms.txt")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(VersionDamaged, match="id"):
        versions.load(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99, "files": {}}', "\x00"])
def test_odd_manifest_is_refused(folder: Path, content: str) -> None:
    """Whatever it holds."""
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(VersionDamaged):
        versions.load(folder)


def reseal(folder: Path) -> Path:
    """The folder under the id and manifest that its changed files would have been saved with."""
    manifest = versions.read_json(folder / "manifest.json")
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder.rename(folder.with_name(f"20260101-000000-{versions.digest(folder)}"))


def test_other_golden_answers_are_refused(folder: Path) -> None:
    """A machine on which the version answers differently must not use it."""
    golden = versions.read_json(folder / "golden.json")
    golden[0]["confidence"] += 1e-4
    (folder / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    with pytest.raises(GoldenMismatch, match="example 1"):
        versions.load(reseal(folder))


@pytest.mark.parametrize("damage", ["nan", "shape", "object"])
def test_senseless_arrays_are_refused(folder: Path, damage: str) -> None:
    """Not finite, of another shape, or a pickle: none reaches a prediction."""
    with np.load(folder / "arrays.npz") as stored:
        arrays = dict(stored)
    if damage == "nan":
        arrays["areas-weights"][0, 0] = np.nan
    elif damage == "shape":
        arrays["areas-bias"] = arrays["areas-bias"][:-1]
    else:
        arrays["idf"] = np.array([{"a": 1}], dtype=object)
    np.savez(folder / "arrays.npz", **arrays)
    with pytest.raises(VersionDamaged, match="do not fit"):
        versions.load(reseal(folder))


def test_version_saved_nowhere_is_missing(tmp_path: Path) -> None:
    """The error says what to do."""
    with pytest.raises(VersionMissing, match="models list"):
        versions.load(tmp_path / "20260101-000000-00000000")


def test_interrupted_saving_leaves_no_version(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version appears whole or not at all."""

    def fail(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(versions, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        trained.save(tmp_path)
    assert Store(tmp_path).ids() == []


def test_store_lists_resolves_promotes_and_rolls_back(store: Store) -> None:
    """By id, or by its unique end."""
    first = store.resolve()
    second = first.replace("2026", "2027")
    shutil.copytree(store.folder / first, store.folder / second)
    assert store.ids() == [first, second]
    assert store.promote(second, "newer").before == first
    assert store.current() == second
    assert store.rollback().after == first
    assert store.current() == first
    assert [entry.why for entry in store.history()][1:] == ["newer", f"rollback from {second}"]
    with pytest.raises(VersionMissing, match="2 versions match"):
        store.resolve(first[-8:])


def test_damaged_version_is_not_promoted(store: Store) -> None:
    """The pointer stays where it was."""
    first = store.resolve()
    second = first.replace("2026", "2027")
    shutil.copytree(store.folder / first, store.folder / second)
    (store.folder / second / "terms.txt").write_text("x", encoding="utf-8")
    with pytest.raises(VersionDamaged):
        store.promote(second, "newer")
    assert store.current() == first


def test_empty_store_says_what_to_do(tmp_path: Path) -> None:
    """Before the first training."""
    with pytest.raises(VersionMissing, match="petition-triage train"):
        Store(tmp_path / "none").load()
    with pytest.raises(VersionMissing):
        Store(tmp_path).rollback()


def test_damaged_pointer_is_named_and_mended_by_promoting(store: Store) -> None:
    """The versions themselves are not lost."""
    version = store.resolve()
    store.pointer.write_text("{", encoding="utf-8")
    with pytest.raises(OperatorError, match="CURRENT"):
        store.load()
    store.promote(version, "mended")
    assert store.load().classify(Petition("派出所不立案")).version == version


def test_rollback_passes_over_a_promotion_that_changed_nothing(store: Store) -> None:
    """Promoting a bad version twice does not make it its own predecessor."""
    first = store.resolve()
    second = first.replace("2026", "2027")
    shutil.copytree(store.folder / first, store.folder / second)
    store.promote(second, "newer")
    store.promote(second, "again")
    assert store.rollback().after == first
