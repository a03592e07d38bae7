"""Shards in other processes on this machine."""

import warnings
from collections.abc import Iterable, Iterator

from models.errors import ClusterLost
from service.archive.shards import Shard, Summary, run_shard

IN_FLIGHT = 3
"""Shards handed out per worker: one at work and some waiting, so that memory stays bounded."""


def in_processes(shards: Iterable[Shard], workers: int) -> Iterator[Summary]:
    """In ``workers`` processes, summaries in the order of the shards.

    An error while shards are made ends the run after those before it. Raises ClusterLost where a
    process died.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    guarded = _Guarded(shards)
    pool = Parallel(
        n_jobs=workers,
        batch_size=1,
        pre_dispatch=IN_FLIGHT * workers,
        return_as="generator",
        inner_max_num_threads=1,
    )
    summaries = pool(delayed(run_shard)(shard) for shard in guarded)
    try:
        for summary in summaries:  # noqa: UP028 - closing it has to be quiet
            yield summary
    except TerminatedWorkerError as error:
        raise ClusterLost(
            "a worker process died", remedy="the same command goes on; try fewer --workers"
        ) from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that tasks are cancelled is meant
            summaries.close()
    if guarded.error:
        raise guarded.error


class _Guarded:
    """Shards whose making never raises: joblib makes them in a thread that must not die."""

    def __init__(self, shards: Iterable[Shard]) -> None:
        self._shards = shards
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Shard]:
        try:
            yield from self._shards
        except Exception as error:  # noqa: BLE001 - it is raised where the summaries are taken
            self.error = error
