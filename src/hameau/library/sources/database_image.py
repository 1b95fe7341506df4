"""A copy of a SQLite database that another program has open: its file with what its write-ahead log adds, in memory.

Nothing is locked, opened by SQLite or written: a running browser does not notice. What the log holds is believed only as far as
its own sums say; whether the copy is sound is asked by whoever reads it.

Source: SQLite's « Database File Format », section 4 (the WAL).
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hameau.library.opening import open_document

MAGIC = b"SQLite format 3\0"
_HEADER, _FRAME_HEADER = 32, 24
_LITTLE, _BIG = 0x377F0682, 0x377F0683
_JOURNAL = bytes.fromhex("d9d505f920a163d7")
_TRIES, _PAUSE = 4, 0.05
_AT_ONCE = 512
"""Frames summed at once: a few MB."""
_PAGES = frozenset(1 << power for power in range(9, 17))
_WRAP = 0xFFFF_FFFF


class TooBig(Exception):
    """The database with its log is bigger than allowed."""


def signature(path: Path) -> str:
    """What changes when the database may have changed, without reading it. Raises ``OSError``."""
    return " ".join(_state(path))


def image(path: Path, most: int) -> bytes:
    """The database at ``path`` as it is at one moment, of at most ``most`` bytes.

    Raises ``OSError`` when it can't be read, or is written without a pause, and :class:`TooBig`.
    """
    for attempt in range(_TRIES):
        before = _state(path)
        data, log = _all_of(path, most), _all_of(_beside(path, "-wal"), most, missing=True)
        if _state(path) == before and not (_is_being_written(path) and attempt + 1 < _TRIES):
            break
        time.sleep(_PAUSE)
    else:
        raise BlockingIOError(f"{path.name} is written all the time")
    if len(data) + len(log) > most:
        raise TooBig
    return merged(data, log, most) if data.startswith(MAGIC) else data


def merged(data: bytes, log: bytes, most: int = 1 << 30) -> bytes:
    """The database with every page that its log holds by the last transaction that ended. Raises :class:`TooBig` when its log
    says that it is longer than ``most``."""
    if len(log) < _HEADER + _FRAME_HEADER:
        return data
    magic, _version, page, _number, salt1, salt2, sum1, sum2 = struct.unpack(">8I", log[:_HEADER])
    if magic not in (_LITTLE, _BIG) or page not in _PAGES:
        return data
    length = _FRAME_HEADER + page
    count = (len(log) - _HEADER) // length
    frames = np.frombuffer(log, np.uint8, count * length, _HEADER).reshape(count, length)
    order = "<u4" if magic == _LITTLE else ">u4"
    pages: dict[int, npt.NDArray[np.uint8]] = {}
    waiting: dict[int, npt.NDArray[np.uint8]] = {}
    size = 0
    state = (sum1, sum2)
    for start in range(0, count, _AT_ONCE):
        some = frames[start : start + _AT_ONCE]
        heads = some[:, :_FRAME_HEADER].copy().view(">u4").tolist()
        for at, (head, added) in enumerate(zip(heads, _sums(some, order), strict=True), start):
            number, pages_after, one, two, *said = head
            state = _carried(state, added, page // 8 + 1)
            if (one, two) != (salt1, salt2) or list(state) != said or number == 0:
                return _written(data, pages, page, size, most)
            waiting[number] = frames[at, _FRAME_HEADER:]
            if pages_after:
                pages.update(waiting)
                waiting.clear()
                size = pages_after
    return _written(data, pages, page, size, most)


def _written(data: bytes, pages: dict[int, npt.NDArray[np.uint8]], page: int, size: int, most: int) -> bytes:
    if not pages:
        return data
    size = min(size, max(len(data) // page, *pages))  # a size that no page fills is not believed
    if size * page > most:
        raise TooBig
    out = bytearray(data[: size * page].ljust(size * page, b"\0"))
    for number, content in pages.items():
        if number <= size:
            out[(number - 1) * page : number * page] = content.tobytes()
    return bytes(out)


def _powers(pairs: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """What the sum of a pair of words is multiplied by when ``pairs - 1``, …, 0 pairs follow it: the sum of SQLite is
    ``s0 += x0 + s1; s1 += x1 + s0``, a matrix whose powers are Fibonacci's numbers."""
    low, high = [], []
    one, two = 1, 0  # F(-1), F(0)
    for _ in range(pairs + 1):
        low.append(one)
        high.append(two)
        one = (one + two) & _WRAP
        two = (one + two) & _WRAP
    first, second = np.array(low, np.uint32)[::-1], np.array(high, np.uint32)[::-1]
    return first[1:], second[1:], (first + second)[1:]


def _sums(frames: npt.NDArray[np.uint8], order: str) -> list[tuple[int, int]]:
    """What each frame adds to the sum of those before it."""
    summed = np.concatenate([frames[:, :8], frames[:, _FRAME_HEADER:]], axis=1)
    words = np.ascontiguousarray(summed).view(order).astype(np.uint32)
    even, both = words[:, 0::2], words[:, 0::2] + words[:, 1::2]
    a, b, c = _powers(even.shape[1])
    first = (even * a + both * b).sum(axis=1, dtype=np.uint32)
    second = (even * b + both * c).sum(axis=1, dtype=np.uint32)
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _carried(state: tuple[int, int], added: tuple[int, int], pairs: int) -> tuple[int, int]:
    """The sum after a frame of so many pairs of words."""
    a, b, c = (int(one[0]) for one in _last_powers(pairs))
    first = (a * state[0] + b * state[1] + added[0]) & _WRAP
    return first, (b * state[0] + c * state[1] + added[1]) & _WRAP


def _last_powers(pairs: int) -> tuple[npt.NDArray[np.uint32], ...]:
    if pairs not in _KNOWN:
        _KNOWN[pairs] = _powers(pairs + 1)
    return _KNOWN[pairs]


_KNOWN: dict[int, tuple[npt.NDArray[np.uint32], ...]] = {}


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _is_being_written(path: Path) -> bool:
    """Whether a rollback journal says that a transaction is on its way, or was cut off: the sound pages are in there then."""
    try:
        with _beside(path, "-journal").open("rb") as file:
            return file.read(len(_JOURNAL)) == _JOURNAL
    except OSError:
        return False


def _state(path: Path) -> tuple[str, str]:
    status = path.stat()
    try:
        log = _beside(path, "-wal").stat()
    except FileNotFoundError:
        return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}", ""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}", f"{log.st_size}-{log.st_mtime_ns}"


def _all_of(path: Path, most: int, *, missing: bool = False) -> bytes:
    try:
        descriptor = open_document(path)
    except FileNotFoundError:
        if missing:
            return b""
        raise
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TooBig
    return data
