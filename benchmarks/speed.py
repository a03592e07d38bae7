"""How fast classification is, as ratios to the pipeline that every tutorial writes.

The naive pipeline is ``TfidfVectorizer(tokenizer=jieba.lcut)`` with ``LogisticRegression``, fitted
on the same rows. Both answer the same texts in the same run on one core; ratios count, times depend
on the machine. Run it with ``make bench``; ``README.md`` beside this file records a run.
"""

import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from models.classifier import Classifier
from models.store import Store
from models.text import Petition
from service.archive import classify_file
from training.corpus import read_corpus
from training.train import Options, train

ROUNDS = 5
ROWS = 20_000


def main() -> None:
    """Print the table."""
    jieba.setLogLevel("WARNING")
    dataset, lexicon = read_corpus(())
    texts = [row.petition.text for row in dataset.rows]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        trained = train(dataset, lexicon, Options(), lambda *_: None)
        training_s = time.perf_counter() - started
        store = Store(Path(folder))
        store.promote(trained.save(store.folder), "benchmark")
        classifier = store.load()
        naive = fit_naive(texts, dataset.areas().tolist())
        print(f"{platform.machine()}, Python {platform.python_version()}, {len(texts)} texts of "
              f"{statistics.mean(map(len, texts)):.0f} characters")  # fmt: skip
        print(f"training with validation        {training_s:8.1f} s")
        compare_batches(classifier, naive, texts)
        compare_single(classifier, naive, texts)
        time_archive(classifier, texts, Path(folder))
        time_command(store)


def fit_naive(texts: list[str], areas: list[str]) -> Pipeline:
    """The tutorial's pipeline."""
    vectorizer = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None)
    naive = Pipeline([("tfidf", vectorizer), ("linear", LogisticRegression(max_iter=1000))])
    return naive.fit(texts, areas)


def compare_batches(classifier: Classifier, naive: Pipeline, texts: list[str]) -> None:
    """Texts a second, in batches."""
    petitions = [Petition(text) for text in texts]
    chunks = [petitions[at : at + 256] for at in range(0, len(petitions), 256)]
    ours = best(lambda: [classifier.classify_batch(chunk) for chunk in chunks])
    theirs = best(lambda: naive.predict_proba(texts), rounds=2)
    print(f"batches: ours {len(texts) / ours:8.0f} texts/s, naive {len(texts) / theirs:6.0f}, "
          f"ratio {theirs / ours:5.1f}")  # fmt: skip


def compare_single(classifier: Classifier, naive: Pipeline, texts: list[str]) -> None:
    """Milliseconds for one text."""
    some = texts[:: max(1, len(texts) // 300)]
    ours = sorted(clock(partial(classifier.classify, Petition(text))) for text in some)
    theirs = sorted(clock(partial(naive.predict_proba, [text])) for text in some[:100])
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        one, other = ours[int(share * len(ours))], theirs[int(share * len(theirs))]
        print(f"one text {name}: ours {one * 1000:6.2f} ms, naive {other * 1000:6.2f} ms, "
              f"ratio {other / one:5.1f}")  # fmt: skip


def time_archive(classifier: Classifier, texts: list[str], folder: Path) -> None:
    """CSV to CSV."""
    source = folder / "archive.csv"
    rows = (texts[at % len(texts)].replace('"', '""') for at in range(ROWS))
    source.write_text("text\n" + "".join(f'"{row}"\n' for row in rows), encoding="utf-8")
    took = clock(lambda: classify_file(source, folder / "out.csv", classifier, lambda *_: None))
    print(f"archive of {ROWS} rows, CSV to CSV: {took:6.1f} s, {ROWS / took:6.0f} rows/s")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of this process     {peak_mb:8d} MB")


def time_command(store: Store) -> None:
    """Processor seconds of the command line for one text."""
    code = "from service.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "classify",
        "派出所不予立案",
        "--models",
        str(store.folder),
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"`petition-triage classify`, cold {spent:8.2f} s CPU")


def clock(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The least of several times."""
    return min(clock(work) for _ in range(rounds))


if __name__ == "__main__":
    main()
