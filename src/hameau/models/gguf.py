"""Reads the header of a GGUF file without trusting it: every length is checked before anything is read or allocated.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian). Weights are
never read. Knows nothing of models or chat: :mod:`hameau.models.inspect` says what a header means.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from hameau.kit import N_, Corrupt

_MAX_KEYS = 65_536
_MAX_TENSORS = 65_536
_MAX_ITEMS = (
    4_000_000  # strings walked in all arrays together; the largest vocabularies with merges hold under a million
)
_MAX_HEADER = 256 << 20
_MAX_KEPT_TEXT = 1 << 20  # the longest text that is kept (a chat template); longer ones are skipped
_MAX_NAME = 1_024
_MAX_DEPTH = 4
_CHUNK = 1 << 20

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<B", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY, _BOOL = 8, 9, 7

# Bytes and weights of one block of every tensor type (ggml.h, ggml-common.h).
_BLOCKS = {
    0: (4, 1), 1: (2, 1), 2: (18, 32), 3: (20, 32), 6: (22, 32), 7: (24, 32), 8: (34, 32), 9: (36, 32),
    10: (84, 256), 11: (110, 256), 12: (144, 256), 13: (176, 256), 14: (210, 256), 15: (292, 256),
    16: (66, 256), 17: (74, 256), 18: (98, 256), 19: (50, 256), 20: (18, 32), 21: (110, 256), 22: (82, 256), 23: (136,
    256), 24: (1, 1), 25: (2, 1), 26: (4, 1), 27: (8, 1), 28: (8, 1), 29: (56, 256), 30: (2, 1), 34: (54, 256), 35:
    (66, 256), 39: (17, 32),
}  # fmt: skip

_VOCABULARY = "tokenizer.ggml.tokens"

Value = str | int | float | bool
_Sought = tuple[set[bytes], set[bytes]]  # texts to look for, and those that were there


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says of itself. Arrays are kept as their length, under the key with ``[]`` after it."""

    version: int
    values: dict[str, Value] = field(default_factory=dict)
    tensors: int = 0
    weights: int = 0
    """Numbers in all tensors together: the parameters of the model."""
    file_bytes: int = 0
    needed_bytes: int = 0
    """Where the last tensor ends: a file shorter than this is truncated."""
    tokens: frozenset[str] = frozenset()
    """Those of the tokens asked for that are in its vocabulary."""

    def text(self, key: str) -> str:
        """The text under ``key``, or an empty one."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """The whole number under ``key``, or 0; a negative one, which counts nothing, is 0 too."""
        value = self.values.get(key, 0)
        return max(0, value) if isinstance(value, int) else 0


def read_header(stream: BinaryIO, size: int, tokens: frozenset[str] = frozenset()) -> Header:
    """The header of the ``size`` bytes in ``stream``, at its start; which of ``tokens`` the model knows is found, too.

    Raises :class:`Corrupt` when it is not GGUF, ends early or contradicts itself. Holds a few MB at most, whatever
    the file says.
    """
    reader = _Reader(stream, size)
    if size < 24 or reader.take(4) != b"GGUF":
        raise Corrupt(
            N_("This is not a GGUF file."), hint=N_("Hameau runs models in the GGUF format, files that end in .gguf.")
        )
    version = reader.number("<I")
    if version not in (2, 3):
        raise Corrupt(N_("This GGUF file has version {version}, which Hameau can't read."), version=version)
    tensors, keys = reader.number("<Q"), reader.number("<Q")
    if tensors > _MAX_TENSORS or keys > _MAX_KEYS:
        raise _damaged(f"{tensors} tensors, {keys} keys")
    values: dict[str, Value] = {}
    wanted = {token.encode() for token in tokens}
    found: set[bytes] = set()
    for _ in range(keys):
        key = reader.name()
        kind = reader.number("<I")
        _read_value(reader, values, key, kind, (wanted, found) if key == _VOCABULARY else None)
    needed, weights = _read_tensors(reader, tensors, values)
    return Header(version, values, tensors, weights, size, needed, frozenset(token.decode() for token in found))


def _read_value(reader: _Reader, values: dict[str, Value], key: str, kind: int, sought: _Sought | None) -> None:
    if kind == _ARRAY:
        values[f"{key}[]"] = _skip_array(reader, 0, sought)
    elif kind == _STRING:
        length = reader.number("<Q")
        if length > _MAX_KEPT_TEXT:
            reader.skip(length)
        else:
            values[key] = reader.take(length).decode("utf-8", "replace")
    elif form := _SCALARS.get(kind):
        value = reader.number(form)
        values[key] = bool(value) if kind == _BOOL else value
    else:
        raise _damaged(f"value type {kind}")


def _skip_array(reader: _Reader, depth: int, sought: _Sought | None = None) -> int:
    kind, count = reader.number("<I"), reader.number("<Q")
    if form := _SCALARS.get(kind):
        reader.skip(count * struct.calcsize(form))
    elif kind == _STRING:
        reader.skip_texts(count, sought)
    elif kind == _ARRAY and depth < _MAX_DEPTH:
        reader.count(count)
        for _ in range(count):
            _skip_array(reader, depth + 1)
    else:
        raise _damaged(f"array of type {kind}")
    return int(count)


def _read_tensors(reader: _Reader, tensors: int, values: dict[str, Value]) -> tuple[int, int]:
    """Where the last tensor ends in the file, and how many weights there are."""
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20:
        raise _damaged(f"alignment {alignment}")
    end = weights = 0
    for _ in range(tensors):
        reader.name()
        dimensions = reader.number("<I")
        if not 0 <= dimensions <= 8:
            raise _damaged(f"{dimensions} dimensions")
        shape = [reader.number("<Q") for _ in range(dimensions)]
        kind, offset = reader.number("<I"), reader.number("<Q")
        count = math.prod(shape)
        weights += count
        # A type younger than this table: its tensor counts from its offset only, the engine knows better.
        block_bytes, block_weights = _BLOCKS.get(kind, (0, 1))
        end = max(end, offset + -(-count // block_weights) * block_bytes)
    start = -(-reader.position // alignment) * alignment
    if end > 1 << 50:
        raise _damaged(f"tensors of {end} bytes")
    return (start + end if tensors else reader.position), weights


def _damaged(detail: str) -> Corrupt:
    """``detail`` is for the log and for tests; a person needs to know what to do."""
    return Corrupt(
        N_("This model file is damaged."),
        hint=N_("Fetch or copy it again; if it came from somebody you don't trust, throw it away."),
        detail=detail,
    )


class _Reader:
    """Reads forward through a buffer of one chunk. Refuses to pass the end of the file or the limits of a sane
    header."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._limit = min(size, _MAX_HEADER)
        self._buffer = b""
        self._at = 0
        self._start = 0
        self._items = 0

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._start + self._at

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes (at most one chunk)."""
        if self._at + length > len(self._buffer):
            self._refill(length)
        self._at += length
        return self._buffer[self._at - length : self._at]

    # The value's type follows from the format string: int for all but "<f" and "<d".
    def number(self, form: str) -> int:
        """The next scalar."""
        value: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def name(self) -> str:
        """The next short text: a key or a tensor's name."""
        length = self.number("<Q")
        if length > _MAX_NAME:
            raise _damaged(f"a name of {length} bytes")
        return self.take(length).decode("utf-8", "replace")

    def skip(self, length: int) -> None:
        """Passes over ``length`` bytes."""
        target = self.position + length
        self._check(target)
        if target <= self._start + len(self._buffer):
            self._at += length
        else:
            self._stream.seek(target)
            self._buffer, self._at, self._start = b"", 0, target

    def skip_texts(self, count: int, sought: _Sought | None = None) -> None:
        """Passes over ``count`` texts, and notes those that are sought."""
        self.count(count)
        wanted, found = sought or (set(), set())
        lengths = set(map(len, wanted))
        for _ in range(count):
            if self._at + 8 > len(self._buffer):
                self._refill(8)
            length: int = _U64.unpack_from(self._buffer, self._at)[0]
            self._at += 8
            if length in lengths:
                if (text := self.take(length)) in wanted:
                    found.add(text)
            elif self._at + length <= len(self._buffer):
                self._at += length
            else:
                self.skip(length)

    def count(self, items: int) -> None:
        """Counts ``items`` of arrays against the limit, so that no header can keep us busy."""
        self._items += items
        if self._items > _MAX_ITEMS:
            raise _damaged(f"an array of {items} items")

    def _refill(self, length: int) -> None:
        self._check(self.position + length)
        self._start += self._at
        self._buffer = self._buffer[self._at :] + self._stream.read(max(_CHUNK, length))
        self._at = 0
        if len(self._buffer) < length:  # the file shrank while it was read
            raise _truncated(self._start + len(self._buffer), self._start + length)

    def _check(self, target: int) -> None:
        if target > self._limit:
            raise (
                _truncated(self._limit, target)
                if self._limit < _MAX_HEADER
                else _damaged(f"a header of {target} bytes")
            )


_U64 = struct.Struct("<Q")


def _truncated(have: int, need: int) -> Corrupt:
    return Corrupt(
        N_("This model file is truncated: {have} of at least {need} bytes are there."),
        hint=N_("The copy or the download was cut short: fetch or copy it again."),
        have=have,
        need=need,
    )
