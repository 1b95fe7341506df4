"""What is unused in a page is filled, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest

from hameau.storage import Database
from hameau.storage.migrations import APPLICATION_ID, available
from hameau.storage.scrubbing import fill


def page(cells: int, content: int, *, free: tuple[tuple[int, int], ...] = ()) -> bytearray:
    """A leaf of 512 bytes, all of them written, with free blocks ``(begin, size)``."""
    made = bytearray(b"\xaa" * 512)
    made[0] = 13
    made[1:8] = (
        (free[0][0] if free else 0).to_bytes(2, "big") + cells.to_bytes(2, "big") + content.to_bytes(2, "big") + b"\0"
    )
    for at, (begin, size) in enumerate(free):
        following = free[at + 1][0] if at + 1 < len(free) else 0
        made[begin : begin + 4] = following.to_bytes(2, "big") + size.to_bytes(2, "big")
    return made


def test_the_gap_and_the_free_blocks_are_filled() -> None:
    made = page(3, 200, free=((300, 20), (400, 8)))
    before = bytes(made)
    assert fill(made, 0, 512)
    unused = {*range(8 + 6, 200), *range(304, 320), *range(404, 408)}
    assert all(made[at] == (0 if at in unused else before[at]) for at in range(512))
    assert not fill(made, 0, 512)


@pytest.mark.parametrize(
    "made",
    [page(300, 200), page(3, 600), bytearray(b"\x07" * 512), page(1, 200, free=((100, 20),))],
    ids=["too many cells", "beyond the end", "no tree", "a block in the gap"],
)
def test_a_page_that_is_not_as_it_should_be_keeps_its_cells(made: bytearray) -> None:
    before = bytes(made)
    fill(made, 0, 512)
    assert bytes(made[200:]) == before[200:]


def test_a_file_says_the_same_afterwards(tmp_path: Path) -> None:
    database, chance = Database(tmp_path / "hameau.db"), random.Random(7)
    kept: dict[str, str] = {}
    for _ in range(60):
        with database.transaction() as session:
            for _ in range(20):
                key = f"k{chance.randrange(300)}"
                if chance.random() < 0.5:
                    kept[key] = "x" * chance.randrange(2_000)
                    session.run("insert or replace into settings (key, value) values (?, ?)", (key, kept[key]))
                else:
                    kept.pop(key, None)
                    session.run("delete from settings where key = ?", (key,))
    at = 1
    while at:
        found = database.scrub(at, 16)
        assert found is not None
        at = found[0]
    assert database.check() == []
    with database.read() as session:
        assert dict(session.tuples("select key, value from settings where key like 'k%'")) == kept
    database.close()


def test_nothing_is_scrubbed_while_somebody_reads_the_log(tmp_path: Path) -> None:
    database = Database(tmp_path / "hameau.db")
    with database.read() as session:
        session.all("select * from settings")
        with database.transaction() as writing:
            writing.run("insert into settings (key, value) values ('a', '1')")
        assert database.scrub(1, 100) is None
    assert database.scrub(1, 1_000_000) is not None
    database.close()


def test_a_file_of_a_version_that_could_not_shrink_learns_it_once(tmp_path: Path) -> None:
    path = tmp_path / "hameau.db"
    old = apsw.Connection(str(path))
    old.execute(available()[0][1])
    old.pragma("user_version", 1)
    old.pragma("application_id", APPLICATION_ID)
    old.close()
    database = Database(path)
    assert database.make_shrinkable()
    assert not database.make_shrinkable()
    with database.transaction() as session:
        session.run("insert into settings (key, value) values ('a', ?)", ("x" * 1_000_000,))
        session.run("delete from settings where key = 'a'")
        assert session.value("pragma freelist_count") > 200
        session.run("pragma incremental_vacuum(100000)")
        assert session.value("pragma freelist_count") == 0
    database.close()


def test_what_was_left_in_a_page_in_use_goes_from_the_file(tmp_path: Path) -> None:
    path, secret = tmp_path / "hameau.db", b"zorglub"
    Database(path).close()
    content = bytearray(path.read_bytes())
    at = 100 + 8 + 2 * int.from_bytes(content[103:105], "big")  # behind the cell pointers of page 1
    if content[100] == 5:
        at += 4  # an inner page: its header is longer
    assert at + len(secret) <= int.from_bytes(content[105:107], "big")
    content[at : at + len(secret)] = secret
    path.write_bytes(content)
    database = Database(path)
    follows, changed = database.scrub(1, 1_000_000) or (1, 0)
    assert follows == 0
    assert changed >= 1
    assert secret not in path.read_bytes()
    assert database.check() == []
    database.close()
