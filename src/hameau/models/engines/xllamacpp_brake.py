"""Stops llama.cpp in the middle of a batch, when the one for whom a long prompt is read has gone.

The engine looks for a cancel only between two batches, and a batch of a prompt takes seconds. Its library can do better:
``llama_set_abort_callback`` (llama.h) is asked before every step of the computation. What lacks is the context to set it on,
which the engine keeps to itself. So we stand between the engine and its library in two calls, ``llama_process(context, …)``
and ``llama_n_batch(context)``: the addresses under which it calls these functions stand in a table that the dynamic linker
fills, and that a preloaded library would fill in just this way (ELF, relocations of type JUMP_SLOT and GLOB_DAT;
https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html). Where that table or these calls are not found, there is no
brake, and a cancel waits for the end of the batch.

The callback is no code of ours either: ``strlen`` of the C library, given the address of one byte. An empty text is 0: go on.
"""

from __future__ import annotations

import ctypes
import logging
import mmap
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

_DYNAMIC = 2  # type of the program header
_END, _STRINGS, _SYMBOLS, _TABLE, _TABLE_SIZE, _PLT, _PLT_SIZE = 0, 5, 6, 7, 8, 23, 2  # types of dynamic entries
_READ_WRITE = 3
_ABORTED, _FAILED = 2, -3  # what llama_process says (llama.h, llama_decode)
_CALLS = (b"llama_process", b"llama_n_batch")
TRIED = frozenset({"2026.10.11549"})
"""The releases of xllamacpp with which this was tried, on x86-64: whoever raises the pin tries it and adds it here."""

_Process = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_Size = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)


class Brake:
    """Of the one engine in this process. It stands idle until :meth:`engage` found that it works."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        """How many tokens of a prompt the engine reads at a time from now on; at most what it was loaded with."""
        self.holds = False
        """Whether it works: whether the engine can be stopped."""
        self._flag = ctypes.create_string_buffer(2)
        self._context: int | None = None

    def engage(self, library: str, release: str, work: Callable[[], object]) -> None:
        """Puts itself between the engine and its shared ``library``, then lets the engine do a little ``work`` to see that it
        is asked; if not, everything is as before. Only with a model loaded: loading holds Python's lock, and the engine
        would wait for us for ever. Only for a ``release`` with which this was tried."""
        places = _tables(library) if release in TRIED and sys.platform == "linux" else {}
        if len(places) < len(_CALLS):
            logger.info("No brake for the engine's release %s: a cancel waits for the end of a batch.", release)
            return
        self._engine = ctypes.CDLL(library)
        self._process = _Process(("llama_process", self._engine))
        self._hooks = (_Process(self._processed), _Size(self._size))  # kept: the table points to them
        before: list[tuple[int, int]] = []
        for call, hook in zip(_CALLS, self._hooks, strict=True):
            ours = ctypes.cast(hook, ctypes.c_void_p).value or 0
            before += [(place, was) for place in places[call] if (was := _exchange(place, ours))]
        try:
            work()
        except RuntimeError as error:  # what the engine raises
            logger.info("The engine could not try its brake: %s", error)
        self.holds = self._context is not None
        if not self.holds:
            logger.warning("The brake does not work with the engine's release %s: it is taken out again.", release)
            for place, was in before:
                _exchange(place, was)

    def press(self) -> None:
        """Ends the batch that is being read. Everything that the engine is busy with fails."""
        self._flag[0] = b"\1"

    def release(self) -> None:
        """Lets the engine compute again."""
        self._flag[0] = b"\0"

    def _processed(self, context: int, kind: int, batch: int) -> int:
        """``llama_process``, as the engine sees it; runs in the engine's thread. What was aborted has failed: the engine
        would try again with less, and less, and stumble over nothing at all."""
        if context != self._context:
            self._context = context
            stop = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
            setter = self._engine.llama_set_abort_callback
            setter.argtypes, setter.restype = [ctypes.c_void_p] * 3, None
            setter(context, stop, ctypes.addressof(self._flag))
        done = self._process(context, kind, batch)
        return _FAILED if done == _ABORTED else done

    def _size(self, _context: int) -> int:
        """``llama_n_batch``, as the engine sees it."""
        return self.batch


def _tables(library: str) -> dict[bytes, list[int]]:
    """Where ``library``, loaded in this process, keeps the addresses under which it calls what we stand before; nothing for
    what it does not call so."""
    found: dict[bytes, list[int]] = {}
    for function, place in _places(library, frozenset(_CALLS)):
        found.setdefault(function, []).append(place)
    return found


def _places(library: str, functions: frozenset[bytes]) -> Iterator[tuple[bytes, int]]:
    start = _start(library)
    if not start or ctypes.string_at(start, 6) != b"\x7fELF\x02\x01":  # 64 bits, little-endian
        return
    entries = dict(_dynamic(start))
    for key in (_STRINGS, _SYMBOLS, _TABLE, _PLT):
        if 0 < entries.get(key, 0) < start:  # the dynamic linker of glibc has added the start already, others have not
            entries[key] += start
    strings, symbols = entries.get(_STRINGS), entries.get(_SYMBOLS)
    if not strings or not symbols:
        return
    for table, size in ((_PLT, _PLT_SIZE), (_TABLE, _TABLE_SIZE)):
        if entries.get(table) and entries.get(size):
            for offset, info, _ in struct.iter_unpack("<QQq", ctypes.string_at(entries[table], entries[size])):
                if symbol := info >> 32:
                    (name,) = struct.unpack("<I", ctypes.string_at(symbols + 24 * symbol, 4))
                    if (called := ctypes.string_at(strings + name)) in functions:
                        yield called, start + offset


def _dynamic(start: int) -> Iterator[tuple[int, int]]:
    (headers,) = struct.unpack("<Q", ctypes.string_at(start + 32, 8))
    size, count = struct.unpack("<HH", ctypes.string_at(start + 54, 4))
    for number in range(count):
        kind, _, _, place = struct.unpack("<IIQQ", ctypes.string_at(start + headers + size * number, 24))
        if kind == _DYNAMIC:
            at = start + place
            while (entry := struct.unpack("<qQ", ctypes.string_at(at, 16)))[0] != _END:
                yield entry
                at += 16
            return


def _start(library: str) -> int:
    """Where the first byte of ``library`` is in our memory; 0: nowhere."""
    wanted = str(Path(library).resolve())
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        span, _, offset, _, _, *path = line.split(maxsplit=5)
        if path == [wanted] and int(offset, 16) == 0:
            return int(span.partition("-")[0], 16)
    return 0


def _exchange(place: int, address: int) -> int:
    """Writes ``address`` at ``place`` and returns what stood there; 0 when nothing may be written."""
    page = place & -mmap.PAGESIZE
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), _READ_WRITE) != 0:
        return 0
    entry = ctypes.c_uint64.from_address(place)
    before, entry.value = entry.value, address
    return before
