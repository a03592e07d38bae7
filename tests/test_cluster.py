"""A real cluster of two worker processes: what is lost with one of them is done again."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client

from models.errors import ClusterLost, SettingsError
from models.store import Store
from models.tables import open_table
from service.archive import Model, Options, Progress, classify_archive, make_plan, shards
from service.archive import cluster as cluster_module
from service.archive.cluster import check_address

TEXT = "派出所不予立案，请督促依法办理"
ROWS = 1_500
POISON = """
import os, models.classifier as found
batch = found.Classifier.classify_batch
def classify_batch(self, petitions, **options):
    if any("毒" in petition.text for petition in petitions):
        os._exit(9)
    return batch(self, petitions, **options)
found.Classifier.classify_batch = classify_batch
"""


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        """``folder`` gets their files."""
        (folder / "sitecustomize.py").write_text(POISON, encoding="utf-8")
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        named = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", named)
        for _ in range(2):
            self._start("worker", "--scheduler-file", named, "--nthreads", "1")
        with Client(scheduler_file=str(named), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            self.address = client.scheduler.address
            self.workers = list(client.run(os.getpid).values())

    def _start(self, what: str, *options: object) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard"]
        environment = {**os.environ, "PYTHONPATH": str(self._folder)}
        process = subprocess.Popen(
            [*command, *map(str, options)],
            cwd=self._folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)

    def stop(self) -> None:
        """All of them, those that restart workers first."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests; the last of them ends its scheduler."""
    level = logging.getLogger("distributed").level
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.stop()
    logging.getLogger("distributed").setLevel(level)


@pytest.fixture
def model(shared_store: Store) -> Model:
    """The promoted version, to be loaded by the workers."""
    return Model(shared_store.folder / shared_store.resolve())


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of many small shards."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 16)
    path = tmp_path / "in.csv"
    lines = [f"{n},{TEXT}{n}" if n % 97 else f"{n}, " for n in range(ROWS)]
    path.write_text("\n".join(["编号,内容", *lines]), encoding="utf-8")
    return path


def test_a_killed_worker_costs_nothing(
    cluster: Cluster, source: Path, tmp_path: Path, model: Model
) -> None:
    """The result is that of one machine."""
    alone, out = tmp_path / "alone.jsonl", tmp_path / "out.jsonl"
    classify_archive(make_plan([source], alone), model)
    victims = [cluster.workers[0]]

    def kill(progress: Progress) -> None:
        if progress.rows > ROWS // 5 and victims:
            os.kill(victims.pop(), signal.SIGKILL)

    options = Options(cluster=cluster.address)
    summary = classify_archive(make_plan([source], out), model, options, kill)
    assert not victims
    assert (summary.rows, summary.errors) == (ROWS, 16)
    assert out.read_bytes() == alone.read_bytes()


def test_a_row_that_kills_workers_fails_alone(
    cluster: Cluster,
    source: Path,
    tmp_path: Path,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within a minute."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 4)
    content = source.read_text("utf-8").replace(f"{TEXT}700\n", f"{TEXT}毒\n")
    source.write_text(content, encoding="utf-8")
    started = time.monotonic()
    options = Options(cluster=cluster.address)
    summary = classify_archive(make_plan([source], tmp_path / "a.csv"), model, options)
    assert time.monotonic() - started < 60
    assert (summary.rows, summary.errors) == (ROWS, 17)
    with open_table(tmp_path / "a.csv") as table:
        errors = {row.values[0]: row.values[table.column("error")] for row in table.rows}
    assert errors["700"].startswith("row-failed")


def test_workers_must_see_the_same_files(cluster: Cluster, source: Path, tmp_path: Path) -> None:
    """The version above all."""
    model = Model(tmp_path / "20260101-000000-00000000")
    options = Options(cluster=cluster.address)
    with pytest.raises(ClusterLost, match="worker"):
        classify_archive(make_plan([source], tmp_path / "a.csv"), model, options)


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "10.0.0.5:8786", "tcp://host:8786"])
def test_open_clusters_are_refused(address: str) -> None:
    """Whoever reaches a scheduler can run what he likes on its clients."""
    with pytest.raises(SettingsError, match="TLS"):
        check_address(address)


def test_encryption_without_certificates_is_told(
    source: Path, tmp_path: Path, model: Model
) -> None:
    """With the names of what is missing."""
    options = Options(cluster="tls://127.0.0.1:9")
    with pytest.raises(SettingsError, match="CA_FILE"):
        classify_archive(make_plan([source], tmp_path / "a.csv"), model, options)


def test_a_lost_scheduler_ends_the_run_and_the_same_command_goes_on(
    cluster: Cluster,
    source: Path,
    tmp_path: Path,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With what was done before."""
    out = tmp_path / "out.csv"

    def kill(progress: Progress) -> None:
        if progress.rows > ROWS // 5:
            cluster.processes[0].kill()

    options = Options(cluster=cluster.address)
    with pytest.raises(ClusterLost, match="same command"):
        classify_archive(make_plan([source], out), model, options, kill)
    assert len(list((tmp_path / ".out.csv.work").rglob("*.part"))) > ROWS / 16 / 5
    assert classify_archive(make_plan([source], out), model).rows == ROWS
    monkeypatch.setattr(cluster_module, "CONNECT_S", 1)
    with pytest.raises(ClusterLost, match="cannot be reached"):
        classify_archive(make_plan([source], tmp_path / "b.csv"), model, options)
