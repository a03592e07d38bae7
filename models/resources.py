"""The files that ship with the program, and where this machine keeps its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def shipped(*parts: str) -> Iterator[Path]:
    """A file or folder of ``data/`` as a path, for as long as the context lasts."""
    with as_file(files("data").joinpath(*parts)) as path:
        yield path


def default_versions() -> Path:
    """Where versions are kept unless a setting says otherwise.

    ``models/versions/`` in a checkout, else the user's data folder.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT / "models" / "versions"
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "petition-triage" / "versions"
