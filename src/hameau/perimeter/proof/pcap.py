"""Packets as a file that every tool for networks reads, and back (the pcap format of libpcap, draft-ietf-opsawg-pcap).

Each packet stands behind a "Linux cooked" header (LINKTYPE_LINUX_SLL, 113), because packets of every kind of interface fit
into it. Reading trusts no length.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hameau.kit import N_, Corrupt

LOOPBACK = 772  # ARPHRD_LOOPBACK (linux/if_arp.h)
OUTGOING = 4  # PACKET_OUTGOING (linux/if_packet.h)
SNAP = 65_535
_MAGIC = 0xA1B2C3D4
_COOKED = 113
_FILE = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")
_LINK = struct.Struct(">HHH8sH")
_LARGEST = _LINK.size + SNAP


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as the kernel showed it, from its network header on."""

    seconds: int
    """Since the epoch."""
    nanoseconds: int
    direction: int
    """``PACKET_HOST`` (0) … ``PACKET_OUTGOING`` (4)."""
    hardware: int
    """The kind of interface (ARPHRD_…)."""
    protocol: int
    """The EtherType: 0x0800 IPv4, 0x86dd IPv6…"""
    address: bytes
    """The sender's address on the link, where it has one."""
    data: bytes
    """At most what was kept of it."""
    length: int
    """How long it was."""
    interface: int = 0
    """Its number; not in the file."""


class Writer:
    """Appends packets to a new file. Every packet is in the kernel's hands when :meth:`write` returns."""

    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("xb", buffering=0)
        self._stream.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, SNAP, _COOKED))

    def write(self, packet: Packet) -> None:
        """Appends one packet. Raises ``OSError`` on a full disk."""
        address = packet.address[:8]
        link = _LINK.pack(packet.direction, packet.hardware, len(address), address.ljust(8, b"\0"), packet.protocol)
        kept = link + packet.data
        head = _RECORD.pack(packet.seconds, packet.nanoseconds // 1000, len(kept), packet.length + len(link))
        self._stream.write(head + kept)

    def close(self) -> None:
        self._stream.close()


def read(path: Path) -> Iterator[Packet]:
    """The packets of a file that :class:`Writer` made. Raises :class:`Corrupt` where it is no such file or is cut off."""
    with path.open("rb") as stream:
        head = stream.read(_FILE.size)
        if len(head) < _FILE.size or (found := _FILE.unpack(head))[0] != _MAGIC or found[6] != _COOKED:
            raise _damaged(path)
        while record := stream.read(_RECORD.size):
            if len(record) < _RECORD.size:
                raise _damaged(path)
            seconds, micro, kept, length = _RECORD.unpack(record)
            body = stream.read(kept) if _LINK.size <= kept <= _LARGEST else b""
            if len(body) < _LINK.size or len(body) < kept:
                raise _damaged(path)
            direction, hardware, size, address, protocol = _LINK.unpack_from(body)
            data = body[_LINK.size :]
            real = max(0, length - _LINK.size)
            yield Packet(seconds, micro * 1000, direction, hardware, protocol, address[: min(size, 8)], data, real)


def _damaged(path: Path) -> Corrupt:
    return Corrupt(N_("The file {name} is not a whole capture of packets."), name=path.name)
