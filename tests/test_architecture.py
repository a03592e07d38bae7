"""The directions of imports, and what must not happen at import."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "models": {"training", "service", "sklearn", "scipy", "flask", "click"},
    "training": {"service", "flask", "click"},
    "service": {"training", "sklearn", "scipy"},
    "service/reviews": {"training", "sklearn", "scipy", "flask", "click"},
}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_package_imports_against_the_arrows(package: str) -> None:
    """Training → models ← service; only verbs of the command line reach both, at call time."""
    for path in (ROOT / package).rglob("*.py"):
        verb = path.parent == ROOT / "service" / "cli"
        for name, at_call_time in imports(path):
            allowed = verb and at_call_time and name == "training"
            assert allowed or name not in FORBIDDEN[package], f"{path} imports {name}"


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Top-level package of each import in a file, and whether it stands inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            yield name.split(".")[0], id(node) in inside


def test_classifying_imports_no_heavy_library(shared_store: Store) -> None:
    """One text is answered without scikit-learn, SciPy or Flask."""
    arguments = ["classify", "派出所不立案", "--models", str(shared_store.folder)]
    _run_without_heavy_libraries(arguments)


@pytest.mark.parametrize("arguments", [["--help"], ["classify", "--help"], ["batch", "--help"]])
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    """Help is fast: neither scikit-learn nor Flask is imported for it."""
    _run_without_heavy_libraries(arguments)


def _run_without_heavy_libraries(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom service.cli.main import cli\n"
        f"cli.main({arguments!r}, standalone_mode=False)\n"
        "assert not {'sklearn', 'scipy', 'flask', 'joblib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
