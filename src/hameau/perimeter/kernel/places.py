"""Which addresses a policy opens at one moment, and what was refused: the nouns that all the kernel's walls share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from itertools import product

from hameau.perimeter.guard import address_of, canonical, verdict
from hameau.perimeter.types import Act, Attempt, Level, Policy

Resolve = Callable[[str], Iterable[str]]
"""The addresses that a name stands for; none when they are not known (yet)."""

PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp", 136: "udplite", 262: "mptcp"}
"""Numbers of the internet's protocols (IANA) and, from 256 on, of Linux sockets."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An address and a TCP port on it; port 0 stands for all."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Opening:
    """All that is open at one moment. The default is nothing."""

    places: frozenset[Place] = field(default_factory=frozenset)
    answers: bool = False
    """Whether neighbours (private addresses) that open a connection to us get an answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a wall held back. What the wall does not know is 0 or empty."""

    address: str
    port: int
    protocol: str
    uid: int = -1
    pid: int = 0
    times: int = 1


def opening(policy: Policy, moment: float, resolve: Resolve) -> Opening:
    """What ``policy`` opens at ``moment``; each address is judged by the guard, as the name's."""
    found: set[Place] = set()
    for host, port in named(policy, moment):
        literal = address_of(host)
        addresses = (str(literal),) if literal is not None else resolve(host)
        name = host if literal is None else ""
        for address in map(address_of, addresses):
            if address is not None and _allowed(policy, moment, name, address, port):
                found.add(Place(str(address), port))
    return Opening(frozenset(found), policy.level is Level.HOME_NETWORK)


def named(policy: Policy, moment: float) -> Iterator[tuple[str, int]]:
    """The hosts and ports that ``policy`` names and that are open at ``moment``, in their canonical form.

    ``*.example.org`` is left out: no wall that knows only addresses can hold it open.
    """
    for connection in policy.connections:
        if moment < connection.until:
            for host, port in product((connection.host, *connection.also), (connection.port,)):
                if not host.startswith("*."):
                    yield canonical(host), port
    if policy.level is Level.HOME_NETWORK:
        for neighbour in policy.neighbours:
            yield canonical(neighbour.host), neighbour.port


def next_change(policy: Policy, moment: float) -> float:
    """When the next Connection expires; infinite when none will."""
    return min((each.until for each in policy.connections if each.until > moment), default=float("inf"))


def is_near(address: str) -> bool:
    """Whether ``address`` is one of this machine or of the local network."""
    literal = address_of(address)
    return literal is not None and not literal.is_global


def _allowed(policy: Policy, moment: float, host: str, address: IPv4Address | IPv6Address, port: int) -> bool:
    if address.is_multicast or address.is_unspecified:
        return False
    family = "inet" if address.version == 4 else "inet6"
    attempt = Attempt(Act.CONNECT, family, str(address), port or 1, host=host)  # port 0 is any: judged by its neighbour
    return verdict(attempt, policy, moment).allowed
