"""What there is to do with uploaded files, each piece in a process of its own.

A process of its own keeps the pages quick while an archive is classified, and survives whatever a
hostile file does to it. It is asked to stop by closing its standard input, which also happens when
this process ends in whatever way.
"""

import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict
from typing import IO

from models.errors import JobUnknown
from service.jobs.job import Job, Jobs, State, read_document
from service.settings import Settings

log = logging.getLogger(__name__)

OUTCOME = "outcome.json"
TRIES = 3
"""How often a file is tried whose process dies; what was done of it is kept."""
SMALL_BYTES = 5_000_000
"""Smaller files do not wait for a large one."""
READING_LIMIT_S = 180
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0
)
"""As a session of its own and ``nice`` elsewhere."""
_PAUSE_S = 5
_PURGE_S = 3600


class Runner:
    """Threads that look for work and watch over the processes that do it."""

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        """Nothing runs before ``start``."""
        self.jobs = jobs
        self._settings = settings
        self._choosing = threading.Lock()
        self._active: dict[str, subprocess.Popen[bytes] | None] = {}
        self._wake = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._calls = 0
        self._stopping = False
        self._purged_at = -float(_PURGE_S)

    def start(self) -> None:
        """Take up what is to be done, also what an earlier process left; once is enough."""
        with self._choosing:
            if self._threads or self._stopping:
                return
            for states, most_bytes in (
                ({State.READING}, None),
                ({State.WAITING, State.RUNNING}, None),
                ({State.WAITING, State.RUNNING}, SMALL_BYTES),
            ):
                thread = threading.Thread(target=self._work, args=(states, most_bytes), daemon=True)
                self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self.start()
        self._call()

    def stop(self, timeout_s: float = 10) -> None:
        """Let the processes come to a point from which they can go on, and end them."""
        self._stopping = True
        with self._wake:
            self._wake.notify_all()
        for identifier in list(self._active):
            self.interrupt(identifier)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for process in list(self._active.values()):
            if process:
                process.kill()

    def interrupt(self, identifier: str) -> None:
        """Ask the process at work on a file, if there is one, to stop soon."""
        process = self._active.get(identifier)
        if process and process.stdin:
            _close(process.stdin)

    def delete(self, identifier: str) -> None:
        """Remove a file, whatever is being done with it."""
        self._kill(identifier)
        self.jobs.delete(identifier)

    def clear(self, identifier: str, names: Collection[str], expected: Collection[State]) -> None:
        """Remove from a file's folder what was made of it. Raises JobUnknown, JobConflict."""
        self.jobs.change(identifier, expected)
        self._kill(identifier)
        for name in names:
            path = self.jobs.path(identifier) / name
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)

    def _kill(self, identifier: str) -> None:
        process = self._active.get(identifier)
        if process:
            process.kill()
            process.wait()

    def _work(self, states: set[State], most_bytes: int | None) -> None:
        while not self._stopping:
            job, calls = None, self._calls
            try:
                self._purge()
                job = self._take(states, most_bytes)
                if job:
                    self._do(job)
            except Exception as error:
                log.exception("fault", extra={"error": type(error).__name__})
            finally:
                if job:
                    self._active.pop(job.id, None)
                    self._call()  # somebody may have wanted something else of it meanwhile
            if not job:
                self._pause(_PAUSE_S, calls)

    def _call(self) -> None:
        with self._wake:
            self._calls += 1
            self._wake.notify_all()

    def _pause(self, seconds: float, calls: int) -> None:
        """Wait, unless somebody has called since so many calls."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._calls != calls, seconds)

    def _take(self, states: set[State], most_bytes: int | None) -> Job | None:
        """The next file to do something with: the oldest of those that nobody works on."""
        with self._choosing:
            for job in reversed(self.jobs.listing()):
                is_small = most_bytes is None or job.size_bytes <= most_bytes
                if job.state in states and is_small and job.id not in self._active:
                    self._active[job.id] = None
                    return job
        return None

    def _do(self, job: Job) -> None:
        if job.state is State.WAITING:
            job = self.jobs.change(job.id, [State.WAITING], state=State.RUNNING)
        for _ in range(TRIES):
            outcome = self._run(job)
            if self._stopping or not self._is_wanted(job):
                return
            if outcome is not None:
                break
        self._conclude(job, outcome)

    def _is_wanted(self, job: Job) -> bool:
        try:
            return self.jobs.get(job.id).state is job.state
        except JobUnknown:
            return False

    def _run(self, job: Job) -> dict[str, object] | None:
        """What a process made of it; None where it died."""
        folder = self.jobs.path(job.id)
        (folder / OUTCOME).unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a traceback may quote a petition
            start_new_session=True,  # Ctrl-C is for the server, which tells it to stop
            creationflags=_WINDOWS_FLAGS,
        )
        self._active[job.id] = process
        request = {"settings": asdict(self._settings), "folder": str(folder.resolve())}
        if process.stdin:
            _send(process.stdin, json.dumps(request).encode() + b"\n")
        if self._stopping or not self._is_wanted(job):
            self.interrupt(job.id)
        self._wait(process, READING_LIMIT_S if job.state is State.READING else None)
        return read_document(folder / OUTCOME)

    def _wait(self, process: subprocess.Popen[bytes], limit_s: float | None) -> None:
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            _close(process.stdin)

    def _conclude(self, job: Job, outcome: dict[str, object] | None) -> None:
        if outcome is None:
            died = {"code": "worker-died", "detail": "the process that worked on it died"}
            self.jobs.end(job.id, State.FAILED, died)
        elif outcome.get("busy"):
            log.warning("upload is worked on elsewhere", extra={"job": job.id})
        elif error := outcome.get("error"):
            self.jobs.end(job.id, State.FAILED, error)  # type: ignore[arg-type] # the worker's document
            log.info("upload failed", extra={"job": job.id, "code": error["code"]})  # type: ignore[index]
        elif job.state is State.READING:
            self.jobs.change(job.id, [State.READING], state=State.READY)
        elif not outcome.get("stopped"):
            self.jobs.end(job.id, State.DONE)
            log.info("upload done", extra={"job": job.id})

    def _purge(self) -> None:
        if time.monotonic() - self._purged_at > _PURGE_S:
            self._purged_at = time.monotonic()
            self.jobs.purge(self._settings.upload_days)


def _send(pipe: IO[bytes], content: bytes) -> None:
    with suppress(OSError):  # it died already
        pipe.write(content)
        pipe.flush()


def _close(pipe: IO[bytes]) -> None:
    with suppress(OSError):
        pipe.close()
