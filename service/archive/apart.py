"""Rows that may end the process that classifies them: tried in processes of their own.

``python -m service.archive.apart`` is such a process: a pickled shard in, pickled outcomes out,
between a process of ours and its child alone.
"""

import pickle
import subprocess
import sys
import time
from dataclasses import replace
from typing import cast

from models.errors import RowFailed
from models.tables import Row
from service.archive.classifying import classify_rows
from service.archive.results import Outcome
from service.archive.shards import Model, Shard

TIME_LIMIT_S = 40
"""After this the rows still in doubt fail together, so that a run never hangs on them."""


def classify_apart(shard: Shard) -> list[Outcome]:
    """An outcome per row; rows that end their process are found by halving, and fail."""
    lone = replace(shard, model=Model(shard.model.folder))
    return _tried(lone, time.monotonic() + TIME_LIMIT_S)


def _tried(shard: Shard, deadline: float) -> list[Outcome]:
    outcomes = _in_child(shard, deadline)
    if outcomes is not None:
        return outcomes
    if len(shard.rows) == 1 or time.monotonic() > deadline:
        return [_failed(row) for row in shard.rows]
    half = len(shard.rows) // 2
    parts = (replace(shard, rows=rows) for rows in (shard.rows[:half], shard.rows[half:]))
    return [outcome for part in parts for outcome in _tried(part, deadline)]


def _in_child(shard: Shard, deadline: float) -> list[Outcome] | None:
    """The outcomes, or None where the child died or took too long."""
    command = [sys.executable, "-m", "service.archive.apart"]
    limit_s = max(1.0, deadline - time.monotonic())
    try:
        done = subprocess.run(  # noqa: S603 - the program is our own
            command, input=pickle.dumps(shard), stdout=subprocess.PIPE, timeout=limit_s, check=True
        )
    except subprocess.SubprocessError:
        return None
    return cast("list[Outcome]", pickle.loads(done.stdout))  # noqa: S301 - our own child wrote it


def _failed(row: Row) -> RowFailed:
    return RowFailed(
        f"line {row.line}: the process that classified it died, or took too long",
        remedy="classify this one by hand, and report it",
    )


def main() -> None:
    """Classify the shard on standard input."""
    shard = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent wrote it
    sys.stdout.buffer.write(pickle.dumps(classify_rows(shard)))


if __name__ == "__main__":
    main()
