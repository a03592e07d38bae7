"""Writes the table of settings into README.md, from the settings' own defaults and docstrings."""

import ast
import dataclasses
import inspect
import textwrap
from itertools import pairwise
from pathlib import Path

from service.settings import LIMITS, Settings

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings: made by `make readme` -->\n", "<!-- end of settings -->\n"


def main() -> None:
    """Replace what stands between the marks."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + table() + END + after, encoding="utf-8", newline="\n")


def table() -> str:
    """One row for each setting: key, default, range, meaning."""
    meanings = _docstrings()
    rows = ["| key | default | range | meaning |", "|---|---|---|---|"]
    for field in dataclasses.fields(Settings):
        made = field.default is dataclasses.MISSING
        default = "" if made or field.default == "" else f"`{_toml(field.default)}`"
        low, high = LIMITS.get(field.name, ("", ""))
        bounds = f"{low} to {high}" if field.name in LIMITS else ""
        rows.append(f"| `{field.name}` | {default} | {bounds} | {meanings[field.name]} |")
    return "\n".join(rows) + "\n"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _docstrings() -> dict[str, str]:
    """The string below each field."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body
    lines = body.body if isinstance(body, ast.ClassDef) else []
    found = {}
    for field, said in pairwise(lines):
        is_said = isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_said:
            words = ast.literal_eval(said.value)  # type: ignore[attr-defined] # seen above
            found[field.target.id] = " ".join(words.split()).removesuffix(".")
    return found


if __name__ == "__main__":
    main()
