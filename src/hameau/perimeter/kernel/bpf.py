"""A tiny assembler for eBPF and the few commands of bpf(2) that the walls need, so that no compiler is needed.

Instructions are those of RFC 9669. The kernel's verifier checks every program; what it says is in the error.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hameau.perimeter.kernel.syscalls import bpf

HASH, ARRAY, LRU_HASH = 1, 2, 9
_MAP_CREATE, _LOOKUP, _UPDATE, _DELETE, _NEXT_KEY, _PROG_LOAD = 0, 1, 2, 3, 4, 5
_ATTACH, _DETACH, _FD_BY_ID, _INFO, _QUERY = 8, 9, 13, 15, 16
_ALLOW_MULTI = 2
_LOG_SIZE = 1 << 16
_NAME_AT = 64  # in struct bpf_prog_info
_INFO_SIZE = 232

_SIZES = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
_JUMPS = {"==": 0x10, "&": 0x40, "!=": 0x50}


class Assembler:
    """Instructions one after another; places are named, and jumped to by name before they are known."""

    def __init__(self) -> None:
        self._code: list[bytes] = []
        self._places: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def place(self, name: str) -> None:
        """The next instruction is called ``name``."""
        self._places[name] = len(self._code)

    def copy(self, to: int, source: int) -> None:
        """Register ``to`` = register ``source``."""
        self._add(0xBF, to, source)

    def set(self, to: int, value: int) -> None:
        """Register ``to`` = ``value``."""
        self._add(0xB7, to, value=value)

    def add(self, to: int, value: int) -> None:
        """Register ``to`` += ``value``."""
        self._add(0x07, to, value=value)

    def keep(self, to: int, mask: int) -> None:
        """Register ``to`` &= ``mask``."""
        self._add(0x57, to, value=mask)

    def shift(self, to: int, bits: int) -> None:
        """Register ``to`` <<= ``bits``."""
        self._add(0x67, to, value=bits)

    def load(self, size: int, to: int, base: int, offset: int) -> None:
        """Register ``to`` = ``size`` bytes at register ``base`` + ``offset``."""
        self._add(0x61 | _SIZES[size], to, base, offset)

    def store(self, size: int, base: int, offset: int, source: int) -> None:
        """``size`` bytes at register ``base`` + ``offset`` = register ``source``."""
        self._add(0x63 | _SIZES[size], base, source, offset)

    def put(self, size: int, base: int, offset: int, value: int) -> None:
        """``size`` bytes at register ``base`` + ``offset`` = ``value``."""
        self._add(0x62 | _SIZES[size], base, 0, offset, value)

    def count(self, base: int, source: int) -> None:
        """The eight bytes at register ``base`` += register ``source``, at one stroke for all processors."""
        self._add(0xDB, base, source)

    def table(self, to: int, descriptor: int) -> None:
        """Register ``to`` = the map ``descriptor``."""
        self._add(0x18, to, 1, value=descriptor)
        self._add(0)

    def call(self, helper: int) -> None:
        """Calls a helper of the kernel (bpf-helpers(7)) with registers 1 to 5; its answer is in register 0."""
        self._add(0x85, value=helper)

    def jump(self, name: str) -> None:
        """Goes on at ``name``."""
        self._jumps.append((len(self._code), name))
        self._add(0x05)

    def jump_if(self, register: int, sign: str, value: int, name: str) -> None:
        """Goes on at ``name`` when the lower 32 bits of ``register`` ``==``, ``!=`` or ``&`` ``value``."""
        self._jumps.append((len(self._code), name))
        self._add(0x06 | _JUMPS[sign], register, value=value)

    def jump_if_none(self, register: int, name: str) -> None:
        """Goes on at ``name`` when a helper found nothing; the verifier demands this after each look into a map."""
        self._jumps.append((len(self._code), name))
        self._add(0x15, register)

    def end(self, answer: int) -> None:
        """Ends the program with ``answer``."""
        self.set(0, answer)
        self._add(0x95)

    def code(self) -> bytes:
        """The program, every jump filled in."""
        code = list(self._code)
        for at, name in self._jumps:
            patched = bytearray(code[at])
            struct.pack_into("<h", patched, 2, self._places[name] - at - 1)
            code[at] = bytes(patched)
        return b"".join(code)

    def _add(self, code: int, to: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> None:
        signed = value - (1 << 32) if value > 0x7FFFFFFF else value
        self._code.append(struct.pack("<BBhi", code, to | source << 4, offset, signed))


@dataclass(frozen=True, slots=True)
class Map:
    """A map of the kernel: keys and values of fixed size. It lives as long as a program or a descriptor holds it."""

    descriptor: int
    key_size: int
    value_size: int

    @classmethod
    def new(cls, kind: int, key_size: int, value_size: int, entries: int) -> Map:
        """An empty map of at most ``entries``."""
        attributes = _attributes(struct.pack("=IIII", kind, key_size, value_size, entries))
        return cls(bpf(_MAP_CREATE, attributes), key_size, value_size)

    def put(self, key: bytes, value: bytes) -> None:
        """Sets one entry."""
        self._with(_UPDATE, key, ctypes.create_string_buffer(value, self.value_size))

    def get(self, key: bytes) -> bytes | None:
        """The value of ``key``."""
        value = ctypes.create_string_buffer(self.value_size)
        try:
            self._with(_LOOKUP, key, value)
        except FileNotFoundError:
            return None
        return value.raw

    def remove(self, key: bytes) -> None:
        """Removes ``key`` if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self._with(_DELETE, key, None)

    def all_keys(self) -> tuple[bytes, ...]:
        """All keys; entries that come or go meanwhile may be there or not."""
        return tuple(self._walk())

    def close(self) -> None:
        """Lets go of the map; programs that use it keep it."""
        os.close(self.descriptor)

    def _walk(self) -> Iterator[bytes]:
        before, seen = b"", set[bytes]()
        while True:
            found = ctypes.create_string_buffer(self.key_size)
            try:
                self._with(_NEXT_KEY, before, found)
            except FileNotFoundError:
                return
            before = found.raw
            if before in seen:  # a walk begins anew when its last key is gone
                return
            seen.add(before)
            yield before

    def _with(self, command: int, key: bytes, value: ctypes.Array[ctypes.c_char] | None) -> None:
        held = ctypes.create_string_buffer(key, self.key_size) if key else None
        where = [ctypes.addressof(each) if each is not None else 0 for each in (held, value)]
        bpf(command, _attributes(struct.pack("=I4xQQQ", self.descriptor, where[0], where[1], 0)))


def load(code: bytes, kind: int, attach_kind: int, name: str) -> int:
    """Has the kernel verify and take a program; its descriptor. Raises :class:`OSError` with the verifier's last words."""
    held = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")  # what the kernel asks of programs that use its helpers
    try:
        return _load(held, licence, kind, attach_kind, name, None)
    except OSError as first:
        log = ctypes.create_string_buffer(_LOG_SIZE)
        try:
            return _load(held, licence, kind, attach_kind, name, log)
        except OSError:
            words = log.value.decode(errors="replace").strip()[-1500:]
            raise OSError(first.errno, f"{os.strerror(first.errno or 0)}: {words}" if words else str(first)) from first


def _load(
    code: ctypes.Array[ctypes.c_char],
    licence: ctypes.Array[ctypes.c_char],
    kind: int,
    attach_kind: int,
    name: str,
    log: ctypes.Array[ctypes.c_char] | None,
) -> int:
    attributes = struct.pack(
        "=IIQQIIQII16sII",
        *(kind, len(code) // 8, ctypes.addressof(code), ctypes.addressof(licence)),
        *((0, 0, 0) if log is None else (1, len(log), ctypes.addressof(log))),
        *(0, 0, name.encode(), 0, attach_kind),
    )
    return bpf(_PROG_LOAD, _attributes(attributes))


def attach(folder: int, program: int, attach_kind: int) -> None:
    """Puts ``program`` on the cgroup ``folder`` beside those that are there; it stays when this process ends."""
    bpf(_ATTACH, _attributes(struct.pack("=IIII", folder, program, attach_kind, _ALLOW_MULTI)))


def detach(folder: int, program: int, attach_kind: int) -> None:
    """Takes ``program`` off the cgroup ``folder``."""
    bpf(_DETACH, _attributes(struct.pack("=III", folder, program, attach_kind)))


def attached(folder: int, attach_kind: int, name: str) -> tuple[int, ...]:
    """Descriptors of the programs called ``name`` on the cgroup ``folder``; close them."""
    identities = (ctypes.c_uint32 * 64)()
    attributes = _attributes(struct.pack("=IIIIQI", folder, attach_kind, 0, 0, ctypes.addressof(identities), 64))
    bpf(_QUERY, attributes)
    (number,) = struct.unpack_from("=I", attributes.raw, 24)
    found = []
    for identity in identities[:number]:
        program = bpf(_FD_BY_ID, _attributes(struct.pack("=I", identity)))
        if _name(program) == name:
            found.append(program)
        else:
            os.close(program)
    return tuple(found)


def _name(program: int) -> str:
    info = ctypes.create_string_buffer(_INFO_SIZE)
    bpf(_INFO, _attributes(struct.pack("=IIQ", program, _INFO_SIZE, ctypes.addressof(info))))
    return info.raw[_NAME_AT : _NAME_AT + 16].split(b"\0")[0].decode()


def _attributes(packed: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(packed.ljust(144, b"\0"), 144)
