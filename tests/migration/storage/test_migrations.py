"""Files of every age are brought to the tables of today; files of tomorrow and of others are left alone."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

import hameau.storage
from fakes import elsewhere
from hameau.kit import Corrupt, Refused
from hameau.storage import Database
from hameau.storage.migrations import available

SCHEMA = Path(hameau.storage.__file__).with_name("schema.sql")


def schema(database: Database) -> str:
    with database.read() as session:
        rows = session.all(
            "select sql from sqlite_schema where sql is not null and name not like 'sqlite_%'"
            " and name not glob 'passage_index_*' and name not glob 'turn_index_*' order by type desc, name"
        )
    return "\n\n".join(row["sql"] + ";" for row in rows) + "\n"


def test_the_written_schema_is_the_sum_of_the_migrations(tmp_path: Path) -> None:
    database = Database(tmp_path / "hameau.db")
    assert schema(database) == SCHEMA.read_text(encoding="utf-8")
    database.close()


def test_a_new_file_is_at_the_newest_version_and_ours(tmp_path: Path) -> None:
    database = Database(tmp_path / "hameau.db")
    with database.read() as session:
        assert session.value("pragma user_version") == len(available())
        assert session.value("pragma application_id") == int.from_bytes(b"HAME")
    database.close()


@pytest.mark.parametrize("age", range(len(available()) + 1))
def test_a_file_of_any_age_is_brought_up_to_date(tmp_path: Path, age: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hameau.db"
    monkeypatch.setattr("hameau.storage.migrations.available", lambda: available()[:age])
    Database(path).close()
    monkeypatch.undo()
    database = Database(path)
    assert schema(database) == SCHEMA.read_text(encoding="utf-8")
    database.close()


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path)
    with database.transaction() as session:
        session.run(f"pragma user_version = {len(available()) + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(Refused, match="newer"):
        Database(path)
    assert path.read_bytes() == before


def test_the_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    database = Database(path)
    with database.transaction() as session:
        session.run("pragma application_id = 7")
    database.close()
    with pytest.raises(Corrupt, match="another program"):
        Database(path)


def test_two_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=elsewhere.open_and_close, args=(tmp_path / "hameau.db",)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
