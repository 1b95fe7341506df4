"""What is always refused, as attempts with a name that the journal can show. Decides nothing."""

from __future__ import annotations

import errno
import struct

from hameau.perimeter.gate import calls
from hameau.perimeter.gate.address import LONGEST, Place, family_name, place_of
from hameau.perimeter.gate.notify import Call
from hameau.perimeter.gate.numbers import HERE
from hameau.perimeter.types import Act, Attempt

ANSWER = errno.EACCES
_KINDS = {1: "stream", 2: "dgram", 3: "raw", 4: "rdm", 5: "seqpacket", 6: "dccp", 10: "packet"}
_INTERNET = {
    1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 58: "icmpv6", 132: "sctp", 136: "udplite",
    255: "raw", 256: "smc", 262: "mptcp",
}  # fmt: skip
_OPTIONS = {0: "ip option", 1: "socket option", 41: "ipv6 option"}


def attempt_of(call: Call) -> Attempt:
    """What ``call``, one of those that are never allowed, was after."""
    name = next((name for name, number in HERE.items() if number == call.number), f"call {call.number}")
    if name in ("socket", "socketpair"):
        return Attempt(Act.SOCKET, family_name(call.integer(0)), protocol=_protocol(call))
    if name in ("sendto", "sendmsg", "sendmmsg"):
        place = _target(call, name)
        return Attempt(Act.SEND, place.family, place.address, place.port, protocol="tcp fast open")
    if name == "setsockopt":
        level = _OPTIONS.get(call.integer(1), "option")
        return Attempt(Act.SOCKET, "inet6" if call.integer(1) == 41 else "inet", protocol=f"{level} {call.integer(2)}")
    return Attempt(Act.SOCKET, "key", protocol=name)


def _protocol(call: Call) -> str:
    family, kind, protocol = call.integer(0), call.integer(1) & 0xF, call.integer(2)
    if family in (2, 10):
        if kind == 3:
            return "raw"
        if protocol:
            return _INTERNET.get(protocol, f"protocol {protocol}")
        return {1: "tcp", 2: "udp", 5: "sctp"}.get(kind, "") or _KINDS.get(kind, f"kind {kind}")
    return _KINDS.get(kind, f"kind {kind}")


def _target(call: Call, name: str) -> Place:
    """Where a send with an address goes; for the journal only, so what can't be read is left out."""
    try:
        if name == "sendto":
            address, length = call.arguments[4], call.integer(5)
        else:
            address, length = struct.unpack("=QI", calls.memory(call.thread, call.arguments[1], 12))
        return place_of(calls.memory(call.thread, address, length)) if 0 < length <= LONGEST else Place("inet")
    except OSError:
        return Place("inet")
