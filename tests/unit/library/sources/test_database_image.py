"""A database that another program has open, copied without its knowing."""

from __future__ import annotations

import struct
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.sources.database_image import TooBig, image, merged, signature


def opened(path: Path, page: int = 4096) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    for query in (
        f"pragma page_size = {page}",
        "pragma journal_mode = wal",
        "pragma wal_autocheckpoint = 0",
        "create table t (a, b)",
    ):
        connection.execute(query).get  # noqa: B018
    return connection


def rows(data: bytes) -> int:
    """How many rows the image has, once it is sound."""
    image = bytearray(data)
    image[18] = image[19] = 1
    memory = apsw.Connection(":memory:")
    memory.deserialize("main", bytes(image))
    assert memory.execute("pragma integrity_check").get == "ok"
    found = memory.execute("select count(*) from t").get
    memory.close()
    return int(found)


@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_what_is_in_the_log_alone_is_in_the_image(tmp_path: Path, page: int) -> None:
    connection = opened(tmp_path / "a.sqlite", page)
    for _ in range(3):
        with connection:
            connection.executemany("insert into t values (?, ?)", [(number, "x" * 200) for number in range(500)])
    connection.execute("begin immediate")
    connection.execute("insert into t values (1, 'pas encore')")
    assert rows(image(tmp_path / "a.sqlite", 1 << 26)) == 1500
    connection.execute("rollback")
    connection.close()
    assert rows(image(tmp_path / "a.sqlite", 1 << 26)) == 1500


def test_a_log_is_believed_as_far_as_its_sums_say(tmp_path: Path) -> None:
    connection = opened(tmp_path / "a.sqlite")
    for number in range(4):
        connection.execute("insert into t values (?, 'x')", (number,))
    data, log = (tmp_path / "a.sqlite").read_bytes(), bytearray((tmp_path / "a.sqlite-wal").read_bytes())
    assert rows(merged(data, bytes(log))) == 4
    log[-10] ^= 1
    assert rows(merged(data, bytes(log))) == 3
    assert rows(merged(data, bytes(log[:-100]))) == 3
    assert merged(data, bytes(log[:20])) == data
    assert merged(data, b"x" * 5000) == data
    connection.close()


def test_the_signature_follows_the_log(tmp_path: Path) -> None:
    connection = opened(tmp_path / "a.sqlite")
    before = signature(tmp_path / "a.sqlite")
    assert signature(tmp_path / "a.sqlite") == before
    connection.execute("insert into t values (1, 2)")
    assert signature(tmp_path / "a.sqlite") != before
    connection.close()


def test_what_is_too_big_is_not_taken(tmp_path: Path) -> None:
    opened(tmp_path / "a.sqlite").close()
    with pytest.raises(TooBig):
        image(tmp_path / "a.sqlite", 100)
    with pytest.raises(FileNotFoundError):
        image(tmp_path / "b.sqlite", 100)


@given(st.binary(max_size=300), st.sampled_from([512, 4096]), st.integers(0, 2**32 - 1))
def test_any_log_leaves_a_database(noise: bytes, page: int, size: int) -> None:
    head = struct.pack(">8I", 0x377F0682, 3007000, page, 0, 1, 2, 3, 4)
    frame = struct.pack(">6I", 1, size, 1, 2, 5, 6) + noise.ljust(page, b"\0")
    assert merged(b"SQLite format 3\0" + noise, head + frame) == b"SQLite format 3\0" + noise


def test_a_log_that_tells_of_a_page_at_the_end_of_the_world_takes_no_memory() -> None:
    page, number = 65536, (1 << 32) - 1

    def summed(words: bytes, one: int, two: int) -> tuple[int, int]:
        for first, second in struct.iter_unpack("<2I", words):
            one = (one + first + two) & 0xFFFFFFFF
            two = (two + second + one) & 0xFFFFFFFF
        return one, two

    begins = struct.pack(">6I", 0x377F0682, 3007000, page, 0, 1, 2)
    head = begins + struct.pack(">2I", *summed(begins, 0, 0))
    frame = struct.pack(">2I", number, number)
    sums = summed(frame + bytes(page), *struct.unpack(">2I", head[24:]))
    log = head + frame + struct.pack(">4I", 1, 2, *sums) + bytes(page)
    with pytest.raises(TooBig):
        merged(b"SQLite format 3\0" + bytes(page), log)
