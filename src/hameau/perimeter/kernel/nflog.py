"""Reads the packets that nftables refused, from the kernel's NFLOG (linux/netfilter/nfnetlink_log.h).

What is in them was written by whoever is to be held back: nothing of it is trusted, and nothing but addresses kept.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import time
from dataclasses import dataclass

from hameau.kit import N_
from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.netlink import ACK, REQUEST, Netlink, attribute, attributes, messages
from hameau.perimeter.kernel.places import PROTOCOLS, Refusal

_NETFILTER, _SUBSYSTEM = 12, 4 << 8
_PACKET, _CONFIG = _SUBSYSTEM | 0, _SUBSYSTEM | 1
_COMMAND, _MODE, _BUFFER, _THRESHOLD, _FLAGS = 1, 2, 3, 5, 6
_BIND, _COPY_PACKET, _WITH_SEQUENCE = 1, 2, 1
_PAYLOAD, _UID, _SEQUENCE = 9, 11, 12
_SNAP = 128
_ROOM = 4 << 20
_FORCED = getattr(socket, "SO_RCVBUFFORCE", 33)
_PORTS = {6, 17, 33, 132, 136}  # TCP, UDP, DCCP, SCTP, UDPLite: the second 16 bits are the port it goes to
_EXTENSIONS = {0, 43, 60, 135}  # RFC 8200: hop-by-hop, routing, destination options; mobility
_FRAGMENT = 44


@dataclass(frozen=True, slots=True)
class Event:
    """One refused packet. ``time`` is seconds since the epoch."""

    time: float
    refusal: Refusal


class Reader:
    """The reader of one NFLOG group in this thread's network; there can be only one."""

    def __init__(self, group: int) -> None:
        try:
            self._line = Netlink(_NETFILTER)
        except OSError as error:
            raise NotPermitted(_UNREADABLE, why=error.strerror) from error
        try:
            self._configure(group)
        except OSError as error:
            self._line.close()
            raise NotPermitted(_UNREADABLE, why=error.strerror) from error
        self._expected: int | None = None
        self.missing = 0
        """How many refused packets came too fast to be read, as far as the kernel's numbering tells."""

    def fileno(self) -> int:
        """For waiting until there is something to read."""
        return self._line.socket.fileno()

    def read(self, limit: int = 1000) -> list[Event]:
        """What was refused since the last time, at most about ``limit`` packets; never waits."""
        found: list[Event] = []
        while len(found) < limit:
            try:
                data = self._line.socket.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                continue  # packets were lost; the numbering of the next ones says how many
            moment = time.time()
            for message in messages(data):
                if message.kind == _PACKET:
                    self._count(message.body)
                    if (refusal := refusal_of(message.body)) is not None:
                        found.append(Event(moment, refusal))
        return found

    def close(self) -> None:
        """Gives the group free for another reader."""
        self._line.close()

    def _configure(self, group: int) -> None:
        head = struct.pack(">BBH", socket.AF_UNSPEC, 0, group)
        self._line.ask(_CONFIG, head + attribute(_COMMAND, bytes([_BIND])))
        self._line.ask(_CONFIG, head + attribute(_MODE, struct.pack(">IBB", _SNAP, _COPY_PACKET, 0)))
        self._line.ask(_CONFIG, head + attribute(_THRESHOLD, struct.pack(">I", 1)))  # each packet at once
        self._line.ask(_CONFIG, head + attribute(_FLAGS, struct.pack(">H", _WITH_SEQUENCE)), REQUEST | ACK)
        self._line.socket.setsockopt(socket.SOL_SOCKET, _FORCED, _ROOM)
        self._line.socket.setblocking(False)

    def _count(self, body: bytes) -> None:
        number = next((_u32(value) for kind, value in attributes(body, 4) if kind == _SEQUENCE), None)
        if number is None:
            return
        if self._expected is not None:
            self.missing += (number - self._expected) & 0xFFFFFFFF
        self._expected = (number + 1) & 0xFFFFFFFF


_UNREADABLE = N_("The kernel does not show what was refused: {why}.")


def refusal_of(body: bytes) -> Refusal | None:
    """What one NFLOG message says; ``None`` when it is no packet that can be understood."""
    uid, payload = -1, b""
    for kind, value in attributes(body, 4):
        if kind == _UID and len(value) == 4:
            uid = _u32(value)
        elif kind == _PAYLOAD:
            payload = value
    version = payload[0] >> 4 if payload else 0
    if version == 4 and len(payload) >= 20:
        return _refusal(payload[16:20], payload[9], payload, (payload[0] & 15) * 4, uid)
    if version == 6 and len(payload) >= 40:
        protocol, offset = _beyond_extensions(payload)
        return _refusal(payload[24:40], protocol, payload, offset, uid)
    return None


def _refusal(address: bytes, protocol: int, payload: bytes, offset: int, uid: int) -> Refusal:
    port = 0
    if protocol in _PORTS and offset >= 20 and offset + 4 <= len(payload):
        (port,) = struct.unpack_from(">H", payload, offset + 2)
    return Refusal(str(ipaddress.ip_address(address)), port, PROTOCOLS.get(protocol, str(protocol)), uid)


def _beyond_extensions(payload: bytes) -> tuple[int, int]:
    """The protocol and where its header begins, past IPv6's extension headers (RFC 8200, 4.1); (that of the last one
    that is readable, 0) when they don't end within the packet."""
    protocol, offset = payload[6], 40
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if offset + 8 > len(payload):
            return protocol, 0
        size = 8 if protocol == _FRAGMENT else (payload[offset + 1] + 1) * 8
        protocol, offset = payload[offset], offset + size
    return protocol, offset


def _u32(value: bytes) -> int:
    return int.from_bytes(value[:4], "big")
