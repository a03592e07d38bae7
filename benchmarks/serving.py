"""Requests a second of the service, beside an empty route and a naive pipeline behind it.

    python benchmarks/serving.py

The same application, with all its hooks and checks, under the same server; wrk (a Debian package)
sends a petition of about 300 characters again and again over eight connections from the same
machine. The batch route gets 500 petitions at once, over two.
"""

import json
import multiprocessing
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from flask import Flask, request
from naive import fit_naive

from models.store import Store
from service.access import NEEDS, Open
from service.app import create_app
from service.server import serve
from service.settings import Settings
from training.corpus import read_corpus
from training.train import Options, train

PORT = 8791
ROUNDS, SECONDS = 3, 4
CHARS = range(280, 320)
"""Lengths of the petitions sent."""


def main() -> None:
    """Print the figures."""
    dataset, lexicon = read_corpus(())
    texts = [row.petition.text for row in dataset.rows]
    one = next(text for text in texts if len(text) in CHARS)
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name) / "versions")
        trained = train(dataset, lexicon, Options(), lambda *_: None)
        store.promote(trained.save(store.folder), "benchmark")
        naive = fit_naive(texts, dataset.areas().tolist())
        app = create_app(Settings(models=str(store.folder), data=name, port=PORT))
        add_routes(app, naive)
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(app, Settings(models=str(store.folder), port=PORT))
        )
        server.start()
        try:
            wait()
            compare(one, texts, Path(name))
        finally:
            server.terminate()
            server.join()


def add_routes(app: Flask, naive: object) -> None:
    """Routes that the service does not have: nothing, and the naive pipeline."""

    def empty() -> dict[str, str]:
        request.get_data()
        return {"status": "empty"}

    def naively() -> dict[str, object]:
        shares = naive.predict_proba([request.get_json()["text"]])[0]  # type: ignore[attr-defined]
        return {"area": naive.classes_[shares.argmax()], "confidence": float(shares.max())}  # type: ignore[attr-defined]

    for view in (empty, naively):
        app.add_url_rule(f"/v1/{view.__name__}", view.__name__, view, methods=["POST"])
        NEEDS[view.__name__] = Open.EVERYBODY


def wait() -> None:
    """Until the service answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz").close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def compare(one: str, texts: list[str], folder: Path) -> None:
    """Requests a second of each route, medians of several rounds taken in turns."""
    many: dict[str, object] = {"petitions": [{"text": text} for text in texts[:500]]}
    routes: dict[str, dict[str, object]] = {
        "empty": {"text": one},
        "classify": {"text": one},
        "naively": {"text": one},
        "classify/batch": many,
    }
    found: dict[str, list[float]] = {route: [] for route in routes}
    for _ in range(ROUNDS):
        for route, body in routes.items():
            found[route].append(load(route, body, folder))
    rates = {route: statistics.median(each) for route, each in found.items()}
    for route, each in found.items():
        told = ", ".join(f"{rate:.0f}" for rate in sorted(each))
        print(f"POST /v1/{route}: {rates[route]:.0f} requests/s ({told})")
    print(f"classify / empty: {rates['classify'] / rates['empty']:.2f}")
    print(f"classify / naive: {rates['classify'] / rates['naively']:.1f}")
    print(f"texts/s of the batch route: {rates['classify/batch'] * 500:.0f}")


def load(route: str, body: dict[str, object], folder: Path) -> float:
    """Requests a second by wrk."""
    script = folder / "body.lua"
    quoted = json.dumps(json.dumps(body, ensure_ascii=False), ensure_ascii=False)
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f"wrk.body = {quoted}\n",
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{PORT}/v1/{route}"
    connections = "2" if route.endswith("batch") else "8"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise SystemExit(told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    return float(rate[1]) if rate else 0.0


if __name__ == "__main__":
    main()
