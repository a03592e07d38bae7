"""The database itself: migrated, refused when newer, copied, and true under many writers."""

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from answers import answer, petition
from sqlalchemy import inspect, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models.decision import Reason
from models.errors import DatabaseUnusable, FileUnreadable, OutputRefused, SettingsError
from service.reviews import audit, schema
from service.reviews.database import Database, open_database
from service.reviews.engines import told
from service.reviews.judgement import Label, recent, review
from service.reviews.keeping import backup, restore
from service.reviews.queue import next_item
from service.reviews.records import delete_petition, get, listing, record, record_all
from service.reviews.tables import metadata
from service.settings import Settings

PROCESSES = 8
REVIEWS_EACH = 500


def test_migrations_make_the_tables_of_the_program(db: Database) -> None:
    """No more and no less, and the newest step is the one the program asks for."""
    with db.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert schema.revision(connection) == schema.HEAD == schema.known_revisions()[0]


def test_each_step_goes_down_and_up_again(db: Database) -> None:
    """With the rows of tables that stay."""
    record(db, petition("a"), answer(), "desk")
    with db.write() as connection:
        schema.step(connection, "0001")
        assert not inspect(connection).has_table("accounts")
    db.close()
    assert get(db, "a").id == "a"
    with db.write() as connection:
        assert schema.revision(connection) == schema.HEAD
        schema.step(connection, "base")
        assert not inspect(connection).has_table("petitions")
        schema.step(connection, "head")
        assert inspect(connection).has_table("petitions")


def test_newer_database_is_refused(db: Database) -> None:
    """Unchanged, with what to do."""
    with db.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.close()
    with pytest.raises(DatabaseUnusable, match=r"schema 9999.*newer program"):
        listing(db)


def test_nothing_is_opened_before_the_first_transaction(tmp_path: Path) -> None:
    """An application without records makes no file."""
    open_database(Settings(data=str(tmp_path / "office")))
    assert not (tmp_path / "office").exists()


def test_sqlite_is_for_its_owner_alone(sqlite_db: Database) -> None:
    """Petitions are not for everybody on the machine; writers wait for each other."""
    record(sqlite_db, petition("a"), answer(), "desk")
    assert sqlite_db.file is not None
    if os.name != "nt":
        for path in sqlite_db.file.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite_db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:secret@h/n", ""])
def test_url_of_another_kind_is_refused(url: str) -> None:
    """Without telling a password."""
    with pytest.raises(SettingsError) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_unreachable_database_is_told_without_its_password(tmp_path: Path) -> None:
    """Neither is what was to be written."""
    url = f"postgresql://user:secret@/none?host={tmp_path}"
    with pytest.raises(DatabaseUnusable) as caught:
        record(Database(url), petition("a", "独一无二"), answer(), "desk")
    assert "secret" not in str(caught.value)
    assert "独一无二" not in str(caught.value)


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """With what SQLite says."""
    (tmp_path / "reviews.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        listing(Database.in_folder(tmp_path))


def test_deleted_petition_is_in_no_file_any_more(sqlite_db: Database) -> None:
    """Neither in a free page of the database nor in its log."""
    text = "独一无二的内容" * 100
    record(sqlite_db, petition("a", text), answer(), "desk")
    record(sqlite_db, petition("b"), answer(), "desk")
    assert sqlite_db.file is not None
    folder = sqlite_db.file.parent
    needle = text.encode()[:60]
    assert any(needle in path.read_bytes() for path in folder.iterdir())
    delete_petition(sqlite_db, "a", "admin")
    assert not any(needle in path.read_bytes() for path in folder.iterdir())


def test_writer_that_waits_too_long_is_told(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers never wait."""
    record(sqlite_db, petition("a"), answer(), "desk")
    monkeypatch.setattr("service.reviews.engines.BUSY_S", 0.1)
    assert sqlite_db.file is not None
    other = sqlite3.connect(sqlite_db.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnusable, match="database is locked"):
        record(sqlite_db, petition("b"), answer(), "desk")
    assert len(listing(sqlite_db)) == 1
    other.close()
    record(sqlite_db, petition("b"), answer(), "desk")


def test_exhausted_connections_are_told(sqlite_db: Database) -> None:
    """Not as a fault of ours."""
    with pytest.raises(DatabaseUnusable, match="in use"), told(sqlite_db.url):
        raise PoolTimeoutError


def test_full_disk_is_told_and_loses_nothing(sqlite_db: Database) -> None:
    """Nor is anything kept by half."""
    record(sqlite_db, petition("a"), answer(), "desk")
    connection = sqlite_db.engine().raw_connection()
    (pages,) = connection.cursor().execute("PRAGMA page_count").fetchone()
    connection.cursor().execute(f"PRAGMA max_page_count={pages}")
    connection.close()
    many = [(petition(n, "长" * 5000), answer()) for n in range(50)]
    with pytest.raises(DatabaseUnusable, match="full"):
        record_all(sqlite_db, many, "upload")
    assert [found.id for found in listing(sqlite_db)] == ["a"]
    sqlite_db.close()  # room again
    record_all(sqlite_db, many, "upload")
    assert len(listing(sqlite_db, limit=100)) == 51


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the setting that names another."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DatabaseUnusable, match="setting `data`"):
        listing(Database.in_folder(tmp_path / "file"))


def test_backup_is_one_file_that_restores(sqlite_db: Database, tmp_path: Path) -> None:
    """What was there before the restoring is kept aside."""
    record(sqlite_db, petition("a"), answer(), "desk")
    review(sqlite_db, "a", "王", source="desk")
    copy = tmp_path / "copy.sqlite"
    backup(sqlite_db, copy, "admin")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["copy.sqlite"]
    record(sqlite_db, petition("b"), answer(), "desk")
    kept = restore(sqlite_db, copy, "admin")
    assert [found.id for found in listing(sqlite_db)] == ["a"]
    assert [entry.action for entry in audit.entries(sqlite_db)][-2:] == ["backup", "restored"]
    audit.verify(sqlite_db)
    assert kept is not None
    restore(sqlite_db, kept, "admin")
    assert [found.id for found in listing(sqlite_db)] == ["a", "b"]


def test_backup_replaces_nothing(sqlite_db: Database, tmp_path: Path) -> None:
    """A file that is there stays."""
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(b"mine")
    with pytest.raises(OutputRefused):
        backup(sqlite_db, copy, "admin")
    assert copy.read_bytes() == b"mine"


def test_older_backup_is_brought_up(sqlite_db: Database, tmp_path: Path) -> None:
    """To the schema of the program."""
    record(sqlite_db, petition("a"), answer(), "desk")
    with sqlite_db.write() as connection:
        schema.step(connection, "0001")
    copy = tmp_path / "copy.sqlite"
    backup(sqlite_db, copy, "admin")
    restore(sqlite_db, copy, "admin")
    with sqlite_db.read() as connection:
        assert schema.revision(connection) == schema.HEAD


def test_damaged_foreign_or_newer_backup_is_refused(sqlite_db: Database, tmp_path: Path) -> None:
    """And the database stays as it is."""
    record(sqlite_db, petition("a"), answer(), "desk")
    copies = {name: tmp_path / f"{name}.sqlite" for name in ("cut", "newer", "other", "text")}
    for name in ("cut", "newer"):
        backup(sqlite_db, copies[name], "admin")
    copies["cut"].write_bytes(copies["cut"].read_bytes()[:20_000])
    _execute(copies["newer"], "UPDATE alembic_version SET version_num = '9999'")
    _execute(copies["other"], "CREATE TABLE notes (text)")
    copies["text"].write_text("hello", encoding="utf-8")
    for copy in copies.values():
        with pytest.raises(DatabaseUnusable):
            restore(sqlite_db, copy, "admin")
    with pytest.raises(FileUnreadable):
        restore(sqlite_db, tmp_path / "none.sqlite", "admin")
    assert [found.id for found in listing(sqlite_db)] == ["a"]


@pytest.mark.timeout(600)
def test_many_processes_lose_and_double_nothing(db: Database) -> None:
    """Neither reviews of items from the queue, nor reviews by id, nor an entry of the log."""
    n = PROCESSES * REVIEWS_EACH
    for reasons, start in (
        ((Reason.TOO_SHORT,), 0),
        ((), 1),
    ):  # those reviewed by id do not wait
        found = answer(reasons=reasons)
        record_all(db, [(petition(each), found) for each in range(start, n, 2)], "upload")
    url = db.url.render_as_string(hide_password=False)
    db.close()
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        taken = pool.starmap(_work, [(url, number) for number in range(PROCESSES)])
    assert sorted(name for names in taken for name in names) == sorted(map(str, range(n)))
    assert len({name for name, _ in recent(db, limit=2 * n)}) == n
    assert len(recent(db, limit=2 * n)) == n
    assert audit.verify(db)[0] == n


def _work(url: str, number: int) -> list[str]:
    """Half of the reviews from the queue, half by id; the ids that were reviewed."""
    db = Database(url)
    clerk = f"clerk {number}"
    names = []
    for at in range(REVIEWS_EACH):
        if at % 2:
            name = str(number * REVIEWS_EACH + at)
            review(db, name, clerk, Label("care"), source="api")
            names.append(name)
        elif item := next_item(db, clerk):
            review(db, item.id, clerk)
            names.append(item.id)
    db.close()
    return names


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    """None fails."""
    code = (
        "import sys; from service.reviews.database import Database; Database(sys.argv[1]).engine()"
    )
    command = [sys.executable, "-c", code, database_url]
    started = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4


def _execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()
