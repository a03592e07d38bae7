"""What an unfinished run leaves beside its result, so that the same command goes on."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from models.errors import ColumnMissing, EncodingUnknown, FileUnreadable, OutputRefused
from models.files import sha256, write_whole
from service.archive.plan import SUMMARY_NAME, Job, Plan
from service.archive.shards import Columns
from service.archive.summary import Summary

FORMAT = 1
_MANIFEST = "manifest.json"
_DONE = "done.json"
_ENCODING = "encoding"
_LOCK = "lock"


class Work:
    """The folder of parts of one run."""

    def __init__(self, folder: Path) -> None:
        """``folder`` belongs to this run alone."""
        self.folder = folder

    def part(self, job: int, shard: int) -> Path:
        """Where the part of a shard stands."""
        return self.folder / f"{job:05}" / f"{shard:07}.part"

    def start(self, job: int) -> None:
        """Make room for the parts of a table."""
        (self.folder / f"{job:05}").mkdir(exist_ok=True)

    def encoding(self, number: int) -> str | None:
        """The encoding that an earlier try found a table in; its content is still the same."""
        try:
            return (self.folder / f"{number:05}" / _ENCODING).read_text("ascii") or None
        except OSError:
            return None

    def keep_encoding(self, number: int, encoding: str) -> None:
        """Spare later tries the search."""
        write_whole(self.folder / f"{number:05}" / _ENCODING, encoding.encode())

    @property
    def whole(self) -> Path:
        """Where a result is put together before it takes its place."""
        return self.folder / "whole"

    def done(self, number: int, job: Job) -> Summary | None:
        """What a table came to that was finished before, and whose result still stands."""
        try:
            found = Summary(**json.loads((self.folder / f"{number:05}" / _DONE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return found if job.out.exists() else None

    def finish(self, job: int, summary: Summary) -> None:
        """Remember that a table's result stands, and drop its parts."""
        folder = self.folder / f"{job:05}"
        document = {**summary.counts(), "notes": summary.notes}
        write_whole(folder / _DONE, json.dumps(document, ensure_ascii=False).encode())
        for part in folder.glob("*.part"):
            part.unlink()


@contextmanager
def open_work(plan: Plan, manifest: Mapping[str, Any], *, restart: bool) -> Iterator[Work]:
    """The work folder of this run, new or as an earlier try left it; it is gone after a good end.

    Raises OutputRefused where a finished result stands already, where the unfinished one was begun
    with other inputs, another version or other options, or while another process works on it.
    """
    folder = work_folder(plan)
    if restart:
        discard(plan)
    found = _read_manifest(folder)
    if found is None:
        if not restart:
            _check_free(plan)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_whole(folder / _MANIFEST, json.dumps(manifest, ensure_ascii=False).encode())
    else:
        _check_same(plan.out, found, manifest)
    try:
        with locked(folder):
            yield Work(folder)
    except (FileUnreadable, EncodingUnknown, ColumnMissing):
        shutil.rmtree(folder, ignore_errors=True)  # of an input that cannot be read nothing is kept
        raise
    shutil.rmtree(folder, ignore_errors=True)


def discard(plan: Plan) -> None:
    """Forget what an unfinished run of this plan has done. Raises OutputRefused while it works."""
    folder = work_folder(plan)
    if folder.is_dir():
        with locked(folder):
            pass
        shutil.rmtree(folder, ignore_errors=True)


def work_folder(plan: Plan) -> Path:
    """Inside a folder of results, beside a single one: on the same disk, whatever is mounted."""
    out = plan.out.resolve()
    return out / ".work" if plan.is_folder else out.with_name(f".{out.name[:80]}.work")


def manifest_of(plan: Plan, version: str, columns: Columns, encoding: str | None) -> dict[str, Any]:
    """What must be the same for a run to be gone on with."""
    hashes = {path: _hash(path) for path in {job.place.path for job in plan.jobs}}
    return {
        "format": FORMAT,
        "version": version,
        "options": {"columns": list(vars(columns).values()), "encoding": encoding},
        "results": [
            [job.name, job.place.name, job.format.kind, job.format.packing] for job in plan.jobs
        ],
        "inputs": [[job.place.name, hashes[job.place.path]] for job in plan.jobs],
    }


def _hash(path: Path) -> str:
    """Empty where a file cannot be read: its own turn tells why."""
    try:
        return sha256(path)
    except OSError:
        return ""


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _check_same(out: Path, found: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    differs = _difference(found, json.loads(json.dumps(manifest)))
    if differs:
        raise OutputRefused(
            f"{out.name} was begun and not finished, and since then {differs}",
            remedy="bring back what it was begun with, or start over with --restart",
        )


def _difference(found: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    if found.get("format") != manifest["format"]:
        return "the program has changed"
    if found.get("version") != manifest["version"]:
        return f"the version has changed from {found.get('version')} to {manifest['version']}"
    if found.get("options") != manifest["options"]:
        return "the columns or the encoding asked for have changed"
    if found.get("results") != manifest["results"]:
        return "there are other inputs, or another format is asked for"
    before = {tuple(entry) for entry in found.get("inputs", [])}
    changed = [name for name, digest in manifest["inputs"] if (name, digest) not in before]
    return f"the content of {', '.join(changed[:5])} has changed" if changed else ""


def _check_free(plan: Plan) -> None:
    outs = [job.out for job in plan.jobs]
    if plan.is_folder:
        outs.append(plan.out / SUMMARY_NAME)
    for out in outs:
        if out.exists():
            raise OutputRefused(f"{out} is there already", remedy="add --restart to replace it")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out; the system lets go of the lock when this one dies."""
    with (folder / _LOCK).open("ab") as file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:
            raise OutputRefused(
                "another process is working on this result", remedy="wait for it, or stop it"
            ) from error
        except OSError:
            pass  # some shared folders know no locks
        try:
            yield
        finally:
            with suppress(OSError):
                _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
