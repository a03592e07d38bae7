"""Files that are either whole or absent: written aside, flushed to disk, then renamed."""

import hashlib
import os
import time
from pathlib import Path

_RENAME_TRIES = 50
_RENAME_PAUSE_S = 0.02


def write_whole(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` at one moment; a reader sees the old bytes or the new."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    replace(aside, path)


def replace(source: Path, target: Path, *, durable: bool = True) -> None:
    """``os.replace``, tried again for a second where Windows refuses while a reader is at work.

    ``durable`` makes it survive a power cut.
    """
    for attempt in range(_RENAME_TRIES):
        try:
            source.replace(target)
        except PermissionError:
            if attempt == _RENAME_TRIES - 1:
                raise
            time.sleep(_RENAME_PAUSE_S)
        else:
            break
    if durable:
        _flush_folder(target.parent)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut; Windows cannot open folders and does not need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
