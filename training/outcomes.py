"""What a version's validation said of each row, kept with the version to compare it by.

A row is known by a hash of its text; no text is kept.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import versions
from models.errors import VersionDamaged
from training.dataset import Dataset
from training.metrics import Outcome, Strings

FILE = "held-out.npz"
_HASH_BYTES = 16


@dataclass(frozen=True)
class Kept:
    """An outcome on unseen authors, with the hash, the author and the place of each row."""

    outcome: Outcome
    hashes: Strings
    authors: Strings
    places: Strings

    def of(self, rows: np.ndarray) -> "Kept":
        """The same for some rows, given by their numbers."""
        return Kept(self.outcome.of(rows), self.hashes[rows], self.authors[rows], self.places[rows])


def keep(dataset: Dataset, outcome: Outcome) -> Kept:
    """The outcome of all rows of a dataset; of a text that stands twice, the first row alone."""
    texts = [row.folded.encode() for row in dataset.rows]
    hashes = np.array([hashlib.blake2b(t, digest_size=_HASH_BYTES).hexdigest() for t in texts])
    places = np.array([row.source for row in dataset.rows])
    kept = Kept(outcome, hashes, dataset.authors(), places)
    return kept.of(np.sort(np.unique(hashes, return_index=True)[1]))


def to_bytes(kept: Kept) -> bytes:
    """The arrays as an ``.npz`` file without pickles."""
    buffer = io.BytesIO()
    outcome = kept.outcome
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        hashes=kept.hashes,
        authors=kept.authors,
        places=kept.places,
        truth=outcome.truth,
        labels=np.array(outcome.labels),
        confidences=outcome.confidences.astype(np.float32),
        auto=outcome.auto,
    )
    return buffer.getvalue()


def load(folder: Path) -> Kept:
    """What the version in ``folder`` keeps. Raises VersionDamaged where it keeps nothing."""
    versions.verify_files(folder)
    path = folder / FILE
    if not path.is_file():
        raise VersionDamaged(
            f"version {folder.name} keeps no held-out confidences",
            remedy="train it again from its rows",
        )
    with np.load(path, allow_pickle=False) as arrays:
        outcome = Outcome(
            arrays["truth"], tuple(arrays["labels"].tolist()), arrays["confidences"], arrays["auto"]
        )
        return Kept(outcome, arrays["hashes"], arrays["authors"], arrays["places"])
