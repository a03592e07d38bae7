"""The engine: a plan in, results out, with progress on the way and a stop between shards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from models.errors import ClusterLost, FileError, FileUnreadable, InputChanged, OutputRefused
from models.tables import open_table
from service.archive.classifying import Keep, run_shard
from service.archive.cluster import in_cluster
from service.archive.parts import Parts
from service.archive.plan import SUMMARY_NAME, Job, Plan
from service.archive.progress import Clock, Progress, read_columns
from service.archive.results import assemble, full_header, unwritable
from service.archive.shards import Columns, Model, Shard, layout_of
from service.archive.summary import Summary, write_summary
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
    keep: Keep | None = None
    """Called with the outcomes of every shard before its part is written, where one process does
    all the work; after a crash perhaps twice for the same shard."""


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
        self._clock = Clock(sum(self._sizes))
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
        """One table, gone on with where workers died or the way to a cluster broke once."""
        for _ in range(1 if self._options.cluster else TRIES - 1):
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
            parts = Parts(self._work, number, table, make)
            summary = Summary(notes=table.notes)
            self._read = read_columns(table, layout)
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
            raise InputChanged(
                f"{job.place.name}: changed while it was read", remedy="run the command again"
            )
        header = full_header(table.header)
        assemble(job.out, job.format, header, parts.bodies(), self._work.whole)
        self._work.finish(number, summary)
        return summary

    def _classified(self, parts: "Parts") -> Iterator[Summary]:
        """The summary of every shard, found or made."""
        made: Iterator[Summary]
        if self._options.cluster:
            folder = self._work.folder
            made = in_cluster(parts, self._options.cluster, self._model, folder)
        elif self._options.workers > 1:
            made = in_processes(parts, self._options.workers, self._model)
        else:
            made = map(partial(run_shard, keep=self._options.keep), parts)
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


def _state(job: Job) -> tuple[int, int]:
    try:
        found = job.place.path.stat()
    except OSError as error:
        raise FileUnreadable(f"{job.place.name}: {error.strerror}") from error
    return found.st_size, found.st_mtime_ns
