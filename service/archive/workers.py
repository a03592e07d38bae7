"""Shards in other processes on this machine."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from models.errors import ClusterLost
from models.text import Petition
from service.archive.classifying import run_shard
from service.archive.shards import Model, Shard
from service.archive.summary import Summary

IN_FLIGHT = 3
"""Shards handed out per worker: one at work and some waiting, so that memory stays bounded."""

_MOST_ON_WINDOWS = 61
"""It cannot wait for more processes at once."""

_PR_SET_PDEATHSIG = 1
"""Of Linux's ``<sys/prctl.h>``: the signal that a process gets when its parent dies."""


def in_processes(shards: Iterable[Shard], workers: int, model: Model) -> Iterator[Summary]:
    """In ``workers`` processes, summaries in the order of the shards.

    An error while shards are made ends the run after those before it; so does leaving it early
    after those that are at work. Raises ClusterLost where a process died.
    """
    pool = _start(workers, model)
    guarded = _Guarded(shards)
    waiting: deque[Future[Summary]] = deque()
    try:
        for shard in guarded:
            waiting.append(pool.submit(run_shard, shard))
            if len(waiting) == IN_FLIGHT * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ClusterLost(
            "a worker process died", remedy="the same command goes on; try fewer --workers"
        ) from error
    finally:
        with _deaf_to_interrupts():
            pool.shutdown(cancel_futures=True)
    if guarded.error:
        raise guarded.error


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A second Ctrl-C would leave workers behind whom nobody tells to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Guarded:
    """Shards that end where making one raises; the error is kept."""

    def __init__(self, shards: Iterable[Shard]) -> None:
        self._shards = shards
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Shard]:
        try:
            yield from self._shards
        except Exception as error:  # noqa: BLE001 - it is raised after what came before it
            self.error = error


def _start(workers: int, model: Model) -> ProcessPoolExecutor:
    """Processes that have the model.

    On Linux they are forked when the model is loaded and has read its dictionary: a new
    interpreter would need a second for that, each.
    """
    context = None
    if sys.platform == "linux":
        model.load().classify(Petition("预热"))
        context = multiprocessing.get_context("fork")
    if sys.platform == "win32":
        workers = min(workers, _MOST_ON_WINDOWS)
    return ProcessPoolExecutor(workers, context, _begin, (os.getpid(),))


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it, even when it is killed.

    What is forked would hold the lock of the run as long as it lives, so that Linux is asked to end
    it at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    else:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
