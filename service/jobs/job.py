"""What is known of an uploaded file: a folder for each, with a document that is always whole."""

import json
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from models.errors import FileUnreadable, JobConflict, JobUnknown
from models.files import sha256, write_whole
from models.tables import KINDS, is_table

_ID = re.compile("[0-9a-f]{16}")
_DOCUMENT = "job.json"
_MAX_NAME_CHARS = 120


class Kind(StrEnum):
    """What a file was uploaded for."""

    CLASSIFY = "classify"
    IMPORT = "import"
    """It is a result that people corrected."""


class State(StrEnum):
    """How far it is."""

    READING = "reading"
    """What is in it is being found out."""
    READY = "ready"
    """Somebody has to look and say go."""
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_moving(self) -> bool:
        """Whether it changes without anybody doing anything."""
        return self in (State.READING, State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Choices:
    """How to read the file; what is empty is found out."""

    encoding: str = ""
    text: str = ""
    title: str = ""
    id: str = ""
    no_id: bool = False
    """No column is used as the petition's id."""
    tables: tuple[str, ...] = ()
    """Names of the tables to read; all where it is empty."""
    record: bool = True
    """Keep the petitions for review."""

    def named(self) -> tuple[str, ...]:
        """The columns that were chosen."""
        return tuple(name for name in (self.text, self.title, self.id) if name)


@dataclass(frozen=True)
class Job:
    """An uploaded file and what is done with it."""

    id: str
    kind: Kind
    owner: str
    file: str
    """The name that it was uploaded under: shown, never used as a path."""
    stored: str
    """The name of the upload inside the folder."""
    size_bytes: int
    sha256: str
    at: datetime
    state: State = State.READING
    choices: Choices = field(default_factory=Choices)
    version: str = ""
    """The version that classifies it, chosen when it starts."""
    by: str = ""
    """Who said go."""
    ended: datetime | None = None
    error: dict[str, str] = field(default_factory=dict)


class Jobs:
    """All uploaded files, in a folder."""

    def __init__(self, folder: Path) -> None:
        """The folder need not be there yet."""
        self.folder = folder
        self._writing = threading.Lock()

    def add(self, kind: Kind, owner: str, name: str, save: Callable[[Path], object]) -> Job:
        """Take a file in: ``save`` writes it. Raises FileUnreadable for an unknown kind."""
        shown = _shown(name)
        stored = f"upload{_suffix(shown)}"
        identifier = secrets.token_hex(8)
        folder = self.folder / identifier
        folder.mkdir(parents=True, mode=0o700)
        try:
            path = folder / stored
            save(path)
            size, digest = path.stat().st_size, sha256(path)
            job = Job(identifier, kind, owner, shown, stored, size, digest, _now())
            self._write(job)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return job

    def get(self, identifier: str) -> Job:
        """What is known of a file. Raises JobUnknown."""
        try:
            content = (self.path(identifier) / _DOCUMENT).read_bytes()
            return _from_document(json.loads(content))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _unknown() from error

    def listing(self, owner: str | None = None) -> list[Job]:
        """All files of a person, or of everybody, newest first."""
        found = []
        for path in self.folder.glob(f"*/{_DOCUMENT}"):
            try:
                found.append(self.get(path.parent.name))
            except JobUnknown:
                continue  # deleted a moment ago, or damaged
        mine = [job for job in found if owner in (None, job.owner)]
        return sorted(mine, key=lambda job: job.at, reverse=True)

    def change(self, identifier: str, expected: Collection[State], **values: Any) -> Job:  # noqa: ANN401 - a job's fields
        """Change a file's document. Raises JobUnknown, and JobConflict in any other state."""
        with self._writing:
            job = self.get(identifier)
            if job.state not in expected:
                raise JobConflict(
                    f"the file is {job.state}", expected=" or ".join(sorted(expected))
                )
            job = replace(job, **values)
            self._write(job)
            return job

    def end(self, identifier: str, state: State, error: dict[str, str] | None = None) -> None:
        """Say how a file ended, unless somebody has said otherwise meanwhile."""
        moving = [each for each in State if each.is_moving]
        with suppress(JobUnknown, JobConflict):
            self.change(identifier, moving, state=state, ended=_now(), error=error or {})

    def delete(self, identifier: str) -> None:
        """Remove a file with everything that was made of it."""
        folder = self.path(identifier)
        with self._writing:
            (folder / _DOCUMENT).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def purge(self, days: int) -> None:
        """Remove what was uploaded, or has ended, longer ago than so many days."""
        before = _now() - timedelta(days=days)
        for job in self.listing():
            if not job.state.is_moving and (job.ended or job.at) < before:
                self.delete(job.id)

    def path(self, identifier: str) -> Path:
        """The folder of a file. Raises JobUnknown."""
        if not _ID.fullmatch(identifier):
            raise _unknown()
        return self.folder / identifier

    def _write(self, job: Job) -> None:
        document = json.dumps(asdict(job), ensure_ascii=False, default=datetime.isoformat)
        write_whole(self.folder / job.id / _DOCUMENT, document.encode())


def read_document(path: Path) -> dict[str, Any] | None:
    """A JSON object in a file, or None where there is none yet."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _from_document(found: dict[str, Any]) -> Job:
    choices = found.pop("choices")
    choices["tables"] = tuple(choices["tables"])
    return Job(
        **{
            **found,
            "kind": Kind(found["kind"]),
            "state": State(found["state"]),
            "at": datetime.fromisoformat(found["at"]),
            "ended": datetime.fromisoformat(found["ended"]) if found["ended"] else None,
            "choices": Choices(**choices),
        }
    )


def _shown(name: str) -> str:
    """The last part of a name, printable and not too long; its end says what it is."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(sign for sign in last if sign.isprintable()).strip()
    return clean[-_MAX_NAME_CHARS:]


def _suffix(name: str) -> str:
    """What the name ends in, if it is of a kind that is read. Raises FileUnreadable."""
    lower = name.lower()
    if not is_table(lower):
        raise FileUnreadable(f"{name}: files of this kind are not read", expected=", ".join(KINDS))
    kinds = (".zip", *(f"{kind}.gz" for kind in KINDS), *KINDS)
    return next(kind for kind in kinds if lower.endswith(kind))


def _now() -> datetime:
    return datetime.now(UTC)


def _unknown() -> JobUnknown:
    return JobUnknown("there is no such file", remedy="look at the list of files")
