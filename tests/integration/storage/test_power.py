"""The power is cut at every moment of a written story: what was promised is on the disk, and nothing is half there.

``HAMEAU_ROUNDS`` is how many ways each moment's loose sectors are mixed.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from fakes.power import Disk
from hameau.storage import Database

ROUNDS = int(os.environ.get("HAMEAU_ROUNDS", "1"))
RELEASED = sorted((Path(__file__).parents[2] / "migration" / "storage" / "released").glob("*.sql"))
PUT = "insert into settings (key, value) values (?, ?)"
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def only_disk() -> Disk:
    """The cipher's layer above a disk stays for good, so there is one for all."""
    return Disk()


@pytest.fixture
def disk(only_disk: Disk) -> Disk:
    only_disk.clear()
    return only_disk


class Story:
    """Writes pairs of rows; remembers which pairs were promised, which are only likely, and which were undone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.begun: list[int] = []
        self.promised: list[int] = []

    def write(self, number: int, *, durable: bool, size: int = 40) -> None:
        self.begun.append(number)
        with self._database.transaction(durable=durable) as session:
            session.run(PUT, (f"{number}-a", "x" * size))
            session.run(PUT, (f"{number}-b", "x" * size))
        if durable:
            self.promised = list(self.begun)

    def nest(self, number: int) -> None:
        """A durable one inside one that is not: it is promised when the outer one is over."""
        self.begun.append(number)
        with self._database.transaction() as outer:
            outer.run(PUT, (f"{number}-a", "x"))
            with self._database.transaction(durable=True) as inner:
                inner.run(PUT, (f"{number}-b", "x"))
        self.promised = list(self.begun)

    def tell(self) -> None:
        for number in range(4):
            self.write(number, durable=False)
        self.write(4, durable=True)
        self.write(5, durable=False, size=30_000)
        self.nest(6)
        for number in range(7, 10):
            self.write(number, durable=number % 2 == 0, size=9_000)


def cut_everywhere(disk: Disk, folder: Path, story: Story, key: bytes | None, act: Callable[[], None]) -> int:
    """Runs ``act``, and looks at the disk as it would be found after a cut at each of its moments."""
    dice, looked = random.Random(4), 0

    def look() -> None:
        nonlocal looked
        disk.on_moment = lambda: None
        begun, promised = list(story.begun), list(story.promised)
        for _ in range(ROUNDS):
            looked += 1
            for left in folder.iterdir():
                left.unlink()
            disk.found_after_cut(folder, dice)
            check(folder / "hameau.db", begun, promised, key)
        disk.on_moment = look

    disk.on_moment = look
    act()
    disk.on_moment = lambda: None
    return looked


def check(path: Path, begun: list[int], promised: list[int], key: bytes | None) -> None:
    found = Database(path, key)
    try:
        assert found.check() == []
        with found.read() as session:
            keys = {row[0] for row in session.tuples("select key from settings")}
    finally:
        found.close()
    halves = {number for number in begun if (f"{number}-a" in keys) != (f"{number}-b" in keys)}
    assert not halves, "a transaction was half there"
    there = [number for number in begun if f"{number}-a" in keys]
    assert there == begun[: len(there)], "a later transaction outlived an earlier one"
    assert set(promised) <= set(there), "what was promised is gone"


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
def test_what_was_promised_survives_a_cut_at_any_moment(disk: Disk, tmp_path: Path, key: bytes | None) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "found").mkdir()
    database = Database(tmp_path / "home" / "hameau.db", key, vfs=disk.name)
    story = Story(database)
    looked = cut_everywhere(disk, tmp_path / "found", story, key, story.tell)
    looked += cut_everywhere(disk, tmp_path / "found", story, key, database.close)
    assert looked > 60


@pytest.mark.parametrize("released", [None, *RELEASED], ids=lambda file: file.stem if file else "new")
def test_a_cut_while_the_file_is_made_or_upgraded_leaves_one_that_opens(
    disk: Disk, tmp_path: Path, released: Path | None
) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "home").mkdir()
    path = tmp_path / "home" / "hameau.db"
    before: list[object] = []
    if released:
        connection = apsw.Connection(str(path), vfs=disk.name)
        for _ in connection.execute(f"pragma journal_mode = wal; {released.read_text(encoding='utf-8')}"):
            pass
        before = connection.execute("select (select count(*) from passages), (select count(*) from turns)").fetchall()
        connection.close()
    moments, dice = 0, random.Random(4)

    def look() -> None:
        nonlocal moments
        moments += 1
        if ROUNDS == 1 and moments % 7:
            return
        disk.on_moment = lambda: None
        for left in (tmp_path / "found").iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        disk.found_after_cut(tmp_path / "found", dice)
        found = Database(tmp_path / "found" / "hameau.db")
        assert found.check() == []
        if released:
            with found.read() as session:
                passages, turns = (session.value(f"select count(*) from {table}") for table in ("passages", "turns"))
            assert [(passages, turns)] == before
        found.close()
        disk.on_moment = look

    disk.on_moment = look
    Database(path, vfs=disk.name).close()
    disk.on_moment = lambda: None
    assert moments > 30


def test_the_power_is_really_cut(disk: Disk, tmp_path: Path) -> None:
    """The simulation itself: what is not synced can be lost, so the tests above could fail."""
    (tmp_path / "found").mkdir()
    (tmp_path / "home").mkdir()
    database = Database(tmp_path / "home" / "hameau.db", vfs=disk.name)
    lost = 0
    with database.transaction(durable=True) as session:
        session.run(PUT, ("sure", "x"))
    for number in range(20):
        with database.transaction() as session:
            session.run(PUT, (str(number), "x"))
        disk.found_after_cut(tmp_path / "found", random.Random(number))
        connection = apsw.Connection(str(tmp_path / "found" / "hameau.db"))
        lost += number + 2 - next(connection.execute("select count(*) from settings"))[0]
        connection.close()
    database.close()
    assert lost > 0
