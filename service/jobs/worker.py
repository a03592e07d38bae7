"""The process that works on one uploaded file: ``python -m service.jobs.worker``.

It reads one line of JSON from its standard input and stops soon when that is closed. What came of
it is told in a file; what went wrong in no other words than those of our own errors.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import OutputRefused, TriageError
from models.files import write_whole
from service.archive.work import locked
from service.jobs.job import Job, Jobs, Kind, State
from service.jobs.runner import OUTCOME
from service.settings import Settings

_NICE = 10
"""Whoever waits for an answer comes first."""
_LOCK_TRIES = 40
_LOCK_PAUSE_S = 0.5


def main() -> None:
    """Do what there is to do with one file."""
    logging.disable()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    request = json.loads(sys.stdin.buffer.readline())
    stop = threading.Event()
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    folder, settings = Path(request["folder"]), Settings(**request["settings"])
    outcome = work(folder, settings, stop.is_set)
    write_whole(folder / OUTCOME, json.dumps(outcome, ensure_ascii=False).encode())


def work(folder: Path, settings: Settings, should_stop: Callable[[], bool]) -> dict[str, Any]:
    """What came of the next step with the file in this folder."""
    try:
        with _alone(folder):
            job = Jobs(folder.parent).get(folder.name)
            return _step(job)(folder, job, settings, should_stop) or {}
    except _Busy:
        return {"busy": True}
    except TriageError as error:
        return {"error": {"code": error.code, "detail": str(error)}}
    except Exception as error:  # noqa: BLE001 - told by its kind: its words may quote a petition
        detail = f"{type(error).__name__} at {_place(error)}"
        return {"error": {"code": "internal", "detail": detail}}


def _step(job: Job) -> Callable[..., dict[str, Any] | None]:
    """What is to be done with a file in this state."""
    from service.jobs import bringing, classifying, reading

    if job.kind is Kind.IMPORT:
        return bringing.read if job.state is State.READING else bringing.write
    return reading.read if job.state is State.READING else classifying.classify


class _Busy(Exception):
    """Another process works on this file."""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for an earlier process, which may still be on its way out."""
    for _ in range(_LOCK_TRIES):
        lock = locked(folder)
        try:
            lock.__enter__()
        except OutputRefused:
            time.sleep(_LOCK_PAUSE_S)
            continue
        try:
            yield
        finally:
            lock.__exit__(None, None, None)
        return
    raise _Busy


def _listen(stop: threading.Event) -> None:
    """Wait for the end of the standard input."""
    while sys.stdin.buffer.read(1):
        pass
    stop.set()


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


if __name__ == "__main__":
    main()
