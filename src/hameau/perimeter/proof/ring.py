"""A packet socket on every interface of this network at once, read through memory shared with the kernel (packet(7);
"packet_mmap" in the kernel's documentation, version 2 of the frames).

The ring holds thousands of packets for a reader that is late, and the kernel counts those that found no room.
"""

from __future__ import annotations

import errno
import mmap
import socket
import struct
from collections.abc import Iterator

from hameau.kit import N_
from hameau.perimeter.kernel import NotPermitted
from hameau.perimeter.proof.pcap import Packet

_ALL = 0x0003  # ETH_P_ALL
_SOL_PACKET, _RX_RING, _STATISTICS, _VERSION, _V2 = 263, 5, 6, 10, 1
_FRAME, _BLOCK, _BLOCKS = 2048, 1 << 16, 256
_FRAMES = _BLOCK // _FRAME * _BLOCKS
_STATUS = struct.Struct("=I")
_HEADER = struct.Struct("=IIIHHII")
_FROM = struct.Struct("=HHiHBB8s")
_FROM_AT = 32
_USER = 0x1


class Ring:
    """All packets of this network from now on. Raises :class:`NotPermitted` where the machine forbids to look."""

    def __init__(self) -> None:
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL))
        except OSError as error:
            raise _forbidden(error) from error
        try:
            self.socket.setsockopt(_SOL_PACKET, _VERSION, _V2)
            self.socket.setsockopt(_SOL_PACKET, _RX_RING, struct.pack("=IIII", _BLOCK, _BLOCKS, _FRAME, _FRAMES))
            self._memory = mmap.mmap(self.socket.fileno(), _BLOCK * _BLOCKS)
        except OSError as error:
            self.socket.close()
            raise _forbidden(error) from error
        self._next = 0

    def packets(self) -> Iterator[Packet]:
        """What has come since the last time; ends when there is nothing more."""
        while True:
            at = self._next * _FRAME
            status, length, kept, start, _network, seconds, nano = _HEADER.unpack_from(self._memory, at)
            if not status & _USER:
                return
            _, protocol, interface, hardware, direction, size, address = _FROM.unpack_from(self._memory, at + _FROM_AT)
            data = self._memory[at + start : at + min(start + kept, _FRAME)]
            _STATUS.pack_into(self._memory, at, 0)
            self._next = (self._next + 1) % _FRAMES
            yield Packet(
                seconds,
                nano,
                direction,
                hardware,
                socket.ntohs(protocol),
                address[: min(size, 8)],
                data,
                length,
                interface,
            )

    def lost(self) -> int:
        """How many packets found no room since the last call."""
        _seen, dropped = struct.unpack("=II", self.socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        return int(dropped)

    def close(self) -> None:
        self._memory.close()
        self.socket.close()


def _forbidden(error: OSError) -> NotPermitted:
    why = error.strerror or errno.errorcode.get(error.errno or 0, "?")
    return NotPermitted(
        N_("This machine does not let Hameau watch packets, not even those of its own network ({why})."), why=why
    )
