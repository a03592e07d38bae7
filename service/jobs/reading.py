"""What an uploaded file looks like, before anything is done with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.files import write_whole
from service.archive import Columns, Preview, preview
from service.jobs.job import Choices, Job
from service.settings import Settings

PREVIEW = "preview.json"
MAX_TABLES = 100
MAX_CELL_CHARS = 120
MAX_COLUMNS = 40
COUNTING = frozenset({"序号", "no", "no."})


def read(folder: Path, job: Job, settings: Settings, should_stop: Callable[[], bool]) -> None:
    """Write down what each table looks like. Raises FileError for the file as a whole."""
    del settings, should_stop
    found = preview(folder / job.stored, job.choices.encoding or None, columns_of(job.choices))
    document = {
        "tables": [_described(each, job.choices) for each in found[:MAX_TABLES]],
        "count": len(found),
    }
    write_whole(folder / PREVIEW, json.dumps(document, ensure_ascii=False).encode())


def columns_of(choices: Choices) -> Columns:
    """The columns to read."""
    return Columns(choices.text or None, choices.title or None, choices.id or None)


def counts(column: str | None) -> bool:
    """Whether a column of this name only counts the rows: its numbers come again in every file."""
    return (column or "").strip().lower() in COUNTING


def _described(found: Preview, choices: Choices) -> dict[str, Any]:
    error = found.error
    return {
        "name": found.name,
        "sheet": found.sheet,
        "encoding": found.encoding,
        "header": list(found.header),
        "text": found.text_column,
        "title": found.title_column,
        "id": None if counts(found.id_column) and not choices.id else found.id_column,
        "rows": [[_short(cell) for cell in row[:MAX_COLUMNS]] for row in found.rows],
        "warnings": list(found.warnings),
        "error": {"code": error.code, "detail": str(error)} if error else None,
    }


def _short(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL_CHARS else f"{cell[: MAX_CELL_CHARS - 1]}…"
