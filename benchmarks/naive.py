"""The pipeline that every tutorial writes, and its command: CSV in, CSV out, in one process.

python benchmarks/naive.py PIPELINE.joblib IN.csv OUT.csv
"""

import csv
import sys
import warnings
from pathlib import Path

import joblib

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

jieba.setLogLevel("WARNING")


def fit_naive(texts: list[str], areas: list[str]) -> Pipeline:
    """The pipeline, fitted."""
    vectorizer = TfidfVectorizer(tokenizer=cut, token_pattern=None)
    naive = Pipeline([("tfidf", vectorizer), ("linear", LogisticRegression(max_iter=1000))])
    return naive.fit(texts, areas)


def cut(text: str) -> list[str]:
    """``jieba.lcut``, which itself cannot be pickled."""
    words: list[str] = jieba.lcut(text)
    return words


def classify_naive(naive: Pipeline, source: Path, out: Path) -> None:
    """Read, predict, write, as tutorials do."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = naive.predict_proba([row["内容"] for row in rows])
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row, shares in zip(rows, found, strict=True):
            best_at = shares.argmax()
            writer.writerow([*row.values(), naive.classes_[best_at], f"{shares[best_at]:.4f}"])


if __name__ == "__main__":
    classify_naive(joblib.load(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
