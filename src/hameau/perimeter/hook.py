"""The last resort: Python's audit hook (PEP 578). It binds Python code of this process and nothing else: a C library, a
child process or a few lines of ctypes go round it, so it proves nothing. It is put up where the kernel offers no better.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable

from hameau.perimeter.guard import address_of, is_this_machine
from hameau.perimeter.types import Act, Attempt, Verdict

Judge = Callable[[Attempt], Verdict]
_STUB = 53  # a resolver on loopback speaks for us
_NAMES = ("socket.getaddrinfo", "socket.gethostbyname")
_BACKWARDS = ("socket.gethostbyaddr", "socket.getnameinfo")
_SENDS = {"socket.connect": Act.CONNECT, "socket.sendto": Act.SEND, "socket.sendmsg": Act.SEND}


def put_up(judge: Judge) -> None:
    """From now on Python's own attempts are judged; a refused one raises ``PermissionError``. Can't be taken down."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if not event.startswith("socket."):
            return
        attempt = attempt_of(event, arguments)
        if attempt is not None and not (judged := judge(attempt)).allowed:
            raise PermissionError(errno.EACCES, judged.reason.format(host=attempt.host or attempt.address))

    sys.addaudithook(hook)


def attempt_of(event: str, arguments: tuple[object, ...]) -> Attempt | None:
    """What an audit event (Python's documentation, « Audit events table ») wants; ``None`` when nothing would leave."""
    if event in _NAMES:
        return _name(arguments)
    if event in _BACKWARDS:
        return _backwards(arguments)
    act = _SENDS.get(event)
    if act is None or len(arguments) < 2 or not isinstance(arguments[0], socket.SocketType):
        return None
    line, address = arguments[0], arguments[1]
    if line.family == socket.AF_UNIX:
        return None  # whose it is can't be known from here
    if not isinstance(address, tuple) or len(address) < 2:
        return None if address is None else Attempt(act, str(line.family))
    host, port = str(address[0]), int(address[1]) if isinstance(address[1], int) else 0
    literal = address_of(host)
    if is_this_machine(host) and port != _STUB:
        return None
    family = "inet6" if line.family == socket.AF_INET6 else "inet"
    if act is Act.SEND and line.type == socket.SOCK_STREAM:
        act = Act.CONNECT
    elif act is Act.CONNECT and line.type != socket.SOCK_STREAM:
        act = Act.SEND  # nothing goes out yet, but « send » will not be seen
    where = str(literal) if literal is not None else ""
    return Attempt(act, family, where, port, "tcp" if act is Act.CONNECT else "udp", host="" if where else host)


def _backwards(arguments: tuple[object, ...]) -> Attempt | None:
    """The question for the name of an address, as the resolver asks it (RFC 1035, 3.5; RFC 3596, 2.5)."""
    place = arguments[0] if arguments else None
    host = str(place[0]) if isinstance(place, tuple) and place else place
    if not isinstance(host, str) or not host:
        return None
    literal = address_of(host)
    if literal is None:
        return _name((host,))
    return None if literal.is_loopback else Attempt(Act.RESOLVE, "inet", host=literal.reverse_pointer)


def _name(arguments: tuple[object, ...]) -> Attempt | None:
    host = arguments[0] if arguments else None
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or not host or address_of(host) is not None or is_this_machine(host):
        return None
    port = arguments[1] if len(arguments) > 1 else 0
    return Attempt(
        Act.RESOLVE, "inet", port=int(port) if isinstance(port, int | str) and str(port).isdigit() else 0, host=host
    )
