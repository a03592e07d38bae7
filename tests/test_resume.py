"""Runs that were stopped, killed, or ran out of space go on where they were."""

import errno
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from models.classifier import Classifier
from models.errors import ClusterLost, InputChanged, InputError, OutputRefused, TriageError
from models.prediction import Prediction
from models.store import Store
from models.tables import find_tables, open_table
from models.text import Petition
from service.archive import (
    Columns,
    Model,
    Options,
    Progress,
    Summary,
    classify_archive,
    classifying,
    discard,
    make_plan,
    parts,
    shards,
    workers,
)

TEXT = "派出所不予立案，请督促依法办理"
ROWS = 60


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_ROWS", 8)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A table with good rows and bad ones."""
    path = tmp_path / "in.csv"
    lines = [f"{n},{TEXT}{n}" if n % 7 else f"{n}, " for n in range(ROWS)]
    path.write_text("\n".join(["编号,内容", *lines]), encoding="utf-8")
    return path


@pytest.fixture
def model(shared_store: Store, classifier: Classifier) -> Model:
    """The promoted version, loaded."""
    return Model(shared_store.folder / classifier.version, classifier)


def after(shards_done: int) -> Callable[[], bool]:
    """A wish to stop after so many shards."""
    asked = iter(range(1_000))
    return lambda: next(asked) >= shards_done - 1


def run(source: Path, out: Path, model: Model, **options: object) -> Summary:
    """All of it."""
    return classify_archive(make_plan([source], out), model, Options(**options))  # type: ignore[arg-type]


def content(path: Path) -> object:
    """The bytes of a result, of a book its cells."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with open_table(find_tables(path)[0]) as table:
        return [table.header, list(table.rows)]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx", "a.csv.gz"])
def test_a_stopped_run_ends_as_if_never_stopped(
    source: Path, tmp_path: Path, model: Model, name: str
) -> None:
    """After any number of stops; nothing stands at OUT before its end."""
    whole = run(source, tmp_path / "whole" / name, model)
    out = tmp_path / "resumed" / name
    plan = make_plan([source], out)
    for _ in range(3):
        stopped = classify_archive(plan, model, should_stop=after(2))
        assert stopped.stopped
        assert not out.exists()
    seen: list[Progress] = []
    summary = classify_archive(plan, model, progress=seen.append)
    assert content(out) == content(tmp_path / "whole" / name)
    assert summary.counts() == whole.counts()
    assert (summary.rows, summary.errors) == (ROWS, 9)
    assert [path.name for path in out.parent.iterdir()] == [name]
    assert seen[-1].rows == ROWS


def test_torn_parts_are_made_again(source: Path, tmp_path: Path, model: Model) -> None:
    """As a power cut may leave them: short, empty, or with other bytes."""
    run(source, tmp_path / "whole.csv", model)
    out = tmp_path / "a.csv"
    classify_archive(make_plan([source], out), model, should_stop=after(5))
    first, second, third, *_ = sorted((tmp_path / ".a.csv.work").rglob("*.part"))
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes(b"")
    third.write_bytes(third.read_bytes().replace("督".encode(), "賊".encode(), 1))
    run(source, out, model)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_what_changed_in_between_is_named(
    source: Path, tmp_path: Path, model: Model, store: Store
) -> None:
    """Input, version, columns, format; ``restart`` starts over."""
    out = tmp_path / "a.csv"
    classify_archive(make_plan([source], out), model, should_stop=after(2))
    with pytest.raises(OutputRefused, match="columns"):
        run(source, out, model, columns=Columns(text="内容"))
    other = store.folder / "20300101-000000-abcdef12"
    shutil.copytree(store.folder / store.resolve(), other)
    with pytest.raises(OutputRefused, match="version has changed"):
        run(source, out, Model(other))
    source.write_text("内容\n别的\n", encoding="utf-8")
    with pytest.raises(OutputRefused, match=r"in\.csv has changed"):
        run(source, out, model)
    assert run(source, out, model, restart=True).rows == 1
    with pytest.raises(OutputRefused, match="there already"):
        run(source, out, model)


def test_a_full_disk_loses_nothing(
    source: Path, tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and the same command goes on."""
    run(source, tmp_path / "whole.csv", model)
    out = tmp_path / "a.csv"
    written, write_part = iter(range(100)), parts.write_part

    def fill(*arguments: object) -> None:
        if next(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_part(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(classifying, "write_part", fill)
    with pytest.raises(OutputRefused, match="No space left"):
        run(source, out, model)
    run(source, out, model)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_two_processes_do_not_write_one_result(source: Path, tmp_path: Path, model: Model) -> None:
    """The second is told, whether it wants to go on or to start over."""
    plan = make_plan([source], tmp_path / "a.csv")
    refused: list[str] = []

    def second(_: Progress) -> None:
        for restart in (False, True):
            with pytest.raises(OutputRefused, match="another process") as caught:
                classify_archive(plan, model, Options(restart=restart))
            refused.append(caught.value.code)

    assert classify_archive(plan, model, progress=second).rows == ROWS
    assert refused


def test_a_stopped_run_can_be_forgotten(source: Path, tmp_path: Path, model: Model) -> None:
    """Nothing of it stays."""
    plan = make_plan([source], tmp_path / "a.csv")
    assert classify_archive(plan, model, should_stop=after(2)).stopped
    discard(plan)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_file_that_grows_while_it_is_read_is_told(
    source: Path, tmp_path: Path, model: Model
) -> None:
    """In a folder it stops no other file."""
    (tmp_path / "other.csv").write_text(f"内容\n{TEXT}\n", encoding="utf-8")
    plan = make_plan([source, tmp_path / "other.csv"], tmp_path / "out")

    def write(progress: Progress) -> None:
        if progress.table == "in.csv":
            with source.open("a", encoding="utf-8") as file:
                file.write("\n61,后来")

    summary = classify_archive(plan, model, progress=write)
    found = summary.files["in.csv"]
    assert isinstance(found, InputChanged)
    assert summary.rows == 1


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_workers_write_what_one_process_writes(
    source: Path, tmp_path: Path, model: Model, name: str
) -> None:
    """In the same order."""
    run(source, tmp_path / "one" / name, model)
    summary = run(source, tmp_path / "two" / name, model, workers=2)
    assert (summary.rows, summary.errors) == (ROWS, 9)
    assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_workers_can_be_stopped_and_input_may_break(tmp_path: Path, model: Model) -> None:
    """A damaged end of a file is told after the shards before it."""
    source, out = tmp_path / "in.csv", tmp_path / "a.csv"
    source.write_bytes(f"内容\n{TEXT}\n".encode() * 40 + b"\xff\xff\n")
    plan = make_plan([source], out)
    with pytest.raises(Exception, match="is not utf-8"):
        classify_archive(plan, model, Options(workers=2, encoding="utf-8"))
    source.write_bytes(f"内容\n{TEXT}\n".encode() * 40)
    stopped = classify_archive(plan, model, Options(workers=2), should_stop=after(1))
    assert stopped.stopped
    assert classify_archive(plan, model, Options(workers=2)).rows == 79


def _die(shard: shards.Shard) -> Summary:
    """What a worker does that the system kills."""
    del shard
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_dead_worker_is_told(
    source: Path, tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done is kept."""
    monkeypatch.setattr(workers, "run_shard", _die)
    with pytest.raises(ClusterLost, match="goes on"):
        run(source, tmp_path / "a.csv", model, workers=2)
    monkeypatch.undo()
    assert run(source, tmp_path / "a.csv", model).rows == ROWS


def test_a_killed_command_goes_on(shared_store: Store, tmp_path: Path) -> None:
    """SIGKILL at a random moment, several times, then the same result."""
    source = tmp_path / "in.csv"
    source.write_text("内容\n" + f"{TEXT}\n" * 6_000, encoding="utf-8")
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "batch", str(source), "--models"]
    command += [str(shared_store.folder), "--quiet", "--out"]
    subprocess.run([*command, str(tmp_path / "whole.csv")], check=True, capture_output=True)
    standing = tmp_path / ".a.csv.work" / "00000"
    for least in (1, 4):
        process = subprocess.Popen([*command, str(tmp_path / "a.csv")], stderr=subprocess.PIPE)
        while len(list(standing.glob("*.part"))) < least and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.communicate()
    done = subprocess.run([*command, str(tmp_path / "a.csv")], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "in.csv", "whole.csv"]


def begin(
    shared_store: Store, tmp_path: Path
) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """A long run with two workers that has done something, and all its children."""
    source = tmp_path / "in.csv"
    source.write_text("内容\n" + f"{TEXT}\n" * 50_000, encoding="utf-8")
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "batch", str(source), "--workers", "2", "--quiet"]
    command += ["--models", str(shared_store.folder), "--out", str(tmp_path / "a.csv")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while not list((tmp_path / ".a.csv.work").rglob("*.part")):
        time.sleep(0.01)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    return process, children


def test_workers_do_not_outlive_a_killed_command(shared_store: Store, tmp_path: Path) -> None:
    """They would hold memory for nothing."""
    process, children = begin(shared_store, tmp_path)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


@pytest.mark.skipif(os.name == "nt", reason="signals of a process group")
def test_an_impatient_ctrl_c_leaves_nobody_behind(shared_store: Store, tmp_path: Path) -> None:
    """However often it is pressed."""
    process, children = begin(shared_store, tmp_path)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    _, told = process.communicate(timeout=20)
    assert b"the same command goes on where it was" in told
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive


POISON = """
import os, models.classifier as found
batch = found.Classifier.classify_batch
def classify_batch(self, petitions, **options):
    if any("毒" in petition.text for petition in petitions):
        os._exit(9)
    return batch(self, petitions, **options)
found.Classifier.classify_batch = classify_batch
"""


@pytest.mark.parametrize("workers_given", ["1", "2"])
def test_a_row_that_kills_its_process_fails_alone(
    shared_store: Store, tmp_path: Path, workers_given: str
) -> None:
    """The command that died of it goes on past it; worker processes need no second command."""
    (tmp_path / "sitecustomize.py").write_text(POISON, encoding="utf-8")
    source, out = tmp_path / "in.csv", tmp_path / "a.csv"
    lines = [TEXT] * 8
    lines[2], lines[5] = " ", f"{TEXT}毒"
    source.write_text("\n".join(["内容", *lines]), encoding="utf-8")
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "batch", str(source), "--out", str(out), "--models"]
    command += [str(shared_store.folder), "--workers", workers_given]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    if workers_given == "1":
        assert subprocess.run(command, env=environment, check=False).returncode == 9
    done = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert done.returncode == 3, done.stderr.decode()
    with open_table(out) as table:
        errors = [row.values[table.column("error")] for row in table.rows]
    assert [at for at, error in enumerate(errors) if error] == [2, 5]
    assert errors[5].startswith("row-failed")


def test_a_row_that_fails_by_our_fault_fails_alone(
    source: Path, tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its chunk are answered."""
    batch = Classifier.classify_batch

    def broken(self: Classifier, petitions: list[Petition]) -> list[Prediction | InputError]:
        if any(petition.id == "11" for petition in petitions):
            raise ZeroDivisionError
        return batch(self, petitions)

    monkeypatch.setattr(Classifier, "classify_batch", broken)
    summary = run(source, tmp_path / "a.csv", model)
    assert (summary.rows, summary.errors) == (ROWS, 10)


def test_errors_survive_the_way_between_processes() -> None:
    """With all their parts."""
    kinds = [TriageError]
    for kind in kinds:
        kinds += kind.__subclasses__()
        error = kind("found", remedy="remedy")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert type(again) is kind
        assert str(again) == str(error) == "found; remedy"
