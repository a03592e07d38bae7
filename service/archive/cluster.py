"""Shards on the workers of a Dask cluster, which share the work folder and the version store.

Dask unpickles what its peers send, so that only a cluster on this machine or one with TLS is
talked to. Results are exactly once however often a shard is tried: a part is whole or absent.
"""

import logging
import queue
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from models.errors import ClusterLost, SettingsError, TriageError
from service.archive.classifying import run_shard
from service.archive.shards import Model, Shard
from service.archive.summary import Summary

IN_FLIGHT = 3
"""Shards handed out per thread of the cluster."""
CONNECT_S = 10
PATIENCE_S = 60
"""How long a cluster may be without any worker: they may be on their way back."""
STALL_S = 900
"""How long nothing at all may get done."""
_LOOPBACK = ("127.", "localhost", "[::1]")


def in_cluster(
    shards: Iterable[Shard], address: str, model: Model, folder: Path
) -> Iterator[Summary]:
    """Summaries as shards get done, in any order.

    Raises SettingsError for an address that is neither TLS nor of this machine, ClusterLost where
    the cluster cannot be reached, dies, or does not see ``folder`` and the version.
    """
    check_address(address)
    with _Connection(address) as connection:
        connection.check_workers(model, folder)
        waiting = iter(shards)
        pending = connection.submit(islice(waiting, connection.room()))
        while pending:
            done = connection.next_done()
            pending -= 1
            pending += connection.submit(islice(waiting, 1))
            yield done


def check_address(address: str) -> None:
    """Raise SettingsError unless the peers are ourselves or have shown who they are."""
    host = address.partition("://")[2] or address
    if not address.startswith("tls://") and not host.startswith(_LOOPBACK):
        raise SettingsError(
            f"the cluster {address} is neither encrypted nor on this machine",
            expected="tls://HOST:PORT, or tcp://127.0.0.1:PORT",
            remedy="start scheduler and workers with TLS, as the README tells",
        )


class _Connection:
    """A client of the scheduler that notices when it is gone."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._done: queue.Queue[Any] = queue.Queue()
        self._futures: set[Any] = set()

    def __enter__(self) -> Self:
        try:
            from distributed import Client, Security
        except ImportError as error:
            raise SettingsError(
                "the library for clusters is not installed",
                remedy="install petition-triage[cluster]",
            ) from error
        is_encrypted = Security().get_connection_args("client").get("ssl_context") is not None
        if self._address.startswith("tls://") and not is_encrypted:
            raise SettingsError(
                "no certificates for the cluster are named",
                expected="DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__CLIENT__CERT, …__CLIENT__KEY",
                remedy="set them as the README tells",
            )
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it is told below in words
        logging.getLogger("tornado").setLevel(logging.CRITICAL)
        try:
            self._client = Client(self._address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise self._lost("cannot be reached") from error
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(Exception):
            self._client.cancel(list(self._futures), force=True)
        with suppress(Exception):
            self._client.close(timeout=1)

    def check_workers(self, model: Model, folder: Path) -> None:
        """Raise ClusterLost unless every worker sees the same files as we do."""
        with suppress(Exception):
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        if not self._threads():
            raise self._lost("has no workers")
        for worker, problem in self._client.run(_probe, model, folder).items():
            if problem:
                raise ClusterLost(
                    f"worker {worker}: {problem}",
                    expected="the folder of results and the version store under the same paths",
                    remedy="share both folders with all workers",
                )

    def room(self) -> int:
        """How many shards to hand out at first."""
        return IN_FLIGHT * max(1, self._threads())

    def submit(self, shards: Iterable[Shard]) -> int:
        """Hand out shards; how many there were."""
        count = 0
        for shard in shards:
            key = f"shard-{shard.part.parent.name}-{shard.part.stem}-{uuid4().hex}"
            future = self._client.submit(run_shard, shard, key=key, pure=False, retries=2)
            self._futures.add(future)
            future.add_done_callback(self._done.put)
            count += 1
        return count

    def next_done(self) -> Summary:
        """The summary of a shard that is done."""
        since = time.monotonic()
        seen = since
        while True:
            try:
                future = self._done.get(timeout=1)
            except queue.Empty:
                now = time.monotonic()
                seen = now if self._threads() else seen
                if now - seen > PATIENCE_S:
                    raise self._lost("has had no workers for a minute") from None
                if now - since > STALL_S:
                    raise self._lost(f"has got nothing done for {STALL_S} s") from None
                continue
            self._futures.discard(future)
            return self._summary(future)

    def _summary(self, future: Any) -> Summary:  # noqa: ANN401 - untyped library
        from distributed.comm.core import CommClosedError

        if future.status in ("cancelled", "lost"):
            raise self._lost("is gone")
        try:
            found = future.result(timeout=CONNECT_S)
        except (CommClosedError, TimeoutError) as error:
            raise self._lost("is gone") from error
        except (TriageError, OSError):  # a full disk, for example, is no fault of the cluster
            raise
        except Exception as error:
            raise self._lost(f"failed ({type(error).__name__})") from error
        if not isinstance(found, Summary):
            raise self._lost("answers with something else")
        return found

    def _threads(self) -> int:
        """Threads of all workers; raises ClusterLost where the scheduler does not answer."""
        if self._client.status != "running":
            raise self._lost("is gone")
        try:
            return sum(self._client.nthreads().values())
        except Exception as error:
            raise self._lost("is gone") from error

    def _lost(self, what: str) -> ClusterLost:
        return ClusterLost(
            f"the cluster {self._address} {what}",
            remedy="mend it and run the same command: it goes on where it was",
        )


def _probe(model: Model, folder: Path) -> str:
    """What keeps this worker from working, empty where nothing does."""
    if not folder.is_dir():
        return f"no folder {folder}"
    try:
        model.load()
    except TriageError as error:
        return str(error)
    return ""
