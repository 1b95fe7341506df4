"""The addresses of a name: from the system's resolver, or from root's keeper where the user may not ask one."""

from __future__ import annotations

import os
import socket
import time

from hameau.perimeter.guard import address_of, is_this_machine
from hameau.perimeter.standing import addresses_for, held_for

_PATIENCE = 10.0  # seconds until the keeper has seen a new Connection and found its address
_LOOK = 0.1
_LOOPBACK = ("127.0.0.1", "::1")


def held_by_system() -> tuple[str, ...]:
    """The mechanisms by which the system holds this user; empty on systems without users by number."""
    return held_for(os.getuid()) if hasattr(os, "getuid") else ()


def find(host: str, port: int) -> tuple[str, ...]:
    """The addresses of ``host``, without duplicates, in the order in which they should be tried. Raises ``OSError``."""
    if address_of(host) is None and is_this_machine(host):
        return _LOOPBACK  # the C library would ask the resolver for « anything.localhost »
    if not held_by_system():
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a label that is empty, or longer than any
            raise OSError(f"{host!r} is no name") from error
        return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
    end = time.monotonic() + _PATIENCE
    while not (known := addresses_for(os.getuid(), host)):
        if time.monotonic() >= end:
            raise OSError(f"the system's keeper knows no address of {host}")
        time.sleep(_LOOK)
    return known
