"""What every kind of file is read into: a header, and rows that come as they are asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.errors import ColumnMissing
from models.tables.columns import find_column, told_columns


class Row(NamedTuple):
    """One record: the line it ends on (from 1), its values, and why it is unusable, if it is."""

    line: int
    values: Sequence[str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A header and the rows under it, read as they are asked for."""

    name: str
    header: Sequence[str]
    rows: Iterator[Row]
    read_bytes: Callable[[], int] = lambda: 0
    """How much of ``total_bytes`` has been read so far."""
    total_bytes: int = 0
    encoding: str = ""
    """Empty where the kind of file leaves no choice."""
    notes: list[str] = field(default_factory=list)
    """What looks wrong or was left out; more may come while the rows are read."""

    def find(self, wanted: str | None, usual: Sequence[str]) -> int | None:
        """The position of the column ``wanted``, else of the first of the ``usual`` names, if any.

        Raises ColumnMissing where ``wanted`` is not there.
        """
        return find_column(self.header, usual) if wanted is None else self.column(wanted)

    def column(self, name: str) -> int:
        """The position of a column; raises ColumnMissing, which lists what there is."""
        places = [at for at, known in enumerate(self.header) if known == name]
        if len(places) == 1:
            return places[0]
        if places:
            told = ", ".join(str(at + 1) for at in places)
            raise ColumnMissing(
                f"{self.name}: columns {told} have the same name {name!r}",
                remedy="give each a name of its own",
            )
        raise ColumnMissing(
            f"{self.name}: no column {name!r}; it has {told_columns(self.header)}",
            expected=f"a header with a column {name!r}",
            remedy="name the column with the option for it, or add a header",
        )
