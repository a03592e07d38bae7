"""A run of 100,000 rows, killed at random moments, must end as if it had never been.

``python benchmarks/kill.py [WORKERS]`` classifies once without a break, then again while SIGKILL
ends the command 20 times, and compares the results byte by byte. ``README.md`` beside this file
records a run.
"""

import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from models.store import Store
from training.corpus import read_corpus
from training.train import Options, train

ROWS, KILLS, MOST_SHARDS, LONGEST_S = 100_000, 20, 5, 0.3
SEED = 7


def main() -> None:
    """Print what came out."""
    workers = sys.argv[1] if len(sys.argv) > 1 else "1"
    drawn = random.Random(SEED)  # noqa: S311 - it draws moments
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder, drawn)
        started = time.monotonic()
        subprocess.run(command(folder, "whole.csv", workers), check=True, capture_output=True)
        whole_s = time.monotonic() - started
        killed_s = kill_again_and_again(folder, workers, drawn)
        same = (folder / "whole.csv").read_bytes() == (folder / "killed.csv").read_bytes()
        left = sorted(path.name for path in folder.iterdir())
        print(f"{ROWS} rows, {workers} workers: {whole_s:.1f} s at a stretch, {killed_s:.1f} s "
              f"with {KILLS} kills; same bytes: {same}; beside it: {left}")  # fmt: skip
        sys.exit(0 if same else 1)


def write_rows(folder: Path, drawn: random.Random) -> None:
    """A promoted version, and rows made of two shipped petitions each."""
    dataset, lexicon = read_corpus(())
    store = Store(folder / "versions")
    trained = train(dataset, lexicon, Options(), lambda *_: None)
    store.promote(trained.save(store.folder), "benchmark")
    texts = [row.petition.text for row in dataset.rows]
    with (folder / "in.csv").open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "内容"])
        for number in range(ROWS):
            writer.writerow([f"{number:06}", drawn.choice(texts) + drawn.choice(texts)])


def command(folder: Path, out: str, workers: str) -> list[str]:
    """The same every time."""
    code = "from service.cli.main import main; main()"
    paths = ["--models", str(folder / "versions"), "--out", str(folder / out)]
    batch = ["batch", str(folder / "in.csv"), *paths, "--workers", workers, "--quiet"]
    return [sys.executable, "-c", code, *batch]


def kill_again_and_again(folder: Path, workers: str, drawn: random.Random) -> float:
    """Seconds until the command came to its end."""
    started = time.monotonic()
    work = folder / ".killed.csv.work"
    for number in range(KILLS):
        wanted = count_parts(work) + drawn.randrange(MOST_SHARDS)
        process = subprocess.Popen(command(folder, "killed.csv", workers))
        while count_parts(work) < wanted and process.poll() is None:
            time.sleep(0.01)
        time.sleep(drawn.uniform(0, LONGEST_S))
        process.kill()
        code = process.wait()
        print(f"kill {number + 1}: {count_parts(work)} shards stand", file=sys.stderr)
        if code == 0:
            raise SystemExit("it came to its end before the last kill")
    subprocess.run(command(folder, "killed.csv", workers), check=True, capture_output=True)
    return time.monotonic() - started


def count_parts(work: Path) -> int:
    """Shards that stand whole."""
    return len(list(work.rglob("*.part")))


if __name__ == "__main__":
    main()
