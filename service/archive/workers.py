"""Shards in other processes on this machine."""

import os
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

from models.errors import ClusterLost
from service.archive.classifying import run_shard
from service.archive.shards import Shard
from service.archive.summary import Summary

IN_FLIGHT = 3
"""Shards handed out per worker: one at work and some waiting, so that memory stays bounded."""
_WATCH_S = 1


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
    summaries = pool(delayed(_run_for)(os.getpid(), shard) for shard in guarded)
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


def _run_for(parent: int, shard: Shard) -> Summary:
    """The shard, in a process that ends when its parent has been killed."""
    _watch(parent)
    return run_shard(shard)


@lru_cache
def _watch(parent: int) -> None:
    """Look after the parent from now on; Windows has no such thing as a new parent."""
    if os.name != "nt":
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)


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
