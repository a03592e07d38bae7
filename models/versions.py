"""One trained version as an immutable folder: arrays, words and JSON, each with its SHA-256.

    arrays.npz      weights, biases and inverse document frequencies, no pickles
    terms.txt       the vocabulary, a term a line
    lexicon.txt     the term dictionary of its segmenter
    model.json      taxonomy, labels, temperatures, thresholds
    golden.json     golden examples
    report.json     metrics; further reports may stand beside it
    manifest.json   hashes of all these, library versions, provenance

The folder's name is the version's id: the time it was saved, then the first digits of a SHA-256
over the first four files, so that the same model always ends in the same digits.
"""

import datetime as dt
import hashlib
import io
import json
import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from models import golden
from models.classifier import Classifier
from models.decision import Certificate, Policy
from models.errors import TriageError, VersionDamaged, VersionMissing
from models.files import replace, sha256, write_whole
from models.linear import Linear
from models.taxonomy import Taxonomy
from models.terms import Analyzer, Vocabulary
from models.words import Segmenter, read_terms, write_terms

FORMAT = 3
_MODEL_FILES = ("arrays.npz", "terms.txt", "lexicon.txt", "model.json")
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "jieba", "rjieba")


def save(
    root: Path, classifier: Classifier, provenance: Mapping[str, Any], reports: Mapping[str, bytes]
) -> str:
    """Write the version into a new folder of ``root`` and return its id.

    ``provenance`` (data hashes, seed, metrics) goes into the manifest as it is, ``reports`` are
    further files by name. The folder appears whole or not at all.
    """
    root.mkdir(parents=True, exist_ok=True)
    aside = root / f".saving-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    _write_model(aside, classifier)
    saved_at = dt.datetime.now(dt.UTC)
    digits = digest(aside)
    while (root / (name := f"{saved_at:%Y%m%d-%H%M%S}-{digits}")).exists():
        saved_at += dt.timedelta(seconds=1)
    _write_json(aside / "golden.json", golden.examples(classifier))
    for file_name, content in reports.items():
        write_whole(aside / file_name, content)
    _write_json(aside / "manifest.json", _manifest(aside, name, saved_at, provenance))
    replace(aside, root / name)
    return name


def load(folder: Path) -> Classifier:
    """The classifier of a version that verifies and answers its golden examples as when saved.

    Raises VersionMissing, VersionDamaged or GoldenMismatch.
    """
    verify_files(folder)
    try:
        classifier = _read_model(folder)
        examples = read_json(folder / "golden.json")
    except TriageError:
        raise
    except Exception as error:
        # Whatever a reader of damaged bytes raises, the operator's answer is the same.
        raise _damaged(folder, f"its files do not fit together ({error})") from error
    golden.check(classifier, examples)
    return classifier


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest; raises VersionMissing where there is none, VersionDamaged where it is odd."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise VersionMissing(
            f"no version {folder.name} in {folder.parent}",
            remedy="see `petition-triage models list`",
        )
    try:
        manifest = read_json(path)
        well_formed = manifest["format"] == FORMAT and isinstance(manifest["files"], dict)
        well_formed = well_formed and manifest["metrics"]["n"] > 0
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, "its manifest cannot be read") from error
    if not well_formed:
        raise VersionDamaged(
            f"version {folder.name}: its manifest is not one of format {FORMAT}",
            remedy="train a new one, and promote it with --force",
        )
    return dict(manifest)


def verify_files(folder: Path) -> None:
    """Raise VersionDamaged unless every file is the one that was saved, and none is missing."""
    files = read_manifest(folder)["files"]
    for name in {*_MODEL_FILES, "golden.json", *files}:
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise _damaged(folder, f"{name} is missing")
        if sha256(path) != files.get(name):
            raise _damaged(folder, f"{name} has changed")
    if not folder.name.endswith(f"-{digest(folder)}"):
        raise _damaged(folder, "its id does not belong to its files")


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON may be anything
    """The value of a JSON file in UTF-8."""
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(path, text.encode())


def _write_model(folder: Path, classifier: Classifier) -> None:
    models = {"areas": classifier.areas} | {
        f"topics-{area}": model for area, model in classifier.topics.items()
    }
    arrays: dict[str, np.ndarray] = {"idf": classifier.vocabulary.idf}
    for name, model in models.items():
        arrays |= {f"{name}-weights": model.weights, f"{name}-bias": model.bias}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_whole(folder / "arrays.npz", buffer.getvalue())
    write_whole(folder / "terms.txt", "\n".join(classifier.vocabulary.terms).encode())
    write_terms(classifier.analyzer.segmenter.terms, folder / "lexicon.txt")
    _write_json(folder / "model.json", _model_document(classifier))


def _model_document(classifier: Classifier) -> dict[str, Any]:
    policy = classifier.policy
    return {
        "taxonomy": classifier.taxonomy.document(),
        "sizes": list(classifier.analyzer.sizes),
        "areas": _linear_document(classifier.areas),
        "topics": {area: _linear_document(model) for area, model in classifier.topics.items()},
        "also": policy.also,
        "min_chars": policy.min_chars,
        "min_known": policy.min_known,
        "min_breadth": policy.min_breadth,
        "certificates": {area: asdict(found) for area, found in policy.certificates.items()},
    }


def _linear_document(model: Linear) -> dict[str, Any]:
    return {"labels": list(model.labels), "temperature": model.temperature}


def _read_model(folder: Path) -> Classifier:
    document = read_json(folder / "model.json")
    taxonomy = Taxonomy.from_document(document["taxonomy"], "model.json")
    terms = (folder / "terms.txt").read_text(encoding="utf-8").split("\n")
    with (folder / "arrays.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        vocabulary = Vocabulary(terms, _finite(arrays["idf"], (len(terms),)))
        areas = _read_linear(arrays, "areas", document["areas"], len(terms))
        topics = {
            area: _read_linear(arrays, f"topics-{area}", stored, len(terms))
            for area, stored in document["topics"].items()
        }
    certificates = {area: Certificate(**found) for area, found in document["certificates"].items()}
    return Classifier(
        version=folder.name,
        taxonomy=taxonomy,
        analyzer=Analyzer(Segmenter(read_terms(folder / "lexicon.txt")), document["sizes"]),
        vocabulary=vocabulary,
        areas=areas,
        topics=topics,
        policy=Policy(
            certificates,
            document["also"],
            taxonomy.other,
            document["min_chars"],
            document["min_known"],
            document["min_breadth"],
        ),
    )


def _read_linear(
    arrays: Mapping[str, np.ndarray], name: str, stored: Mapping[str, Any], n_terms: int
) -> Linear:
    labels = tuple(stored["labels"])
    weights = _finite(arrays[f"{name}-weights"], (n_terms, len(labels)), np.float32)
    bias = _finite(arrays[f"{name}-bias"], (len(labels),))
    return Linear(labels, weights, bias, stored["temperature"])


def _finite(array: np.ndarray, shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"an array is not of {shape} finite numbers")
    return np.ascontiguousarray(array, dtype=dtype)


def digest(folder: Path) -> str:
    """The digits that the id of a version with these files ends in."""
    hashes = "".join(sha256(folder / name) for name in _MODEL_FILES)
    return hashlib.sha256(hashes.encode()).hexdigest()[:8]


def _manifest(
    folder: Path, name: str, saved_at: dt.datetime, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": name,
        "saved_at": saved_at.isoformat(timespec="seconds"),
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        "libraries": {"python": platform.python_version()} | dict(_library_versions(_LIBRARIES)),
        **provenance,
    }


def _library_versions(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "absent"


def _damaged(folder: Path, found: str) -> VersionDamaged:
    return VersionDamaged(
        f"version {folder.name}: {found}",
        remedy="copy it again from where it was trained, or train a new one",
    )
