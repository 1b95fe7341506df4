"""The verdict on a connection, as a pure function of where it goes, what was allowed and what time it is.

Loopback never leaves the machine and needs no consent. Everything else needs one that names its host and port and has
not expired; and outside loopback only https is spoken. Opens nothing, resolves nothing, asks no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from hameau.kit import N_, BadInput
from hameau.perimeter.types import Consent, Target, Verdict

_NOBODY = N_("The connection to {host} was refused: nobody has allowed it.")
_EXPIRED = N_("The connection to {host} was refused: the permission for it has expired.")
_PORTS = {"https": 443, "http": 80}


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


def verdict(target: Target, consents: Iterable[Consent], moment: float, *, address: str = "") -> Verdict:
    """Whether ``target`` may be reached at ``moment`` (seconds since the epoch).

    ``address`` is what the name was resolved to, when that is known: a name that was allowed on the internet must not
    lead to this machine or the local network (DNS rebinding), unless the consent says so.
    """
    literal = _address(target.host)
    if _is_loopback(target.host, literal):
        if address and not _is_loopback(address, _address(address)):
            return Verdict(False, N_("The connection was refused: {host} should be this machine and leads elsewhere."))
        return Verdict(True, N_("It stays on this machine."))
    if target.scheme != "https":
        return Verdict(
            False, N_("The connection to {host} was refused: only encrypted ones (https) may leave this machine.")
        )
    expired = False
    for consent in consents:
        if not _covers(consent, target):
            continue
        if moment >= consent.until:
            expired = True
            continue
        resolved = _address(address)
        if literal is None and resolved is not None and not resolved.is_global and not consent.local:
            return Verdict(
                False, N_("The connection was refused: {host} leads into the local network, which nobody has allowed.")
            )
        return Verdict(True, N_("It was allowed."), consent)
    return Verdict(False, _EXPIRED if expired else _NOBODY)


def canonical(host: str) -> str:
    """``host`` in the one form that is compared: lower case, no brackets or final dot, IDNA, addresses shortened.

    An IPv4 address in IPv6 clothes (``::ffff:127.0.0.1``, RFC 4291, 2.5.5.2) is the IPv4 address.
    """
    plain = host.strip("[]").rstrip(".").lower()
    if (literal := _address(plain)) is not None:
        return str(literal)
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadInput(N_("“{url}” is not a web address."), url=host[:200]) from error


def _covers(consent: Consent, target: Target) -> bool:
    return consent.port == target.port and any(_matches(host, target.host) for host in (consent.host, *consent.also))


def _matches(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith("." + canonical(pattern[2:])) and _address(host) is None
    return canonical(pattern) == host


def _is_loopback(host: str, literal: IPv4Address | IPv6Address | None) -> bool:
    return (
        literal.is_loopback if literal is not None else host == "localhost" or host.endswith(".localhost")
    )  # RFC 6761


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
