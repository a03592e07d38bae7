"""The parts of a result, one for each shard: a file that is whole, or seen not to be."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from models.files import replace
from models.tables import Table
from service.archive.results import Outcome, render
from service.archive.shards import Shard, cut
from service.archive.summary import Summary
from service.archive.work import Work


class Parts:
    """The shards of a table that are still to be made; those found whole are only counted."""

    def __init__(self, work: Work, number: int, table: Table, make: Callable[..., Shard]) -> None:
        """``make`` builds a shard from the path of its part and its rows."""
        self._work, self._number, self._table, self._make = work, number, table, make
        self._found: list[Summary] = []
        self._shards = 0
        self.rows = 0
        self.is_stopped = False
        """Set from outside: no further shards are made."""

    def __iter__(self) -> Iterator[Shard]:
        for at, rows in enumerate(cut(self._table.rows)):
            if self.is_stopped:
                return
            self._shards = at + 1
            first, self.rows = self.rows, self.rows + len(rows)
            part = self._work.part(self._number, at)
            found = read_part(part)
            if found:
                self._found.append(found[0])
            else:
                yield self._make(part, rows, table=self._number, first=first)

    def take_found(self) -> Iterator[Summary]:
        """Those that came since this was asked last."""
        while self._found:
            yield self._found.pop(0)

    def bodies(self) -> Iterator[bytes]:
        """What all parts hold, in order."""
        for at in range(self._shards):
            found = read_part(self._work.part(self._number, at))
            if found is None:
                raise OSError(0, "a part that was written cannot be read back")
            yield found[1]


def write_part(shard: Shard, outcomes: Sequence[Outcome], summary: Summary) -> None:
    """The part: a line with its counts and hash, then the rendered rows."""
    ids = [shard.layout.petition_id(row) for row in shard.rows]
    entries = zip(shard.rows, ids, outcomes, strict=True)
    body = render(shard.layout.kind, shard.layout.width, entries, shard.model.version)
    head = {"sha256": hashlib.sha256(body).hexdigest(), **summary.counts()}
    aside = shard.part.with_suffix(f".{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + body)
    replace(aside, shard.part, durable=False)


def read_part(part: Path) -> tuple[Summary, bytes] | None:
    """What a part holds, or None where it is absent or not whole.

    Parts are not flushed to the disk one by one: what a power cut has torn is seen by its hash.
    """
    try:
        first, _, body = part.read_bytes().partition(b"\n")
        head = json.loads(first)
        sound = head.pop("sha256") == hashlib.sha256(body).hexdigest()
        return (Summary(**head), body) if sound else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
