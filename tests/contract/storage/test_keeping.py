"""What the store promises beyond transactions: what is durable, snapshots, encryption, one at a time for the whole file."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from fakes import elsewhere
from hameau.kit import Conflict, Corrupt, Unavailable
from hameau.storage import Database, alone, is_encrypted, opens, proved, reseal, salvage, version_there, whole

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PUT = "insert into settings (key, value) values (?, ?)"
COUNT = "select count(*) from settings"


@pytest.fixture(params=[None, KEY], ids=["plain", "encrypted"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    found = request.param
    assert found is None or isinstance(found, bytes)
    return found


@pytest.fixture
def database(tmp_path: Path, key: bytes | None) -> Iterator[Database]:
    database = Database(tmp_path / "home" / "hameau.db", key)
    with database.transaction() as session:
        session.many(PUT, [(str(number), "SECRET" * 50) for number in range(300)])
    yield database
    database.close()


def test_a_durable_transaction_waits_for_the_disk_and_others_do_not(database: Database) -> None:
    with database.transaction() as session:
        assert session.value("pragma synchronous") == 1
    with database.transaction(durable=True) as session:
        assert session.value("pragma synchronous") == 2
    with pytest.raises(ZeroDivisionError), database.transaction(durable=True) as session:
        raise ZeroDivisionError
    with database.transaction() as session:
        assert session.value("pragma synchronous") == 1


def test_a_snapshot_stands_still_while_others_write(database: Database, key: bytes | None, tmp_path: Path) -> None:
    with database.snapshot() as taken:
        for number in range(3):
            with database.transaction() as session:
                session.run("update settings set value = ?", ("x" * 300 * number,))
        content = b"".join(taken.read(at, 5000) for at in range(0, taken.size, 5000))
    (tmp_path / "copy.db").write_bytes(content)
    assert len(content) == taken.size
    copy = Database(tmp_path / "copy.db", key)
    with copy.read() as session:
        assert session.tuples("select distinct value from settings") == [("SECRET" * 50,)]
    assert copy.check() == []
    copy.close()


def test_snapshots_are_taken_while_another_process_and_threads_write(database: Database) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with database.transaction() as session:
                session.run("update settings set value = value || 'x' where key = '1'")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            with database.snapshot() as taken:
                assert taken.size == len(taken.read(0, taken.size))
    finally:
        stop.set()
        thread.join()


def test_two_snapshots_of_the_same_have_the_same_bytes(database: Database) -> None:
    found = []
    for _ in range(2):
        with database.snapshot() as taken:
            found.append(taken.read(0, taken.size))
    assert found[0] == found[1]


def test_an_encrypted_file_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path, KEY)
    with database.transaction() as session:
        session.many(PUT, [(str(number), "SECRET" * 50) for number in range(300)])
    for file in tmp_path.iterdir():
        assert b"SECRET" not in file.read_bytes()
    database.backup(tmp_path / "copy.db")
    assert b"SECRET" not in (tmp_path / "copy.db").read_bytes()
    database.close()
    assert is_encrypted(path)
    assert opens(path, KEY)
    assert not opens(path, OTHER)
    assert not opens(path, None)
    for wrong in (None, OTHER):
        with pytest.raises(Corrupt):
            Database(path, wrong)
    assert opens(path, KEY)


def test_a_changed_byte_of_an_encrypted_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path, KEY)
    with database.transaction() as session:
        session.many(PUT, [(str(number), "x" * 300) for number in range(300)])
    database.close()
    content = bytearray(path.read_bytes())
    content[len(content) - 5000] ^= 1
    path.write_bytes(content)
    assert proved(path, KEY)


def test_every_change_of_key_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path)
    with database.transaction() as session:
        session.many(PUT, [(str(number), "SECRET" * 50) for number in range(300)])
    database.close()
    for key, new in ((None, KEY), (KEY, OTHER), (OTHER, None)):
        with alone(tmp_path):
            reseal(path, key, new)
        assert is_encrypted(path) == (new is not None)
        assert proved(path, new) == []
        again = Database(path, new)
        with again.read() as session:
            assert session.value(COUNT) == 300
        again.close()
    assert [file.name for file in tmp_path.iterdir()] == ["hameau.db"]
    with pytest.raises(Corrupt), alone(tmp_path):
        reseal(path, OTHER, KEY)
    assert proved(path, None) == []


def test_who_wants_the_file_alone_waits_for_nobody(database: Database) -> None:
    with pytest.raises(Conflict), alone(database.path.parent):
        pass
    database.close()
    with alone(database.path.parent):
        pass


def test_nobody_opens_a_file_that_is_being_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path / "hameau.db").close()
    monkeypatch.setattr("hameau.storage.presence._PATIENCE", 0.1)
    with alone(tmp_path), pytest.raises(Unavailable):
        Database(tmp_path / "hameau.db")
    Database(tmp_path / "hameau.db").close()


def test_a_process_that_dies_lets_go_of_the_file(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=elsewhere.die_in_the_middle, args=(tmp_path / "hameau.db",)
    )
    process.start()
    process.join()
    with alone(tmp_path):
        assert version_there(tmp_path / "hameau.db") > 0


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with whole(tmp_path / "a") as partial:
        partial.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_what_can_be_read_of_a_damaged_file_is_saved(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path, key)
    with database.transaction() as session:
        session.many(PUT, [(f"{number:05}", "x" * 500) for number in range(2000)])
        session.run("insert into conversations (id, space, created_at, updated_at) values ('c', 'home', '', '')")
    database.close()
    content = bytearray(path.read_bytes())
    for page in range(120, 150):
        content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert proved(path, key)
    saved = salvage(path, tmp_path / "fresh.db", key)
    assert saved.rows["conversations"] == 1
    assert saved.rows["spaces"] == 1
    assert 1000 < saved.rows["settings"] < 2000
    assert saved.lost > 0
    fresh = Database(tmp_path / "fresh.db", key)
    assert fresh.check() == []
    with fresh.read() as session:
        assert session.value("select count(*) from settings where length(value) <> 500") == 0
    fresh.close()


def test_of_a_file_that_is_no_database_nothing_is_saved(tmp_path: Path) -> None:
    (tmp_path / "hameau.db").write_bytes(b"no database at all " * 1000)
    assert salvage(tmp_path / "hameau.db", tmp_path / "fresh.db").rows == {}
    assert apsw.Connection(str(tmp_path / "fresh.db")).pragma("quick_check") == "ok"
