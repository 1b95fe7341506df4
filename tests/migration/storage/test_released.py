"""Libraries that released versions left: brought up to date with every row, kept as they were, and brought back.

``released/NNNN.sql`` is a whole library of version NNNN as SQL. When a migration is released, such a file is added for it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from hameau.hub import downgrade
from hameau.kit import Conflict, NotEnough, NotFound
from hameau.storage import Database, kept_copies, newest_version, version_of
from hameau.storage.migrations import FOLDER, available

RELEASED = sorted(Path(__file__).with_name("released").glob("*.sql"))
AGES = [int(file.stem) for file in RELEASED]
_SHADOW = re.compile(r"^(passage_index|turn_index)_")
Tables = dict[str, list[dict[str, Any]]]


def grown(path: Path, file: Path) -> Path:
    """The library in ``file``, as the release it is from left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = apsw.Connection(str(path))
    for _ in connection.execute("pragma journal_mode = wal"):
        pass
    for _ in connection.execute(file.read_text(encoding="utf-8")):
        pass
    connection.close()
    return path


def content(path: Path) -> Tables:
    """Every row of every table by column names, what the text indexes find included."""
    connection = apsw.Connection(str(path))
    names = [name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")]
    found: Tables = {}
    for name in sorted(names):
        if _SHADOW.match(name) or name.startswith("sqlite_") or name == "passage_terms":
            continue
        columns = [row[1] for row in connection.execute(f"pragma table_info({name})")]
        select = f"select {', '.join(columns)} from {name} order by 1"
        found[name] = [dict(zip(columns, row, strict=True)) for row in connection.execute(select)]
    for index, term in (("passage_index", "meul"), ("turn_index", "meul")):
        rows = connection.execute(f"select rowid from {index} where {index} match ?", (term,))
        found[index] = [{"found": row[0]} for row in rows]
    connection.close()
    return found


def shape(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """The columns of every table with their kinds and defaults, in any order, and the names of indexes and triggers."""
    connection = apsw.Connection(str(path))
    found: dict[str, set[tuple[Any, ...]]] = {"": set()}
    for kind, name in list(connection.execute("select type, name from sqlite_schema where name not like 'sqlite_%'")):
        if _SHADOW.match(name):
            continue
        found[""].add((kind, name))
        if kind == "table":
            found[name] = {row[1:] for row in connection.execute(f"pragma table_info({name})")}
    connection.close()
    return found


def without(tables: Tables, reference: Tables) -> Tables:
    """``tables`` with only those tables and columns that ``reference`` has."""
    return {
        name: [{key: row[key] for key in reference[name][0] if key in row} for row in tables.get(name, [])]
        if reference[name]
        else tables.get(name, [])
        for name in reference
    }


def test_every_released_version_has_its_file() -> None:
    assert sorted(AGES) == list(range(1, max(AGES) + 1))
    assert max(AGES) in (newest_version(), newest_version() - 1)
    assert all((FOLDER / f"{number:04}_{name}").exists() for number, name in _down_scripts())


def _down_scripts() -> list[tuple[int, str]]:
    ups = [file.name for file in FOLDER.glob("[0-9]*.sql") if not file.name.endswith(".down.sql")]
    return [(int(name[:4]), name[5:].replace(".sql", ".down.sql")) for name in ups if int(name[:4]) > 1]


@pytest.fixture(params=RELEASED, ids=[file.stem for file in RELEASED])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return grown(tmp_path / "home" / "hameau.db", request.param)


def test_every_row_is_there_after_the_upgrade_and_a_copy_is_kept(library: Path) -> None:
    before = content(library)
    version = _version(library)
    Database(library).close()
    assert _version(library) == newest_version()
    assert without(content(library), _renamed(before)) == _renamed(before)
    if version == 1:
        assert all(row["dated_at"] == row["modified_at"] for row in content(library)["documents"])
    if version < newest_version():
        (kept,) = kept_copies(library)
        assert version_of(kept) == version
        assert content(kept) == before
        assert kept.stat().st_mode & 0o777 == 0o600


def _renamed(tables: Tables) -> Tables:
    """Without the columns that became something else: requests to read became jobs, an embedder's name its number."""
    gone = {("sources", "sync_wanted"), ("vectors", "number"), ("vectors", "embedder_id")}
    return {
        name: [{key: value for key, value in row.items() if (name, key) not in gone} for row in rows]
        for name, rows in _to_be_read_again(tables).items()
    }


def _to_be_read_again(tables: Tables) -> Tables:
    """As they are once version 4 wants mails and calendars to be read again."""
    documents = [
        {**row, "fingerprint": "", "content_hash": ""}
        if row.get("kind") == "mail" or row["media_type"] in ("message/rfc822", "text/calendar")
        else row
        for row in tables["documents"]
    ]
    return {**tables, "documents": documents}


def test_the_way_back_leads_to_the_very_tables_and_rows(library: Path) -> None:
    before, tables, version = content(library), shape(library), _version(library)
    if version == newest_version():
        pytest.skip("nothing was upgraded")
    Database(library).close()
    done = downgrade(library.parent, None, to=version)
    assert done.version == _version(library) == version
    assert version_of(done.kept) == newest_version()
    assert shape(library) == tables
    after = content(library)
    if version == 1:
        for row in (*after["sources"], *before["sources"]):  # a count before, yes or no now
            row["sync_wanted"] = int(row["sync_wanted"] > 0)
    assert after == _to_be_read_again(before)
    Database(library).close()
    assert _version(library) == newest_version()


def test_the_very_file_from_before_can_be_put_back(library: Path) -> None:
    before, version = content(library), _version(library)
    if version == newest_version():
        pytest.skip("nothing was upgraded")
    database = Database(library)
    with database.transaction() as session:
        session.run("insert into settings (key, value) values ('later', '1')")
    database.close()
    done = downgrade(library.parent, None, to=version, exactly=True)
    assert content(library) == before
    assert {row["key"] for row in content(done.kept)["settings"]} == {"text_index", "later"}


def test_there_is_no_way_back_before_the_first_version_or_while_it_is_used(library: Path) -> None:
    database = Database(library)
    with pytest.raises(Conflict):
        downgrade(library.parent, None)
    database.close()
    for to in (newest_version(), newest_version() + 1):
        with pytest.raises(NotFound):
            downgrade(library.parent, None, to=to)
    downgrade(library.parent, None, to=1)
    with pytest.raises(NotFound):
        downgrade(library.parent, None)
    with pytest.raises(NotFound):
        downgrade(library.parent, None, to=7, exactly=True)


def test_without_room_for_the_copy_nothing_is_upgraded(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = _version(library)
    if version == newest_version():
        pytest.skip("nothing is upgraded")
    before = content(library)
    usage = shutil.disk_usage(library.parent)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=5_000_000))
    with pytest.raises(NotEnough):
        Database(library)
    monkeypatch.undo()
    assert content(library) == before


def test_only_the_last_two_copies_stay(library: Path) -> None:
    for _ in range(4):
        Database(library).close()
        downgrade(library.parent, None, to=1)
        for copied in kept_copies(library):
            moment = copied.name.rpartition("-")[2]
            copied.rename(copied.with_name(copied.name.replace(moment, f"2026010{_}T000000.db")))
    assert len(kept_copies(library)) <= 2


def test_an_upgrade_that_fails_changes_nothing(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, version = content(library), _version(library)
    steps = [*available(), (newest_version() + 1, "create table one (a); create table one (a);")]
    monkeypatch.setattr("hameau.storage.migrations.available", lambda: steps)
    with pytest.raises(apsw.SQLError):
        Database(library)
    monkeypatch.undo()
    assert _version(library) == version
    assert content(library) == before


def _version(path: Path) -> int:
    connection = apsw.Connection(str(path))
    found = int(str(connection.pragma("user_version")))
    connection.close()
    return found
