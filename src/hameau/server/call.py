"""What every handler gets: the house, the reader's language, and the work that goes on behind the pages."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from starlette.requests import Request

from hameau.server.arrivals import Arrivals
from hameau.server.language import of_reader
from hameau.server.ports import House


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as a handler needs to know it."""

    house: House
    language: str
    arrivals: Arrivals
    near: bool = True
    """Whether the request comes from this very machine, and not from another one of the home network."""


def call_of(request: Request) -> Call:
    """The :class:`Call` of ``request``."""
    state = request.app.state
    return Call(state.house, of_reader(request.cookies, request.headers), state.arrivals, _is_near(request))


def _is_near(request: Request) -> bool:
    """Whether the other end of the line is on this machine. A line without an address is a unix socket's, or a test's."""
    if request.client is None:
        return True
    try:
        found = ipaddress.ip_address(request.client.host.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback
