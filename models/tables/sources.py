"""Bytes of a file, plain or packed in gz or zip, within limits that a compression bomb breaks."""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from models.errors import FileUnreadable

MAX_RATIO = 100
"""Petitions and sheets shrink to a third or a twentieth, a bomb to a thousandth."""
FREE_BYTES = 32 << 20
"""Less than this is harmless however small it was packed."""
MAX_UNPACKED_BYTES = 1 << 40
MAX_MEMBERS = 10_000
_MAX_DIRECTORY_BYTES = 8 << 20

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_END, _WIDE_END = b"PK\x05\x06", b"PK\x06\x06"


@dataclass(frozen=True)
class Source:
    """Something that can be opened again and again: a file, or a member of a zip file."""

    name: str
    path: Path
    suffix: str
    """Of what is inside, in lower case: ``.csv`` for ``a.csv.gz``."""
    total_bytes: int
    opened: Callable[[], "Stream"]

    @contextmanager
    def open(self) -> Iterator["Stream"]:
        """The bytes; raises FileUnreadable for what is missing, damaged or a bomb."""
        try:
            stream = self.opened()
        except OSError as error:
            raise _missing(self.name, error) from error
        with stream:
            yield stream


class Stream(io.BufferedReader):
    """Buffered bytes that know how far they have got."""

    def __init__(self, raw: io.RawIOBase, position: Callable[[], int] | None = None) -> None:
        """``position`` counts in the units of ``Source.total_bytes``."""
        super().__init__(raw, 1 << 16)
        self.position: Callable[[], int] = position or raw.tell


class _Plain(io.FileIO):
    """A file as it is; a disk that fails is told as a fault of the file."""

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            raise _missing(str(self.name), error) from error


class _Unpacked(io.RawIOBase):
    """What comes out of a decompressor, counted against what went in."""

    def __init__(
        self, inner: IO[bytes], name: str, packed: Callable[[], int], below: IO[bytes] | None = None
    ) -> None:
        self._inner, self._name, self._packed, self._below = inner, name, packed, below
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            chunk = self._inner.read(len(buffer))
        except Exception as error:  # damaged bytes raise whatever they like
            raise FileUnreadable(
                f"{self._name}: damaged after {self.count} bytes ({type(error).__name__})",
                remedy="get the file again, or unpack what can be saved of it",
            ) from error
        buffer[: len(chunk)] = chunk
        self.count += len(chunk)
        check_ratio(self._name, self.count, self._packed())
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            if self._below:
                self._below.close()
        super().close()


def check_ratio(name: str, unpacked: int, packed: int) -> None:
    """Raise FileUnreadable where so much out of so little can only be meant to fill the machine."""
    if unpacked > FREE_BYTES and unpacked > MAX_RATIO * max(packed, 1):
        raise FileUnreadable(
            f"{name}: grows to over {MAX_RATIO} times its size, as a compression bomb does",
            expected=f"at most {MAX_RATIO} times",
            remedy="unpack it yourself if you trust it",
        )
    if unpacked > MAX_UNPACKED_BYTES:
        raise FileUnreadable(f"{name}: over {MAX_UNPACKED_BYTES} bytes when unpacked")


def inner_suffix(name: str) -> str:
    """The suffix of what is inside: a last ``.gz`` does not count."""
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix == ".gz" else path.suffix


def sources_in(path: Path) -> list[Source]:
    """What a file holds: itself, what is inside its gz, or every member of its zip.

    Raises FileUnreadable.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _missing(str(path), error) from error
    if path.is_dir():
        raise FileUnreadable(f"{path}: is a folder", expected="a file")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _members(path)
    opened = (lambda: _open_gz(path)) if suffix == ".gz" else (lambda: _open_plain(path))
    return [Source(path.name, path, inner_suffix(path.name), size, opened)]


@contextmanager
def checked_zip(name: str, file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """A zip file whose directory is small enough to be read. Raises FileUnreadable."""
    _check_directory(name, file)
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except FileUnreadable:
        raise
    except Exception as error:  # damaged bytes raise whatever they like
        raise FileUnreadable(
            f"{name}: not a whole zip file ({type(error).__name__})", remedy="get the file again"
        ) from error


def member_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker wrote it: Windows in China writes GBK and does not say so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def is_hidden(name: str) -> bool:
    """Whether a name is of the kind that systems and Excel leave lying about."""
    parts = set(PurePosixPath(name.replace("\\", "/")).parts) - {"..", "."}
    left = (".", "~$", "__MACOSX", "Thumbs.db", "desktop.ini")
    return any(part.startswith(left) for part in parts)


def _members(path: Path) -> list[Source]:
    with path.open("rb") as file, checked_zip(path.name, file) as packed:
        infos = packed.infolist()
    check_ratio(path.name, sum(info.file_size for info in infos), path.stat().st_size)
    shared = _Zip(path)
    found = []
    for info in infos:
        name = member_name(info)
        if not info.is_dir() and not is_hidden(name):
            found.append(_member(shared, info, f"{path.name}/{name}"))
    return found


class _Zip:
    """A zip file whose long directory is read once for all its members."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def opened(self) -> zipfile.ZipFile:
        """Closed when the last member's source is forgotten."""
        return zipfile.ZipFile(self.path)


def _member(shared: _Zip, info: zipfile.ZipInfo, name: str) -> Source:
    suffix = PurePosixPath(name).suffix.lower()
    opened = partial(_open_member, shared, info, name)
    return Source(name, shared.path, suffix, info.file_size, opened)


def _open_plain(path: Path) -> Stream:
    return Stream(_Plain(path))


def _open_gz(path: Path) -> Stream:
    below = path.open("rb")
    inner = cast("IO[bytes]", gzip.GzipFile(fileobj=below))
    return Stream(_Unpacked(inner, path.name, below.tell, below), below.tell)


def _open_member(shared: _Zip, info: zipfile.ZipInfo, name: str) -> Stream:
    if info.flag_bits & _ENCRYPTED:
        raise FileUnreadable(f"{name}: has a password", remedy="unpack it first")
    try:
        inner = shared.opened.open(info)
    except Exception as error:  # damaged bytes raise whatever they like
        raise FileUnreadable(f"{name}: damaged ({type(error).__name__})") from error
    raw = _Unpacked(inner, name, lambda: info.compress_size)
    return Stream(raw, lambda: raw.count)


def _check_directory(name: str, file: BinaryIO) -> None:
    """Look at the announced size of the directory before anything reads it."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 22 - (1 << 16) - 76)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise FileUnreadable(
            f"{name}: not a whole zip file (no directory at its end)", remedy="get the file again"
        )
    entries, directory_bytes = struct.unpack_from("<HL", tail, end + 10)
    wide = tail.rfind(_WIDE_END, 0, end)
    if wide >= 0 and len(tail) >= wide + 48:
        entries, directory_bytes = struct.unpack_from("<QQ", tail, wide + 32)
    if entries > MAX_MEMBERS or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise FileUnreadable(
            f"{name}: announces {entries} members",
            expected=f"at most {MAX_MEMBERS}",
            remedy="unpack it, and give the folder",
        )


def _missing(name: str, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{name}: {error.strerror or type(error).__name__}", remedy="check the path"
    )
