"""Socket addresses as the kernel reads them: bytes in, a place out. Decides nothing.

Sources: ``ip(7)``, ``ipv6(7)``, ``unix(7)``, ``netlink(7)``.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

_UNSPEC, _UNIX, _INET, _INET6, _NETLINK = 0, 1, 2, 10, 16
_MAPPED = bytes(10) + b"\xff\xff"  # RFC 4291, 2.5.5.2
_NAMES = {3: "ax25", 17: "packet", 29: "can", 30: "tipc", 31: "bluetooth", 38: "alg", 40: "vsock", 43: "smc", 44: "xdp"}
LONGEST = 128
"""``struct sockaddr_storage``: the kernel refuses more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call points. ``exact`` are the bytes to connect to, which are the ones that were judged."""

    family: str
    """``inet``, ``inet6``, ``unix``, ``unspec``, ``netlink`` or another kind's name."""
    address: str = ""
    """An IP address, IPv4 also when it came in IPv6 clothes; or a path; ``@name`` for an abstract one."""
    port: int = 0
    exact: bytes = b""
    loopback: bool = False
    packed: bytes = b""
    """The IP address in 4 or 16 bytes."""


def family_name(number: int) -> str:
    """The name of an address family, or its number."""
    known = {_UNSPEC: "unspec", _UNIX: "unix", _INET: "inet", _INET6: "inet6", _NETLINK: "netlink"}
    return known.get(number) or _NAMES.get(number) or f"family {number}"


def place_of(raw: bytes) -> Place:
    """The place that ``raw``, a ``struct sockaddr``, means. Too short ones are left to the kernel to refuse."""
    if len(raw) < 2:
        return Place("unspec", exact=raw)
    family = struct.unpack_from("=H", raw)[0]
    if family == _INET and len(raw) >= 16:
        return _inet(raw)
    if family == _INET6 and len(raw) >= 24:
        return _inet6(raw)
    if family == _UNIX:
        return Place("unix", _path(raw[2:]), exact=raw)
    if family == _NETLINK and len(raw) >= 12:
        port, groups = struct.unpack_from("=II", raw, 4)
        return Place("netlink", "" if port == groups == 0 else f"{port}:{groups}", exact=raw)
    return Place(family_name(family), exact=raw)


def _inet(raw: bytes) -> Place:
    packed = raw[4:8]
    if packed == bytes(4):  # « any » is this machine to connect()
        packed = b"\x7f\0\0\1"
    exact = raw[:4] + packed + raw[8:]
    return Place("inet", socket.inet_ntop(socket.AF_INET, packed), _port(raw), exact, packed[0] == 127, packed)


def _inet6(raw: bytes) -> Place:
    packed = raw[8:24]
    if packed == bytes(16):
        packed = bytes(15) + b"\1"
    elif packed == _MAPPED + bytes(4):
        packed = _MAPPED + b"\x7f\0\0\1"
    exact = raw[:8] + packed + raw[24:]
    if packed.startswith(_MAPPED):
        inner = packed[12:]
        return Place("inet", socket.inet_ntop(socket.AF_INET, inner), _port(raw), exact, inner[0] == 127, inner)
    loopback = packed == bytes(15) + b"\1"
    return Place("inet6", socket.inet_ntop(socket.AF_INET6, packed), _port(raw), exact, loopback, packed)


def _port(raw: bytes) -> int:
    return int.from_bytes(raw[2:4], "big")


def _path(raw: bytes) -> str:
    if raw.startswith(b"\0") and len(raw) > 1:
        return "@" + raw[1:].decode("utf-8", "backslashreplace")
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")
