"""Which rows and words to learn from: the shipped ones, the caller's, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.errors import InputError
from models.resources import shipped
from models.tables import find_tables, open_table, with_texts
from models.tables.columns import TEXT, TITLE, find_column
from models.taxonomy import Taxonomy
from models.text import Petition, read
from models.words import read_terms
from training.dataset import Dataset, read_dataset


def read_corpus(
    files: Sequence[Path],
    *,
    only: bool = False,
    taxonomy: Path | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Dataset, dict[str, int]]:
    """The dataset and the term dictionary.

    ``only`` leaves the shipped petitions out; another ``taxonomy`` must do so. ``columns`` renames
    columns of the caller's ``files``. Raises what ``read_dataset`` and ``Taxonomy.load`` raise.
    """
    with shipped("taxonomy.toml") as path:
        labels = Taxonomy.load(taxonomy or path)
    with shipped("lexicon", "terms.txt") as path:
        lexicon = read_terms(path)
    with shipped("petitions") as folder:
        office = read_dataset(files, labels, columns)
        if only or taxonomy:
            return office, lexicon
        own = read_dataset(sorted(folder.glob("*.csv")), labels)
    shipped_rows = [replace(row, is_local=False) for row in own.rows]
    return replace(own, rows=shipped_rows).joined(office), lexicon


def read_texts(path: Path, text_column: str | None = None) -> list[str]:
    """The folded titles and texts of an unlabelled table; rows without a text are left out.

    Raises FileError.
    """
    named = (text_column,) if text_column else ()
    petitions: list[Petition] = []
    for place in with_texts(find_tables(path), named=named):
        with open_table(place, named=named) as table:
            guessed = None if text_column else find_column(table.header, TEXT)
            at = table.column(text_column or TEXT[0]) if guessed is None else guessed
            title = find_column(table.header, TITLE)
            petitions += [
                Petition(row.values[at], None if title is None else row.values[title] or None)
                for row in table.rows
                if not row.problem
            ]
    return [folded for petition in petitions if (folded := _folded(petition))]


def _folded(petition: Petition) -> str:
    try:
        return read(petition).folded
    except InputError:
        return ""
