"""The version store: all trained versions, and the pointer to the one that answers."""

import datetime as dt
import getpass
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from models import versions
from models.classifier import Classifier
from models.errors import VersionDamaged, VersionMissing
from models.files import write_whole

POINTER = "CURRENT.json"


@dataclass(frozen=True)
class Promotion:
    """One switch of the pointer: when (UTC), by whom, from which version to which, and why."""

    at: str
    by: str
    before: str | None
    after: str
    why: str


class Store:
    """A folder of versions. Promoting one is the replacement of a single small file."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist yet."""
        self.folder = folder

    @cached_property
    def pointer(self) -> Path:
        """The file that names the promoted version."""
        return self.folder / POINTER

    def ids(self) -> list[str]:
        """All versions, oldest first."""
        found = self.folder.glob("*/manifest.json") if self.folder.is_dir() else []
        return sorted(path.parent.name for path in found if not path.parent.name.startswith("."))

    def current(self) -> str | None:
        """The promoted version, or None before the first promotion."""
        history = self.history()
        return history[-1].after if history else None

    def history(self) -> list[Promotion]:
        """All promotions, oldest first. Raises VersionDamaged for a pointer that makes no sense."""
        try:
            content = self.pointer.read_bytes()
        except FileNotFoundError:
            return []
        try:
            return [Promotion(**entry) for entry in json.loads(content.decode())["history"]]
        except (ValueError, KeyError, TypeError) as error:
            raise VersionDamaged(
                f"{POINTER} cannot be read",
                remedy="promote a version again: `petition-triage models promote VERSION`",
            ) from error

    def resolve(self, version: str | None = None) -> str:
        """The id of ``version``, which may be shortened to its unique end, or of the promoted one.

        Raises VersionMissing.
        """
        if version is None:
            current = self.current()
            if current is None:
                raise VersionMissing(
                    f"no version is promoted in {self.folder}",
                    remedy="run `petition-triage train` or `petition-triage models promote`",
                )
            return current
        matches = [found for found in self.ids() if found == version or found.endswith(version)]
        if len(matches) != 1:
            raise VersionMissing(
                f"{len(matches)} versions match {version!r} in {self.folder}",
                expected="one id, or its end",
                remedy="see `petition-triage models list`",
            )
        return matches[0]

    def load(self, version: str | None = None) -> Classifier:
        """The classifier of a verified version; see ``models.versions.load`` for the errors."""
        return versions.load(self.folder / self.resolve(version))

    def promote(self, version: str, why: str, by: str | None = None) -> Promotion:
        """Verify the version, then let it answer; without ``by`` it is this user's deed."""
        name = self.load(version).version
        try:
            history = self.history()
        except VersionDamaged:
            history = []
        before = history[-1].after if history else None
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        promotion = Promotion(now, by or _user(), before, name, why)
        document = {"version": name, "history": [asdict(entry) for entry in [*history, promotion]]}
        text = json.dumps(document, ensure_ascii=False, indent=1)
        write_whole(self.pointer, text.encode())
        return promotion

    def rollback(self, by: str | None = None) -> Promotion:
        """Promote the version that answered before the present one. Raises VersionMissing."""
        return self.promote(self.earlier(), f"rollback from {self.resolve()}", by)

    def earlier(self) -> str:
        """The version that answered before the present one. Raises VersionMissing."""
        current = self.resolve()
        switches = [entry for entry in self.history() if entry.before != entry.after]
        earlier = [entry.before for entry in switches if entry.after == current]
        if not earlier or earlier[-1] is None:
            raise VersionMissing(
                f"no version answered before {current}",
                remedy="see `petition-triage models list`, then promote one",
            )
        return earlier[-1]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
