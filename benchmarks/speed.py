"""How fast classification is, as ratios to the pipeline that every tutorial writes.

    python benchmarks/speed.py [--rows 20000] [--memory]

The naive pipeline (``naive.py``) is ``TfidfVectorizer(tokenizer=jieba.lcut)`` with
``LogisticRegression``, fitted on the same rows, serial, reading and writing CSV. Both answer the
same texts in the same run, archives as whole processes, their start included; ratios count, times
depend on the machine. ``--memory`` adds archives of 100,000 and 1,000,000 rows. ``README.md``
beside this file records a run.
"""

import argparse
import csv
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import joblib
from naive import fit_naive
from sklearn.pipeline import Pipeline

from models.classifier import Classifier
from models.kernel import kernel
from models.store import Store
from models.text import Petition
from training.corpus import read_corpus
from training.train import Options, train

ROUNDS, NAIVE_ROUNDS = 3, 2
LEAST_CHARS = 180
"""Shorter petitions are put together; 400 characters a row are the mean then."""

PROGRAM = [sys.executable, "-c", "from service.cli.main import main; main()"]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    dataset, lexicon = read_corpus(())
    texts = [row.petition.text for row in dataset.rows]
    told = "compiled" if kernel else "not compiled"
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {told}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.perf_counter()
        trained = train(dataset, lexicon, Options(), lambda *_: None)
        print(f"training with validation, {len(texts)} rows: {time.perf_counter() - started:.0f} s")
        store = Store(folder / "versions")
        store.promote(trained.save(store.folder), "benchmark")
        naive = fit_naive(texts, dataset.areas().tolist())
        compare_single(store.load(), naive, texts)
        joblib.dump(naive, folder / "naive.joblib")
        compare_archives(store, texts, folder, asked.rows)
        time_command(store)
        for rows in (100_000, 1_000_000) if asked.memory else ():
            weigh_archive(store, texts, folder, rows)


def compare_single(classifier: Classifier, naive: Pipeline, texts: list[str]) -> None:
    """Milliseconds for one text."""
    some = texts[:: max(1, len(texts) // 1000)]
    classifier.classify(Petition(some[0]))
    ours = sorted(clock(partial(classifier.classify, Petition(text))) for text in some)
    theirs = sorted(clock(partial(naive.predict_proba, [text])) for text in some[:100])
    length = statistics.mean(map(len, some))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        one, other = ours[int(share * len(ours))], theirs[int(share * len(theirs))]
        print(f"one text of {length:.0f} characters, {name}: ours {one * 1000:.2f} ms, "
              f"naive {other * 1000:.2f} ms, ratio {other / one:.1f}")  # fmt: skip


def compare_archives(store: Store, texts: list[str], folder: Path, rows: int) -> None:
    """CSV to CSV, by the command line with one worker and with two, and by the naive pipeline."""
    source = folder / "archive.csv"
    length = write_rows(source, texts, rows)
    print(f"archive, CSV to CSV, {rows} rows of {length:.0f} characters:")
    paths = [folder / "naive.joblib", source, folder / "naive.csv"]
    command = [sys.executable, str(Path(__file__).with_name("naive.py")), *map(str, paths)]
    run = partial(subprocess.run, command, check=True, capture_output=True)
    theirs = [clock(run) for _ in range(NAIVE_ROUNDS)]
    print(f"  naive: {told_rates(rows, theirs)} rows/s")
    for workers in ("1", "2"):
        ours = [
            clock(partial(classify_archive, store, source, folder, workers)) for _ in range(ROUNDS)
        ]
        ratios = ", ".join(f"{statistics.median(theirs) / each:.1f}" for each in ours)
        print(f"  {workers} workers: {told_rates(rows, ours)} rows/s, ratios {ratios}")


def told_rates(rows: int, times: list[float]) -> str:
    """Rows a second of each run."""
    return ", ".join(f"{rows / each:.0f}" for each in times)


def write_rows(path: Path, texts: list[str], rows: int) -> float:
    """A CSV of the shipped petitions; their mean length."""
    drawn = random.Random(0)  # noqa: S311 - it draws petitions
    lengths = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "内容"])
        for number in range(rows):
            text = drawn.choice(texts)
            while len(text) < LEAST_CHARS:
                text += drawn.choice(texts)
            lengths += len(text)
            writer.writerow([f"{number:07}", text])
    return lengths / rows


def classify_archive(store: Store, source: Path, folder: Path, workers: str) -> None:
    """The whole command, its start included."""
    paths = ["batch", str(source), "--out", str(folder / "out.csv")]
    options = ["--models", str(store.folder), "--workers", workers, "--restart", "--quiet"]
    subprocess.run([*PROGRAM, *paths, *options], check=True, capture_output=True)


def weigh_archive(store: Store, texts: list[str], folder: Path, rows: int) -> None:
    """Peak memory of a run in a process of its own, as Linux tells it.

    ``getrusage`` would tell that of this process, where it is the greater.
    """
    source = folder / "large.csv"
    write_rows(source, texts, rows)
    code = (
        "import sys\n"
        "from service.cli.main import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "state = open('/proc/self/status').read().split('VmHWM:')[1]\n"
        "print(int(state.split()[0]) // 1024)"
    )
    paths = ["batch", str(source), "--out", str(folder / "out.csv"), "--restart", "--quiet"]
    command = [sys.executable, "-c", code, *paths, "--models", str(store.folder)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    print(f"peak memory of {rows} rows, CSV to CSV, one process: {told} MB")


def time_command(store: Store) -> None:
    """Processor seconds of the command line for one text."""
    spent = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [*PROGRAM, "classify", "派出所不予立案", "--models", str(store.folder)]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"`petition-triage classify`, cold: {min(spent):.2f} s CPU")


def clock(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
