"""The wall made of eBPF programs on a cgroup (version 2): it binds every process in it, whatever it is written in.

The programs stay on the cgroup when this process ends. What they can't see: a packet socket (needs CAP_NET_RAW), and
what a program outside the cgroup does for one inside.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

from hameau.kit import N_
from hameau.perimeter.guard import address_of
from hameau.perimeter.kernel import bpf, programs
from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.places import PROTOCOLS, Opening, Place, Refusal

_OPEN_LIMIT, _REFUSED_LIMIT = 4096, 4096
_YES = b"\1\0\0\0"
_HOOKS = (programs.EGRESS, programs.CONNECT4, programs.CONNECT6, programs.SEND4, programs.SEND6)


class CgroupWall:
    """Holds back what leaves from the cgroup ``folder``: all of it, or what the user ``uid`` sends.

    Takes effect at once, in place of an older wall of the same user there. Answers to neighbours that open a connection
    are not let out: a program on a cgroup does not see who began. Raises :class:`NotPermitted`.
    """

    def __init__(self, folder: Path, uid: int | None, opened: Opening) -> None:
        self._uid, self._name = uid, _name_of(uid)
        self._seen = 0
        self.missing = 0
        """How many refusals were pushed out of the kernel's list before they were read."""
        with _permitted():
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._maps = programs.Maps(
                bpf.Map.new(bpf.HASH, programs.OPEN_KEY, 4, _OPEN_LIMIT),
                bpf.Map.new(bpf.LRU_HASH, programs.REFUSED_KEY, 8, _REFUSED_LIMIT),
                bpf.Map.new(bpf.ARRAY, 4, 8, 1),
            )
            self._open: frozenset[Place] = frozenset()
            self.open(opened)
            self._replace()

    def open(self, opened: Opening) -> None:
        """From now on exactly ``opened`` is open; what stays open is never shut in between."""
        with _permitted():
            for place in opened.places - self._open:
                self._maps.opened.put(_key(place), _YES)
            for place in self._open - opened.places:
                self._maps.opened.remove(_key(place))
        self._open = opened.places

    def refusals(self) -> list[Refusal]:
        """What was refused since the last time, the same ones counted together."""
        found = []
        with _permitted():
            for key in self._maps.refused.all_keys():
                times = self._maps.refused.get(key)
                self._maps.refused.remove(key)
                if times is not None:
                    found.append(_refusal(key, self._uid, int.from_bytes(times, "little")))
            total = int.from_bytes(self._maps.total.get(bytes(4)) or b"", "little")
        self._seen += sum(each.times for each in found)
        self.missing = max(0, total - self._seen)
        return found

    def stands(self) -> bool:
        """Whether all programs are still on the cgroup."""
        with _permitted():
            return all(_count(self._folder, hook, self._name) for hook in _HOOKS)

    def remove(self) -> None:
        """Takes the wall away."""
        with _permitted():
            _remove(self._folder, self._name)

    def close(self) -> None:
        """Lets go of the wall, which stays."""
        for each in (self._maps.opened, self._maps.refused, self._maps.total):
            each.close()
        os.close(self._folder)

    def _replace(self) -> None:
        """The new programs are attached before the older ones are taken off: no moment without."""
        for hook, code in self._programs():
            older = bpf.attached(self._folder, hook, self._name)
            kind = programs.SKB if hook == programs.EGRESS else programs.SOCK_ADDR
            program = bpf.load(code, kind, hook, self._name)
            try:
                bpf.attach(self._folder, program, hook)
            finally:
                os.close(program)
                _detach(self._folder, hook, older)

    def _programs(self) -> Iterator[tuple[int, bytes]]:
        yield programs.EGRESS, programs.leaving(self._maps, self._uid)
        for hook, v6 in ((programs.CONNECT4, False), (programs.CONNECT6, True)):
            yield hook, programs.connecting(self._maps, self._uid, v6=v6)
        for hook, v6 in ((programs.SEND4, False), (programs.SEND6, True)):
            yield hook, programs.sending(self._maps, self._uid, v6=v6)


def root_folder() -> Path:
    """Where the tree of cgroups of version 2 is mounted. Raises :class:`NotPermitted` when it is not."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            before, _, after = line.partition(" - ")
            if after.startswith("cgroup2 "):
                return Path(before.split(" ")[4])
    raise NotPermitted(N_("This machine has no control groups of version 2."))


def remove_programs(folder: Path, uid: int | None) -> None:
    """Takes off the wall that some process left on the cgroup ``folder``. Raises :class:`NotPermitted`."""
    with _permitted():
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _remove(descriptor, _name_of(uid))
        finally:
            os.close(descriptor)


def _remove(folder: int, name: str) -> None:
    for hook in _HOOKS:
        _detach(folder, hook, bpf.attached(folder, hook, name))


def _name_of(uid: int | None) -> str:
    return f"hameau_{uid:08x}" if uid is not None else "hameau_all"


def _key(place: Place) -> bytes:
    literal = address_of(place.address)
    if literal is None:
        raise ValueError(f"{place.address!r} is not an address")
    mapped = literal.packed if isinstance(literal, IPv6Address) else bytes(10) + b"\xff\xff" + literal.packed
    return mapped + struct.pack(">Hxx", place.port)


def _refusal(key: bytes, uid: int | None, times: int) -> Refusal:
    address = address_of(str(IPv6Address(key[:16])))
    (port,) = struct.unpack_from(">H", key, 16)
    protocol, pid = struct.unpack_from("<HI", key, 18)
    return Refusal(str(address), port, PROTOCOLS.get(protocol, str(protocol)), -1 if uid is None else uid, pid, times)


def _count(folder: int, hook: int, name: str) -> int:
    found = bpf.attached(folder, hook, name)
    for program in found:
        os.close(program)
    return len(found)


def _detach(folder: int, hook: int, found: tuple[int, ...]) -> None:
    for program in found:
        try:
            bpf.detach(folder, program, hook)
        finally:
            os.close(program)


@contextlib.contextmanager
def _permitted() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotPermitted(
            N_("The kernel did not take Hameau's programs: {why}"), why=error.strerror or error
        ) from error
