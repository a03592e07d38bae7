"""What training finds on other label sets, beside simpler models.

    python benchmarks/taxonomies.py [--splits 3] CSV...

Each CSV has the columns ``text`` and ``area``. Macro-F1 on three rows in ten, the mean of several
splits, of: words weighed by TF-IDF with logistic regression; words and character n-grams with a
support vector machine; fastText on words and pairs of words, where it is installed; and ours.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from models.taxonomy import Area, Taxonomy
from models.text import Petition
from models.words import Segmenter
from training.dataset import read_dataset
from training.metrics import macro_f1
from training.train import Options, train

Texts = Sequence[str]
_FASTTEXT = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "minCount": 1, "thread": 1, "verbose": 0}
"""The settings of fastText's own tutorial for text classification."""


def words_lr(learnt: Texts, labels: Texts, asked: Texts) -> Texts:
    """Words, TF-IDF, logistic regression, as tutorials write it."""
    model = make_pipeline(
        TfidfVectorizer(tokenizer=Segmenter({}), token_pattern=None),
        LogisticRegression(max_iter=1000),
    )
    return list(model.fit(learnt, labels).predict(asked))


def words_chars_svm(learnt: Texts, labels: Texts, asked: Texts) -> Texts:
    """Words and one to three characters, sublinear, support vector machine."""
    parts = make_union(
        TfidfVectorizer(tokenizer=Segmenter({}), token_pattern=None, sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
    )
    return list(make_pipeline(parts, LinearSVC()).fit(learnt, labels).predict(asked))


def fasttext(learnt: Texts, labels: Texts, asked: Texts) -> Texts:
    """FastText on words."""
    import fasttext as library

    cut = Segmenter({})

    def line(text: str) -> str:
        return " ".join(cut(text)).replace("\n", " ")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.txt"
        rows = [f"__label__{a} {line(t)}" for a, t in zip(labels, learnt, strict=True)]
        path.write_text("\n".join(rows), encoding="utf-8")
        model = library.train_supervised(str(path), **_FASTTEXT)
    return [model.f.predict(line(text) + "\n", 1, 0.0, "")[0][1][9:] for text in asked]


def ours(learnt: Texts, labels: Texts, asked: Texts) -> Texts:
    """What ``petition-triage train --taxonomy`` does."""
    taxonomy = Taxonomy(tuple(Area(x, x, ()) for x in sorted(set(labels))), None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "area"), *zip(learnt, labels, strict=True)])
        dataset = read_dataset([path], taxonomy)
    trained = train(dataset, {}, Options(), lambda *_: None)
    found = trained.classifier.classify_batch([Petition(text) for text in asked])
    return [each.area.area if hasattr(each, "area") and each.area else "" for each in found]


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--splits", type=int, default=3)
    asked = parser.parse_args()
    models = [words_lr, words_chars_svm, *([fasttext] if find_spec("fasttext") else []), ours]
    names = " | ".join(model.__name__ for model in models)
    print(f"| rows | labels | characters | {names} | seconds of ours |")
    print("|---" * (4 + len(models)) + "|")
    for file in asked.files:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = [row for row in csv.DictReader(opened) if row["text"].strip()]
        print(_line(rows, models, asked.splits), flush=True)


def _line(
    rows: list[dict[str, str]],
    models: Sequence[Callable[[Texts, Texts, Texts], Texts]],
    splits: int,
) -> str:
    texts = np.array([row["text"] for row in rows], dtype=object)
    areas = np.array([row["area"] for row in rows])
    parts = list(StratifiedShuffleSplit(splits, test_size=0.3, random_state=0).split(texts, areas))
    cells, seconds = [], 0.0
    for model in models:
        begun = time.perf_counter()
        scores = [
            macro_f1(areas[b], np.array(model(texts[a], areas[a], texts[b]))) for a, b in parts
        ]
        seconds = (time.perf_counter() - begun) / splits
        cells.append(f"{np.mean(scores):.3f}")
    length = int(np.median([len(text) for text in texts]))
    return f"| {len(rows)} | {len(set(areas))} | {length} | {' | '.join(cells)} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
