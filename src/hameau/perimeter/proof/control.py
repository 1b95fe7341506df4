"""Three packets sent on purpose outside the border: does the capture see what leaves?

They go to addresses that are nobody's (RFC 5737, RFC 3849), inside the sealed network, where they end.
"""

from __future__ import annotations

import errno
import secrets
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hameau.perimeter.proof.headers import Headers
from hameau.perimeter.proof.types import Control

NOBODY4, NOBODY6 = "192.0.2.1", "2001:db8::1"
_DNS = 53
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet by which it is found again: where to, and from which port."""

    protocol: str
    address: str
    port: int
    source_port: int


def send() -> tuple[Sent, ...]:
    """The first packet of a TCP connection by IPv4 and one by IPv6, and a question to a DNS server."""
    port = secrets.randbelow(30_000) + 20_000
    return (
        _connect(socket.AF_INET, NOBODY4, port),
        _connect(socket.AF_INET6, NOBODY6, port),
        _ask(NOBODY4),
    )


def look_for(phase: str, sent: Iterable[Sent], seen: Callable[[], Iterable[Headers]]) -> tuple[Control, ...]:
    """Which of ``sent`` are among what was ``seen``; waits for those that are late."""
    sent = tuple(sent)
    until = time.monotonic() + _PATIENCE
    while True:
        places = {(each.protocol, each.target, each.port, each.source_port) for each in seen()}
        found = tuple(
            Control(
                phase,
                each.protocol,
                each.address,
                each.port,
                (each.protocol, each.address, each.port, each.source_port) in places,
            )
            for each in sent
        )
        if all(each.seen for each in found) or time.monotonic() > until:
            return found
        time.sleep(0.05)


def _connect(family: int, address: str, port: int) -> Sent:
    """Closed at once: the system sends the packet once and does not try again."""
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        error = line.connect_ex((address, port))
        if error not in (0, errno.EINPROGRESS):
            return Sent("tcp", address, port, 0)
        return Sent("tcp", address, port, line.getsockname()[1])


def _ask(address: str) -> Sent:
    """A question as RFC 1035 writes it, for a name that can't be (RFC 6761)."""
    labels = f"hameau-{secrets.token_hex(4)}", "invalid"
    name = b"".join(struct.pack("B", len(label)) + label.encode() for label in labels) + b"\0"
    question = struct.pack(">HHHHHH", secrets.randbelow(65_536), 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect((address, _DNS))
            line.send(question)
        except OSError:
            return Sent("udp", address, _DNS, 0)
        return Sent("udp", address, _DNS, line.getsockname()[1])
