"""The version that answers: loaded once, and exchanged when another one is promoted."""

import logging
import math
import os
import threading
import time
from typing import Any

from models import golden, versions
from models.classifier import Classifier
from models.errors import TriageError, VersionDamaged, VersionMissing
from models.kernel import kernel
from models.store import Store

log = logging.getLogger(__name__)

RETRY_S = 5.0
"""After so long a version that failed to load is tried again: its files may be mended by then."""

_Stamp = tuple[int, int, int] | None


class Running:
    """Hands out the promoted classifier; a promotion that fails to load leaves the old one.

    Who classifies takes a ``turn``: threads that hand Python's own lock to and fro at every array
    operation answer a third fewer requests than threads that wait for one another.

    One look at the pointer file per request tells whether anything changed. Whichever thread
    notices loads the new version; the others go on with the old one meanwhile.
    """

    def __init__(self, store: Store) -> None:
        """Nothing is loaded before the first request asks."""
        self.store = store
        self.turn = threading.Lock()
        self._loading = threading.Lock()
        self._stamp: _Stamp = None
        self._retry_at = math.inf
        self._classifier: Classifier | None = None
        self._golden: list[golden.Example] = []
        self._manifest: dict[str, Any] = {}
        self._error: TriageError = VersionMissing(
            "no verified version is loaded",
            expected=f"a promoted version in {store.folder}",
            remedy="run `petition-triage train`",
        )

    def classifier(self) -> Classifier:
        """The classifier to answer with. Raises OperatorError where none could ever be loaded."""
        if self._is_due(self._read_stamp()):
            self._exchange()
        if self._classifier is None:
            raise self._error
        return self._classifier

    def check(self) -> str:
        """Verify that the running version answers its golden examples; its id."""
        classifier = self.classifier()
        golden.check(classifier, self._golden)
        return classifier.version

    def refused(self) -> bool:
        """Whether the promoted version could not be loaded: an older one answers, or none."""
        return self._retry_at != math.inf

    def manifest(self) -> dict[str, Any]:
        """The manifest of the running version."""
        self.classifier()
        return self._manifest

    def _exchange(self) -> None:
        wait = self._classifier is None
        if not self._loading.acquire(blocking=wait):
            return
        try:
            stamp = self._read_stamp()
            if self._is_due(stamp):
                self._load()
                self._stamp = stamp
        finally:
            self._loading.release()

    def _is_due(self, stamp: _Stamp) -> bool:
        """Whether another version was promoted, or one that failed is to be tried again."""
        return stamp != self._stamp or time.monotonic() >= self._retry_at

    def _load(self) -> None:
        self._retry_at = math.inf
        try:
            loaded = self.store.load()
            folder = self.store.folder / loaded.version
            examples, manifest = (
                versions.read_json(folder / "golden.json"),
                versions.read_manifest(folder),
            )
        except Exception as error:  # noqa: BLE001 - whatever a version does, the old one answers
            self._refuse(error)
            return
        self._classifier, self._golden, self._manifest = loaded, examples, manifest
        log.info(
            "version loaded", extra={"version": loaded.version, "compiled": kernel is not None}
        )

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, TriageError):
            self._error = error
        elif not isinstance(error, OSError):
            self._error = VersionDamaged(
                f"the promoted version cannot be loaded ({type(error).__name__})",
                remedy="promote another one: `petition-triage models promote VERSION`",
            )
        log.error("promoted version refused", extra={"detail": str(self._error)})
        self._retry_at = time.monotonic() + RETRY_S

    def _read_stamp(self) -> _Stamp:
        try:
            found = os.stat(self.store.pointer)  # noqa: PTH116 - once per request, and half the cost
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
