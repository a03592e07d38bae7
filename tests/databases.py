"""An empty database of each kind: SQLite in a file, and PostgreSQL in a cluster of its own."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.reviews.database import Database, Rules

REQUIRED = "TRIAGE_TESTS_NEED_POSTGRESQL"
"""With this variable set, a machine without PostgreSQL fails the tests instead of skipping them."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a private PostgreSQL cluster, which ends with the tests."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        reason = "PostgreSQL is not installed here (on Debian: apt-get install postgresql)"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    is_root = getpass.getuser() == "root"
    user = "postgres" if is_root else None  # the server refuses to be root's
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries[-1] / program), *arguments]
        out = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=out, cwd="/", user=user, group=user)

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://tests@/postgres?host={folder}"
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'office' / 'reviews.sqlite'}"
    url: str = request.getfixturevalue("postgresql_server")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty database, of each kind in turn, without an honest sample."""
    found = Database(database_url, Rules(sample_share=0))
    yield found
    found.close()


@pytest.fixture
def sqlite_db(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database."""
    found = Database.in_folder(tmp_path / "office", Rules(sample_share=0))
    yield found
    found.close()
