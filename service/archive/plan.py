"""Which tables a run reads, and which result each of them becomes."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from models.errors import FileError, FileUnreadable, OutputRefused
from models.tables import Place, find_tables, is_table, with_texts
from models.tables.delimited import DELIMITERS
from models.tables.sheets import SUFFIXES as SHEETS
from models.tables.sources import is_hidden
from service.archive.results import Format, format_of

SUMMARY_NAME = "summary.json"
_KINDS = {**dict.fromkeys(SHEETS, ".xlsx"), ".json": ".jsonl", ".txt": ".csv"}
_WILD = re.compile(r"[*?\[]")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
"""Characters that Windows takes in no name."""


@dataclass(frozen=True)
class Job:
    """One table and the result that it becomes."""

    place: Place
    out: Path
    format: Format
    name: str
    """The result's path inside the folder of results."""


@dataclass(frozen=True)
class Plan:
    """All tables of a run; ``out`` is a file for a single one, else a folder."""

    jobs: Sequence[Job]
    out: Path
    is_folder: bool
    unread: dict[str, FileError] = field(default_factory=dict)
    """Files that turned out unreadable before anything was classified."""
    left_out: Sequence[str] = ()
    """Files of other kinds inside the folders given, and links into nowhere."""


@dataclass(frozen=True)
class Input:
    """A file to read, and its path inside the folder that was given."""

    path: Path
    name: str
    is_named: bool
    """Whether it was given by name, rather than found in a folder."""


def make_plan(
    inputs: Sequence[Path],
    out: Path,
    suffix: str | None = None,
    *,
    encoding: str | None = None,
    named: Sequence[str] = (),
) -> Plan:
    """The plan for files, folders and wildcards.

    ``suffix`` (``csv``, ``xlsx``, ``jsonl``) chooses the format of results, else OUT or each input
    does. One table and an OUT with a suffix give a file, everything else a folder. ``named`` are
    the columns that were chosen. Raises FileUnreadable for a single input that cannot be read,
    OutputRefused where a result would replace an input or another result.
    """
    found, left_out = find_inputs(inputs, out)
    if not found:
        raise FileUnreadable(f"{_told(inputs)}: no table in it", remedy="check the path")
    places: list[tuple[Input, Place]] = []
    unread: dict[str, FileError] = {}
    for each in found:
        try:
            tables = with_texts(find_tables(each.path), encoding, named)
            places += [(each, place) for place in tables]
        except FileError as error:
            if len(found) == 1:
                raise
            unread[each.name] = error
    if len(places) == 1 and not unread and out.suffix:
        jobs, is_folder = [_single(places[0][1], out, suffix)], False
    else:
        jobs, is_folder = list(_mirrored(places, out, suffix)), True
    _check(jobs, [each.path for each in found])
    return Plan(jobs, out, is_folder, unread, left_out)


def find_inputs(inputs: Sequence[Path], out: Path | None = None) -> tuple[list[Input], list[str]]:
    """Each file once, and the names of those that are of no kind that is read."""
    paths = [path for given in inputs for path in _expanded(given)]
    found: dict[Path, Input] = {}
    left_out = []
    for path in paths:
        if not path.is_dir():
            found.setdefault(path.resolve(), Input(path, path.name, is_named=True))
            continue
        for file in _files_in(path, out):
            parts = file.relative_to(path)
            name = (parts if len(paths) == 1 else path.resolve().name / parts).as_posix()
            if is_table(file.name) and file.is_file():
                found.setdefault(file.resolve(), Input(file, name, is_named=False))
            else:
                left_out.append(name)
    return _told_apart(list(found.values())), left_out


def _told_apart(found: list[Input]) -> list[Input]:
    """Files of one name from several folders keep the part of their path that differs."""
    names = [each.name.casefold() for each in found if each.is_named]
    if len(set(names)) == len(names):
        return found
    real = {each.path: Path(os.path.realpath(each.path)) for each in found if each.is_named}
    try:
        common = os.path.commonpath([path.parent for path in real.values()])
    except ValueError:  # on two drives of Windows
        return found
    return [
        replace(each, name=real[each.path].relative_to(common).as_posix())
        if each.is_named
        else each
        for each in found
    ]


def _expanded(given: Path) -> list[Path]:
    """The files that a wildcard means, where no shell has expanded it."""
    if not _WILD.search(str(given)) or given.exists():
        return [given]
    found = glob.glob(str(given), recursive=True)  # noqa: PTH207 - the pattern may be absolute
    matched = sorted(map(Path, found))
    if not matched:
        raise FileUnreadable(f"{given}: matches no file", remedy="check the path")
    return matched


def _files_in(folder: Path, out: Path | None) -> Iterator[Path]:
    """All files under a folder but results of ours and what systems leave lying about."""
    ours = Path(os.path.realpath(out)) if out else None
    for path in sorted(folder.rglob("*")):
        real = Path(os.path.realpath(path))  # which does not mind links in a circle
        is_result = ours in (real, *real.parents)
        if (
            not path.is_dir()
            and not is_result
            and not is_hidden(path.relative_to(folder).as_posix())
        ):
            yield path


def _single(place: Place, out: Path, suffix: str | None) -> Job:
    format_ = format_of(out.name, suffix)
    return Job(place, out, format_, out.name)


def _mirrored(
    places: Sequence[tuple[Input, Place]], out: Path, suffix: str | None
) -> Iterator[Job]:
    """A result for each table, at the same place in the folder OUT."""
    taken: set[str] = set()
    for each, place in places:
        name = _result_name(each, place, suffix)
        if name.casefold() in taken and not each.is_named:
            kind = PurePosixPath(name).suffix
            name = _result_name(each, place, suffix, keep=True)
            name = name if name.endswith(kind) else name + kind
        taken.add(name.casefold())
        yield Job(place, out.joinpath(*PurePosixPath(name).parts), format_of(name), name)


def _result_name(each: Input, place: Place, suffix: str | None, *, keep: bool = False) -> str:
    """``a.csv``, ``a.zip/b.xls`` as ``a/b.xlsx``, a sheet as ``book/sheet.xlsx``.

    Packed results of packed tables stay packed unless a format is asked for. ``keep`` keeps the
    old suffix before the new one.
    """
    inside = place.source.name.removeprefix(each.path.name).lstrip("/")
    is_packed = not inside and each.name.lower().endswith(".gz")
    base = each.name[:-3] if is_packed else each.name
    parts = [_stem(base, keep=keep)]
    if inside:
        parts.append(_stem(inside, keep=keep))
    if place.sheet and not place.is_only_sheet:
        parts.append(place.sheet)
    kind = f".{suffix}" if suffix else _KINDS.get(place.source.suffix, place.source.suffix)
    if kind not in (*DELIMITERS, ".jsonl", ".xlsx"):
        kind = ".csv"  # a web page, or what will not be read
    gz = ".gz" if is_packed and not suffix else ""
    return "/".join(_safe(part) for part in parts) + kind + gz


def _stem(name: str, *, keep: bool) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.as_posix() if keep else path.with_suffix("").as_posix()


def _safe(name: str) -> str:
    """A path that stays below its folder, with characters that every system takes."""
    kept = [part for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(_FORBIDDEN.sub("_", part).rstrip(". ") or "_" for part in kept) or "_"


def _check(jobs: Sequence[Job], inputs: Sequence[Path]) -> None:
    """Raise OutputRefused where a result would replace an input or another result."""
    sources = {path.resolve() for path in inputs}
    planned: set[str] = set()
    for job in jobs:
        target = job.out.resolve()
        folded = str(target).casefold()  # Windows takes a.csv and A.csv for the same
        if folded in planned:
            raise OutputRefused(
                f"two inputs would become {job.out}", remedy="classify them into different folders"
            )
        planned.add(folded)
        if target in sources:
            raise OutputRefused(f"{job.out} would be replaced", remedy="choose another --out")


def _told(inputs: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in inputs)
