"""The engine: a plan in, results out, with progress on the way and a stop between shards."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from models.classifier import Classifier
from models.errors import ClusterLost, FileError, FileUnreadable, OutputRefused
from models.files import write_whole
from models.tables import Table, open_table
from service.archive.cluster import in_cluster
from service.archive.plan import SUMMARY_NAME, Job, Plan, make_plan
from service.archive.results import assemble, full_header, unwritable
from service.archive.shards import (
    Columns,
    Layout,
    Model,
    Shard,
    Summary,
    cut,
    layout_of,
    read_part,
    run_shard,
)
from service.archive.work import Work, manifest_of, open_work
from service.archive.workers import in_processes

TRIES = 3
"""How often a table is begun where worker processes die; what they did is kept."""


@dataclass(frozen=True)
class Options:
    """How to run; only ``columns`` and ``encoding`` bear on the result."""

    columns: Columns = field(default_factory=Columns)
    encoding: str | None = None
    workers: int = 1
    cluster: str | None = None
    """Address of a Dask scheduler, instead of ``workers``."""
    restart: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a run is. All values are ready for JSON; ``asdict`` makes a document of it."""

    table: str
    """The one at work."""
    tables_done: int
    tables: int
    rows: int
    auto: int
    review: int
    errors: int
    read_bytes: int
    total_bytes: int
    seconds: float
    rows_per_s: float
    """Of this run; rows that an earlier try had done count for nothing here."""
    seconds_left: float | None
    """None until there is anything to guess by."""
    encoding: str
    """Of the table, empty where its kind leaves no choice."""
    text_column: str
    title_column: str | None
    id_column: str | None


OnProgress = Callable[[Progress], object]


def classify_archive(
    plan: Plan,
    model: Model,
    options: Options | None = None,
    progress: OnProgress = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Classify all tables of a plan and write their results.

    ``progress`` is called when a table is open, before any of its rows is classified, and after
    every shard (1,024 rows). ``should_stop`` is asked as often; after
    a stop the same call goes on where it was. A row that fails never stops the others, nor does a
    table that cannot be read, unless it is the only one. Raises FileError for that, OutputRefused
    where results cannot be written, ClusterLost where workers died; all leave what is done.
    """
    options = options or Options()
    if not plan.jobs and plan.unread:
        raise next(iter(plan.unread.values()))
    manifest = manifest_of(plan, model.version, options.columns, options.encoding)
    try:
        plan.out.parent.mkdir(parents=True, exist_ok=True)
        with open_work(plan, manifest, restart=options.restart) as work:
            return _Run(plan, model, options, work, progress, should_stop).run()
    except _Stopped as stopped:
        return stopped.summary
    except OSError as error:
        raise unwritable(plan.out, error) from error


def classify_file(
    source: Path,
    out: Path,
    classifier: Classifier,
    progress: OnProgress = lambda _: None,
    *,
    columns: Columns | None = None,
    encoding: str | None = None,
) -> Summary:
    """Classify one table with a loaded classifier, in this process, replacing ``out``.

    Raises as ``classify_archive`` does.
    """
    columns = columns or Columns()
    plan = make_plan([source], out, encoding=encoding, named=columns.named())
    options = Options(columns, encoding, restart=True)
    return classify_archive(plan, Model(None, classifier), options, progress)


class _Stopped(Exception):
    """The caller wants no more."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary


class _Run:
    """One call of ``classify_archive``."""

    def __init__(
        self,
        plan: Plan,
        model: Model,
        options: Options,
        work: Work,
        progress: OnProgress,
        should_stop: Callable[[], bool],
    ) -> None:
        self._plan, self._options, self._work = plan, options, work
        is_alone = options.workers == 1 and options.cluster is None
        self._model = model if is_alone or model.folder is None else Model(model.folder.resolve())
        self._tell, self._should_stop = progress, should_stop
        self._total = Summary(files=dict(plan.unread))
        self._sizes = [job.place.source.total_bytes for job in plan.jobs]
        self._clock = _Clock(sum(self._sizes))
        self._read: dict[str, Any] = {}

    def run(self) -> Summary:
        """All tables, then the summary of the folder."""
        for number, job in enumerate(self._plan.jobs):
            try:
                found = self._work.done(number, job) or self._persisting(number, job)
            except FileError as error:
                if not self._plan.is_folder or isinstance(error, OutputRefused):
                    raise
                self._total.files[job.name] = error
                continue
            self._total.files[job.name] = found
            self._total.include(found)
            self._total.notes += found.notes
        if self._plan.is_folder:
            write_summary(self._plan.out / SUMMARY_NAME, self._total)
        return self._total

    def _persisting(self, number: int, job: Job) -> Summary:
        """One table, gone on with where worker processes of this machine died."""
        for _ in range(0 if self._options.cluster else TRIES - 1):
            try:
                return self._table(number, job)
            except ClusterLost:
                continue
        return self._table(number, job)

    def _table(self, number: int, job: Job) -> Summary:
        """One table through shards and parts to its result."""
        before = _state(job)
        named = self._options.columns.named()
        self._work.start(number)
        encoding = self._options.encoding or self._work.encoding(number)
        with open_table(job.place, encoding, named) as table:
            self._work.keep_encoding(number, table.encoding)
            layout = layout_of(table, self._options.columns, job.format.kind)
            make = partial(Shard, layout=layout, model=self._model)
            parts = _Parts(self._work, number, table, make)
            summary = Summary(notes=table.notes)
            self._read = _read_columns(table, layout)
            self._report(number, job, summary, 0)
            for done in self._classified(parts):
                summary.include(done)
                self._report(number, job, summary, table.read_bytes())
                parts.is_stopped = parts.is_stopped or self._should_stop()
        if parts.is_stopped:
            raise _Stopped(self._stopped(summary))
        if summary.rows != parts.rows:
            raise RuntimeError(f"{parts.rows} rows were read and {summary.rows} written")
        if _state(job) != before:
            raise OutputRefused(
                f"{job.place.name}: changed while it was read", remedy="run the command again"
            )
        header = full_header(table.header)
        assemble(job.out, job.format, header, parts.bodies(), self._work.whole)
        self._work.finish(number, summary)
        return summary

    def _classified(self, parts: "_Parts") -> Iterator[Summary]:
        """The summary of every shard, found or made."""
        made: Iterator[Summary]
        if self._options.cluster:
            folder = self._work.folder
            made = in_cluster(parts, self._options.cluster, self._model, folder)
        elif self._options.workers > 1:
            made = in_processes(parts, self._options.workers)
        else:
            made = map(run_shard, parts)
        for done in made:
            yield from parts.take_found()
            self._clock.rows += done.rows
            yield done
        yield from parts.take_found()

    def _report(self, number: int, job: Job, summary: Summary, read_bytes: int) -> None:
        read_bytes += sum(self._sizes[:number])
        self._tell(
            Progress(
                table=job.name,
                tables_done=number,
                tables=len(self._plan.jobs),
                rows=self._total.rows + summary.rows,
                auto=self._total.auto + summary.auto,
                review=self._total.review + summary.review,
                errors=self._total.errors + summary.errors,
                read_bytes=read_bytes,
                total_bytes=self._clock.total_bytes,
                **self._clock.guess(read_bytes),
                **self._read,
            )
        )

    def _stopped(self, summary: Summary) -> Summary:
        self._total.include(summary)
        self._total.stopped = True
        return self._total


class _Parts:
    """The shards of a table that are still to be made; those found whole are only counted."""

    def __init__(self, work: Work, number: int, table: Table, make: Callable[..., Shard]) -> None:
        self._work, self._number, self._table, self._make = work, number, table, make
        self._found: list[Summary] = []
        self._shards = 0
        self.rows = 0
        self.is_stopped = False
        """Set from outside: no further shards are made."""

    def __iter__(self) -> Iterator[Shard]:
        for at, rows in enumerate(cut(self._table.rows)):
            if self.is_stopped:
                return
            self._shards = at + 1
            self.rows += len(rows)
            part = self._work.part(self._number, at)
            found = read_part(part)
            if found:
                self._found.append(found[0])
            else:
                yield self._make(part, rows)

    def take_found(self) -> Iterator[Summary]:
        """Those that came since this was asked last."""
        while self._found:
            yield self._found.pop(0)

    def bodies(self) -> Iterator[bytes]:
        """What all parts hold, in order."""
        for at in range(self._shards):
            found = read_part(self._work.part(self._number, at))
            if found is None:
                raise OSError(0, "a part that was written cannot be read back")
            yield found[1]


class _Clock:
    """Rates and guesses."""

    def __init__(self, total_bytes: int) -> None:
        self.total_bytes = total_bytes
        self.rows = 0
        self._started = time.monotonic()
        self._first_bytes: int | None = None

    def guess(self, read_bytes: int) -> dict[str, Any]:
        """What a report says of time."""
        seconds = time.monotonic() - self._started
        if self._first_bytes is None:
            self._first_bytes = read_bytes
        done = read_bytes - self._first_bytes
        left = (self.total_bytes - read_bytes) * seconds / done if done > 0 else None
        rate = self.rows / seconds if seconds else 0.0
        return {"seconds": seconds, "rows_per_s": rate, "seconds_left": left}


def _read_columns(table: Table, layout: Layout) -> dict[str, Any]:
    """What a report says of the table: how it is read."""
    return {
        "encoding": table.encoding,
        "text_column": table.header[layout.text],
        "title_column": None if layout.title is None else table.header[layout.title],
        "id_column": None if layout.id is None else table.header[layout.id],
    }


def write_summary(path: Path, total: Summary) -> None:
    """``summary.json``: what became of each table, or why it was not read."""
    document = {
        name: {"error": {"code": found.code, "detail": str(found)}}
        if isinstance(found, FileError)
        else {**found.counts(), "notes": found.notes}
        for name, found in total.files.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, ensure_ascii=False, indent=1).encode())


def _state(job: Job) -> tuple[int, int]:
    try:
        found = job.place.path.stat()
    except OSError as error:
        raise FileUnreadable(f"{job.place.name}: {error.strerror}") from error
    return found.st_size, found.st_mtime_ns
