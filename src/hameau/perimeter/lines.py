"""A TCP line that was allowed: made, encrypted, counted, hung up. Judges nothing."""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass

from hameau.perimeter.types import Attempt

TIMEOUT = 30.0
"""Seconds without a byte after which a line is given up."""


@dataclass(frozen=True, slots=True)
class Line:
    """An open line. ``gauge`` is a second handle on it, because whoever uses ``stream`` may close it."""

    stream: socket.socket
    gauge: socket.socket
    attempt: Attempt

    def close(self) -> tuple[int, int]:
        """Hangs up; the bytes that went out and came in, encryption included."""
        counted = traffic(self.gauge)
        self.stream.close()
        self.gauge.close()
        return counted


def open_line(attempt: Attempt, *, tls: bool) -> Line:
    """A line to exactly the address of ``attempt``; with ``tls`` the certificate must be that of its name.

    Raises ``OSError`` (``ssl.SSLError`` is one).
    """
    line: socket.socket = socket.create_connection((attempt.address, attempt.port), timeout=TIMEOUT)
    gauge = line.dup()
    try:
        if tls:
            line = ssl.create_default_context().wrap_socket(line, server_hostname=attempt.host)
    except OSError:
        line.close()
        gauge.close()
        raise
    return Line(line, gauge, attempt)


def traffic(line: socket.socket) -> tuple[int, int]:
    """The bytes that went out and came in over ``line``, as the kernel counted them; zeros where it does not.

    From ``struct tcp_info`` (``linux/tcp.h``): ``tcpi_bytes_received`` and ``tcpi_bytes_sent`` without what was sent again;
    before Linux 4.19 ``tcpi_bytes_acked``, which also counts the opening of the connection.
    """
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return 0, 0
    try:
        found = line.getsockopt(socket.IPPROTO_TCP, option, 256)
    except OSError:
        return 0, 0
    if len(found) < _RECEIVED + 8:
        return 0, 0
    (received,) = struct.unpack_from("=Q", found, _RECEIVED)
    if len(found) >= _SENT + 16:
        sent, again = struct.unpack_from("=QQ", found, _SENT)
        return sent - again, received
    (acknowledged,) = struct.unpack_from("=Q", found, _ACKNOWLEDGED)
    return max(0, acknowledged - 1), received


_ACKNOWLEDGED, _RECEIVED, _SENT = 120, 128, 200
