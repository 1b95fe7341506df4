"""The near end of a loopback connection: it must be on loopback too, or its packets, or the answers, leave.

With IPv6 a socket that was bound to a link-local address stays tied to that network card, and connects « to ::1 » through
it; one that was bound to an address of another machine gets its answers sent there. With IPv4 the kernel refuses both.
Seen with Linux 6.18.
"""

from __future__ import annotations

import socket

from hameau.perimeter.gate.address import Place

_BOUND_DEVICE = 62  # SO_BINDTOIFINDEX
_LOOPBACK = 1  # the index of « lo » in every network namespace
_INET6 = 10


def hold(descriptor: int, place: Place) -> bool:
    """Ties the socket to loopback for its way to ``place``, which is on loopback; false when it is tied elsewhere.

    A socket that has a port can't be bound anew (and options that tie it to a card are refused), so what is seen here
    stays as it is.
    """
    if int.from_bytes(place.exact[:2], "little") != _INET6:
        return True
    line = socket.socket(fileno=descriptor)
    try:
        if line.family != socket.AF_INET6:
            return True  # the kernel refuses an address of another family
        own = "::1" if place.family == "inet6" else "::ffff:127.0.0.1"
        if line.getsockname()[1] == 0:
            line.bind((own, 0))
        near = line.getsockname()
        tied = line.getsockopt(socket.SOL_SOCKET, _BOUND_DEVICE)
        return near[1] != 0 and near[0] in (own, "::", "::1") and tied in (0, _LOOPBACK)
    except OSError:
        return False
    finally:
        line.detach()
