"""The verdict on an attempt, as a pure function of the attempt, what was allowed and what time it is.

What stays among Hameau's own programs on this machine needs no consent. Everything else needs a Connection that covers
its host and port and has not expired, or, at the level « home network », a neighbour that a person named. Asking for
the address of a name leaves the machine too, and so may another program of this machine that we talk to: a proxy, a
resolver, a message bus. Opens nothing, resolves nothing, asks no clock.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from hameau.kit import N_, BadInput
from hameau.perimeter.types import Act, Attempt, Connection, Level, Policy, Target, Verdict

_STAYS = N_("It stays among Hameau's own programs.")
_ALLOWED = N_("It was allowed.")
_NOBODY = N_("The connection to {host} was refused: nobody has allowed it.")
_EXPIRED = N_("The connection to {host} was refused: the permission for it has expired.")
_INWARDS = N_("The connection was refused: {host} leads into the local network, which nobody has allowed.")
_OTHERS = N_("The connection to {host} was refused: another program of this machine could pass things on.")
_UNSEEN = N_("It was refused: this kind of connection ({host}) could leave unseen.")
_LISTENING = N_("It was refused: at the level « closed », no other machine may open Hameau.")
_PORTS = {"https": 443, "http": 80}
_TWO_WAYS = set("ßς\u200c\u200d")
"""Python and browsers write them differently (RFC 3490 and RFC 5891; UTS 46, 4.2): the name could be another one's."""
_NAT64, _COMPATIBLE = IPv6Network("64:ff9b::/96"), IPv6Network("::/96")


def target_of(url: str) -> Target:
    """Where ``url`` leads; raises :class:`BadInput` when it is not a plain http or https address."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput(N_("“{url}” is not a web address."), url=url[:200]) from error
    if scheme not in _PORTS or not host or parts.username is not None or any(c.isspace() or c < " " for c in url):
        raise BadInput(N_("“{url}” is not a web address."), url=url[:200])
    return Target(scheme, canonical(host), port or _PORTS[scheme])


def verdict(attempt: Attempt, policy: Policy, moment: float) -> Verdict:
    """Whether ``attempt`` may go on under ``policy`` at ``moment`` (seconds since the epoch)."""
    if attempt.act in (Act.SOCKET, Act.SEND) or attempt.family not in ("inet", "inet6", "unix"):
        return Verdict(False, _UNSEEN, leaves=True)
    if attempt.family == "unix":
        return Verdict(True, _STAYS) if attempt.own else Verdict(False, _OTHERS, leaves=True)
    if attempt.act is Act.LISTEN:
        return _listening(attempt, policy)
    literal = address_of(attempt.address)
    if literal is not None and literal.is_loopback and attempt.own:
        return Verdict(True, _STAYS)
    if attempt.act is Act.RESOLVE and _asks_nobody(attempt.host):
        return Verdict(True, _STAYS)  # no question is asked of anybody
    return _outward(attempt, literal, policy, moment)


def _listening(attempt: Attempt, policy: Policy) -> Verdict:
    literal = address_of(attempt.address)
    if literal is not None and literal.is_loopback:
        return Verdict(True, _STAYS)
    if policy.level is Level.HOME_NETWORK:
        return Verdict(True, _ALLOWED, leaves=True)
    return Verdict(False, _LISTENING, leaves=True)


def _outward(attempt: Attempt, literal: IPv4Address | IPv6Address | None, policy: Policy, moment: float) -> Verdict:
    expired = inwards = False
    names = _names(attempt)
    for connection in policy.connections:
        if connection.port != attempt.port or not _names_one_of(connection, names):
            continue
        if moment >= connection.until:
            expired = True
        elif literal is not None and not _is_far(literal) and not _may_be_near(connection, attempt):
            inwards = True
        else:
            return Verdict(True, _ALLOWED, connection, leaves=True)
    if policy.level is Level.HOME_NETWORK and _is_neighbour(attempt, literal, policy):
        return Verdict(True, _ALLOWED, leaves=True)
    if expired or inwards:
        return Verdict(False, _INWARDS if inwards else _EXPIRED, leaves=True)
    return Verdict(False, _OTHERS if literal is not None and literal.is_loopback else _NOBODY, leaves=True)


def covers(connection: Connection, attempt: Attempt) -> bool:
    """Whether the host and port of ``attempt`` are those that ``connection`` names, whatever the time."""
    return connection.port == attempt.port and _names_one_of(connection, _names(attempt))


def _names(attempt: Attempt) -> set[str]:
    return {_comparable(name) for name in (attempt.host, attempt.address) if name}


def _names_one_of(connection: Connection, names: set[str]) -> bool:
    return any(_matches(pattern, name) for pattern in (connection.host, *connection.also) for name in names)


def _may_be_near(connection: Connection, attempt: Attempt) -> bool:
    """A name that was allowed on the internet must not lead to this machine or the local network (DNS rebinding); an
    address that the person wrote down is meant."""
    written = {canonical(host) for host in (connection.host, *connection.also)}
    return connection.local or canonical(attempt.address) in written


def _is_neighbour(attempt: Attempt, literal: IPv4Address | IPv6Address | None, policy: Policy) -> bool:
    if literal is not None and (_is_far(literal) or literal.is_loopback):
        return False
    names = {_comparable(name) for name in (attempt.host, attempt.address) if name}
    return any(
        neighbour.port in (0, attempt.port) and canonical(neighbour.host) in names for neighbour in policy.neighbours
    )


def _is_far(literal: IPv4Address | IPv6Address) -> bool:
    """Whether an address lies on the internet, and does not only wrap one that does not (NAT64, RFC 6052; 6to4, RFC 3056)
    or that once meant something near (RFC 3879; RFC 4291, 2.5.5.1)."""
    if isinstance(literal, IPv6Address):
        wrapped = IPv4Address(int(literal) & 0xFFFF_FFFF) if literal in _NAT64 else literal.sixtofour
        near = literal.is_site_local or literal in _COMPATIBLE
        return literal.is_global and not near and (wrapped is None or wrapped.is_global)
    return literal.is_global


def is_far(address: str) -> bool:
    """Whether ``address`` lies on the internet, neither on this machine nor in the local network."""
    literal = address_of(address)
    return literal is not None and _is_far(literal)


def _comparable(name: str) -> str:
    """The canonical form of what a program wants; a name that can't be one is compared as it is, and fits nothing."""
    try:
        return canonical(name)
    except BadInput:
        return name


@lru_cache(maxsize=1 << 14)  # a verdict compares with every Connection: there may be thousands
def canonical(host: str) -> str:
    """``host`` in the one form that is compared: lower case, no brackets or final dot, IDNA, addresses shortened.

    An IPv4 address in IPv6 clothes (``::ffff:127.0.0.1``, RFC 4291, 2.5.5.2) is the IPv4 address.
    """
    plain = host.strip("[]").rstrip(".").lower()
    if (literal := address_of(plain)) is not None:
        return str(literal)
    if plain.isascii():
        return plain
    if _TWO_WAYS & set(plain):
        raise BadInput(N_("“{url}” is not a web address."), url=host[:200])
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadInput(N_("“{url}” is not a web address."), url=host[:200]) from error


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address that ``text`` writes, an IPv4 one in IPv6 clothes undressed; ``None`` for a name."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _asks_nobody(host: str) -> bool:
    """Whether ``host`` is found without a question. Behind the ``%`` of an address anything could stand, and a resolver
    might be asked for it."""
    return "%" not in host if address_of(host) is not None else is_this_machine(host)


def is_this_machine(host: str) -> bool:
    """Whether ``host`` names this machine without asking anybody (RFC 6761, 6.3) or is one of its loopback addresses."""
    literal = address_of(host)
    return literal.is_loopback if literal is not None else host == "localhost" or host.endswith(".localhost")


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith("." + canonical(pattern[2:])) and address_of(name) is None
    return canonical(pattern) == name
