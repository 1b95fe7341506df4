"""Finds one user's TCP connections and ends them (sock_diag(7)), so that what was revoked is cut, not only silent."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hameau.perimeter.guard import address_of
from hameau.perimeter.kernel.netlink import DUMP, Netlink
from hameau.perimeter.kernel.places import Opening, Place, is_near

logger = logging.getLogger(__name__)

_SOCK_DIAG, _BY_FAMILY, _DESTROY = 4, 20, 21
_LISTEN, _TIME_WAIT, _CLOSE = 10, 6, 7
_STATES = 0xFFF & ~(1 << _TIME_WAIT | 1 << _CLOSE)
_ANSWER = struct.Struct("=BBBB48sIIIII")
_ID_PORTS = struct.Struct(">HH16s16s")


@dataclass(frozen=True, slots=True)
class Line:
    """One TCP socket. ``identity`` is the kernel's own name for it."""

    family: int
    uid: int
    listening: bool
    own_port: int
    peer: Place
    identity: bytes
    here: bool = False
    """Whether both ends have the same address, and so are on this machine."""


def cut(uid: int, opened: Opening) -> int:
    """Ends every connection of the user ``uid`` that leaves the machine and is not open; returns how many.

    Does nothing (and says so in the log) on a kernel that can't: the walls hold its packets back all the same.
    """
    ended = 0
    try:
        with Netlink(_SOCK_DIAG) as link:
            own = [each for family in (socket.AF_INET, socket.AF_INET6) for each in _lines(link, family, uid)]
            served = {each.own_port for each in own if each.listening}
            for line in own:
                if not line.listening and not is_open(line, opened, served):
                    ended += _destroy(link, line)
    except OSError as error:
        logger.warning("open connections could not be ended: %s", error)
    return ended


def is_open(line: Line, opened: Opening, served: set[int]) -> bool:
    """Whether the connection may stay: it is on the loopback, open, or a neighbour's to a port that is ``served``."""
    peer = address_of(line.peer.address)
    if line.here or peer is None or peer.is_loopback or peer.is_unspecified:
        return True
    if line.peer in opened.places or Place(line.peer.address, 0) in opened.places:
        return True
    return opened.answers and line.own_port in served and is_near(line.peer.address)


def _lines(link: Netlink, family: int, uid: int) -> Iterator[Line]:
    request = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, 0, 0, _STATES)
    for message in link.ask(_BY_FAMILY, request, DUMP):
        if len(message.body) < _ANSWER.size:
            continue
        _, state, _, _, identity, *_, owner, _ = _ANSWER.unpack_from(message.body)
        if owner == uid:
            own_port, port, own, peer = _ID_PORTS.unpack_from(identity)
            address = address_of(str(ipaddress.ip_address(peer[:4] if family == socket.AF_INET else peer)))
            yield Line(family, owner, state == _LISTEN, own_port, Place(str(address), port), identity, own == peer)


def _destroy(link: Netlink, line: Line) -> int:
    request = struct.pack("=BBBBI48s", line.family, socket.IPPROTO_TCP, 0, 0, _STATES, line.identity)
    try:
        link.ask(_DESTROY, request)
    except OSError as error:
        if error.errno != errno.ENOENT:  # it ended by itself meanwhile
            raise
        return 0
    return 1
