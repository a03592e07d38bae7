"""The example clients, against a real server."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store
from service.app import create_app
from service.server import Serving
from service.settings import Settings

EXAMPLES = Path(__file__).parent.parent / "examples"
TEXT = "我在网上刷单被骗了三万多元，报案后请公安机关尽快破案，把钱追回来。"


@pytest.fixture(scope="module")
def address(shared_store: Store) -> Iterator[str]:
    """Where a server listens."""
    settings = Settings(models=str(shared_store.folder), port=0, stop_timeout_s=1)
    serving = Serving(create_app(settings), settings)
    serving.start()
    yield f"http://127.0.0.1:{serving.port}"
    serving.stop()


def test_python_client_tells_area_and_decision(address: str, shared_store: Store) -> None:
    """In about ten lines of the standard library."""
    command = [sys.executable, str(EXAMPLES / "classify.py"), TEXT, address]
    told = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    names = [area.name for area in shared_store.load().taxonomy]
    assert told.split()[0] in names
    assert {"auto", "review"} & set(told.split())


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_shell_client_classifies_the_lines_of_a_file(address: str, tmp_path: Path) -> None:
    """An empty line gets its error, and the others their answers."""
    (tmp_path / "petitions.txt").write_text(f"{TEXT}\n\n{TEXT}\n", encoding="utf-8")
    command = [str(EXAMPLES / "classify.sh"), str(tmp_path / "petitions.txt"), address]
    results = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["results"]
    assert [result["id"] for result in results] == ["1", "2", "3"]
    assert results[1]["error"]["code"] == "text-empty"
    assert results[0]["area"] == results[2]["area"]
