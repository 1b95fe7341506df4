"""What every room may expect of the store: transactions, views that do not change, errors in plain words."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import elsewhere
from hameau.kit import Corrupt, NotEnough, Refused, Unavailable
from hameau.storage import Database

PUT = "insert into settings (key, value) values (?, ?)"
KEYS = "select key from settings order by key"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "home" / "hameau.db")
    yield database
    database.close()


def keys(database: Database) -> list[str]:
    with database.read() as session:
        return [row["key"] for row in session.all(KEYS)]


def test_what_a_transaction_wrote_is_there_after_reopening(database: Database) -> None:
    with database.transaction() as session:
        assert session.run(PUT, ("a", "1")) == 1
    database.close()
    again = Database(database.path)
    assert keys(again) == ["a"]
    again.close()


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.run(PUT, ("a", "1"))
        raise ZeroDivisionError
    assert keys(database) == []


def test_an_inner_transaction_is_undone_alone(database: Database) -> None:
    with database.transaction() as outer:
        outer.run(PUT, ("a", "1"))
        with pytest.raises(ZeroDivisionError), database.transaction() as inner:
            inner.run(PUT, ("b", "1"))
            raise ZeroDivisionError
        with database.transaction() as inner:
            inner.run(PUT, ("c", "1"))
    assert keys(database) == ["a", "c"]


def test_a_reader_keeps_its_view_while_another_thread_writes(database: Database) -> None:
    def write() -> None:
        with database.transaction() as session:
            session.run(PUT, ("a", "1"))

    with database.read() as session:
        assert session.all(KEYS) == []
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert session.all(KEYS) == []
    assert keys(database) == ["a"]


def test_reading_inside_a_transaction_sees_what_it_wrote(database: Database) -> None:
    with database.transaction() as session:
        session.run(PUT, ("a", "1"))
        assert keys(database) == ["a"]


def test_threads_write_one_after_the_other(database: Database) -> None:
    def write(name: int) -> None:
        for number in range(20):
            with database.transaction() as session:
                count = session.value("select count(*) from settings")
                session.run(PUT, (f"{name}-{number}", str(count)))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        counts = sorted(int(row["value"]) for row in session.all("select value from settings"))
    assert counts == list(range(80))


def test_the_forms_of_an_answer(database: Database) -> None:
    with database.transaction() as session:
        session.many(PUT, [("a", "1"), ("b", "2")])
        assert session.insert("insert into models (id, card, added_at) values ('m', '{}', '')") > 0
    with database.read() as session:
        assert session.one("select key, value from settings where key = :key", {"key": "b"}) == {
            "key": "b",
            "value": "2",
        }
        assert session.one("select 1 where 0") is None
        assert session.value("select value from settings where key = 'a'") == "1"
        assert session.value("select 1 where 0") is None
        assert session.tuples(KEYS) == [("a",), ("b",)]


def test_deleting_what_is_referred_to_is_refused_and_cascades_work(database: Database) -> None:
    with database.read() as session:
        assert session.value("pragma foreign_keys") == 1
        assert session.value("pragma synchronous") == 1
        assert session.value("pragma journal_mode") == "wal"


def test_the_data_version_tells_of_every_writer(database: Database) -> None:
    seen = database.data_version()
    assert database.data_version() == seen
    with database.transaction() as session:
        session.run(PUT, ("a", "1"))
    own = database.data_version()
    assert own != seen
    process = multiprocessing.get_context("spawn").Process(target=elsewhere.write, args=(database.path,))
    process.start()
    process.join()
    assert database.data_version() != own
    assert keys(database) == ["a", "elsewhere"]


def test_a_process_killed_while_writing_leaves_what_was_committed(database: Database) -> None:
    process = multiprocessing.get_context("spawn").Process(target=elsewhere.die_in_the_middle, args=(database.path,))
    process.start()
    process.join()
    assert process.exitcode == -9
    assert keys(database) == ["committed"]
    assert database.check() == []


def test_a_full_disk_is_said_plainly_and_loses_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.run(PUT, ("before", "1"))
        pages = session.value("pragma page_count")
        session.value(f"pragma max_page_count = {pages + 2}")
    with pytest.raises(NotEnough) as caught, database.transaction() as session:
        session.run(PUT, ("big", "x" * 1_000_000))
    assert "full" in caught.value.message
    assert caught.value.hint
    assert keys(database) == ["before"]
    with database.transaction() as session:
        session.value("pragma max_page_count = 1000000")
        session.run(PUT, ("after", "1"))
    assert keys(database) == ["after", "before"]


def test_a_disk_that_is_full_already_is_told_with_its_numbers(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("the program unshare makes the small disk")
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=1m none '{small}' || exit 77; exec '{sys.executable}' '{elsewhere.__file__}' '{small}'"
    )
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user make a small disk")
    assert done.returncode == 0, done.stderr
    for told in done.stdout.splitlines():
        assert told.startswith("NotEnough"), told
        assert "KB are free of 1 MB" in told
    assert len(done.stdout.splitlines()) == 2


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    path.write_bytes(b"this is not a database, " * 1000)
    with pytest.raises(Corrupt):
        Database(path)
    assert path.read_bytes().startswith(b"this is not")


def test_a_damaged_page_is_called_damaged(database: Database) -> None:
    with database.transaction() as session:
        session.many(PUT, [(str(number), "x" * 500) for number in range(500)])
    path = database.path
    database.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(Corrupt):
        again = Database(path)
        try:
            keys(again)
        finally:
            again.close()


def test_a_folder_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises((NotEnough, Refused)):
        Database(tmp_path / "home" / "hameau.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_explained(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Refused):
        Database(tmp_path / "hameau.db")


def test_only_the_owner_may_read_the_file(database: Database) -> None:
    with database.transaction() as session:
        session.run(PUT, ("a", "1"))
    files = list(database.path.parent.iterdir())
    assert len(files) >= 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(Unavailable), database.read():
        pass
    with pytest.raises(Unavailable), database.transaction():
        pass
    with pytest.raises(Unavailable):
        database.data_version()


def test_a_backup_is_whole_and_apart(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        session.run(PUT, ("a", "1"))
    target = tmp_path / "backup.db"
    database.backup(target)
    with database.transaction() as session:
        session.run(PUT, ("b", "1"))
    copy = Database(target)
    assert keys(copy) == ["a"]
    assert copy.check() == []
    copy.close()
    assert not list(tmp_path.glob("*.partial"))
