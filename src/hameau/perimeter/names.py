"""Lets Python's network libraries find names inside the gate, where no resolver may be asked.

``socket.getaddrinfo`` asks the supervisor instead, who asks the resolver only for hosts that a Connection covers and
writes down who asked for another. So a library that knows nothing of Hameau (a mail client, pip) works under a
Connection and without one gets an ordinary « host not found ».
"""

from __future__ import annotations

import socket
from typing import Any

from hameau.kit import Refused, Unavailable
from hameau.perimeter.gate import resolve
from hameau.perimeter.guard import address_of, is_this_machine

_LOOPBACK = {socket.AF_INET: ("127.0.0.1",), socket.AF_INET6: ("::1",), 0: ("127.0.0.1", "::1")}
_system = socket.getaddrinfo


def ask_supervisor() -> None:
    """From now on names are asked of the supervisor, in this process."""
    socket.getaddrinfo = _getaddrinfo


def _getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002 - the name that callers use
    proto: int = 0,
    flags: int = 0,
) -> list[Any]:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name == "" or flags & socket.AI_NUMERICHOST or address_of(name) is not None:
        return _system(host, port, family, type, proto, flags)
    if is_this_machine(name):
        found = _LOOPBACK.get(family, _LOOPBACK[0])
    else:
        try:
            found = tuple(resolve(name, _number(port)))
        except (Refused, Unavailable) as error:
            raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    places: list[Any] = []
    for address in found:
        try:
            places += _system(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)
        except socket.gaierror:  # an address of the other family than the one that is wanted
            continue
    if not places:
        raise socket.gaierror(socket.EAI_NONAME, "no address of the wanted family")
    return places


def _number(port: Any) -> int:
    if port is None:
        return 0
    text = port.decode("ascii", "replace") if isinstance(port, bytes) else str(port)
    return int(text) if text.isdigit() else socket.getservbyname(text)
