"""Addresses: the one of a SearXNG, and those of pages that may be opened. Pure; nothing is asked of anybody.

What a search gives is a stranger's word. A page is opened on the internet alone, over an encrypted line: an address of this
machine or of the local network is refused here, and a name that leads there by the guard, when it is known where it leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from hameau.kit import N_, BadInput, Refused
from hameau.perimeter import Target, is_far, is_this_machine, target_of

LONGEST = 2000
"""Characters of an address. What browsers and servers take for granted is about that."""
_SECURE = 443
_AT_HOME = (".local", ".localdomain", ".lan", ".home", ".home.arpa", ".internal", ".intranet", ".corp", ".private")
"""Names that only a local network knows (RFC 6762, RFC 8375; the others by custom)."""
_NOWHERE = (".onion", ".i2p", ".test", ".invalid", ".alt")
"""Names that no resolver of the internet may know (RFC 7686, RFC 6761, RFC 9476)."""
_SAFE = "/?#[]@!$&'()*+,;=:%~-._"


@dataclass(frozen=True, slots=True)
class Address:
    """A page that may be opened. ``url`` is what is asked for, in ASCII and without a fragment."""

    url: str
    host: str
    port: int = _SECURE


def searxng(written: str) -> tuple[str, Target]:
    """The address of a SearXNG as it is kept, and where it leads. Raises ``BadInput``."""
    text = written.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if "://" not in text and (is_this_machine(parts.hostname or "") or _is_near(parts.hostname or "")):
        text = f"http://{text}"
    url = text if "://" in text else f"https://{text}"
    goal = target_of(url)
    path = urlsplit(url).path.rstrip("/")
    path = path.removesuffix("/search")
    if goal.scheme == "http" and is_far(goal.host):
        raise BadInput(
            N_("{host} is not in your home network: only encrypted connections (https) may leave it."), host=goal.host
        )
    port = f":{goal.port}" if goal.port != {"http": 80, "https": _SECURE}[goal.scheme] else ""
    return f"{goal.scheme}://{_bracketed(goal.host)}{port}{quote(path, safe=_SAFE)}", goal


def place(url: str) -> str:
    """Host and port for a person; the port only where it is not the usual one."""
    goal = target_of(url)
    usual = {"http": 80, "https": _SECURE}[goal.scheme]
    return _bracketed(goal.host) if goal.port == usual else f"{_bracketed(goal.host)}:{goal.port}"


def page(url: str) -> Address:
    """``url`` as it may be opened. Raises ``BadInput`` for what is no address, ``Refused`` for one that is not opened."""
    if len(url) > LONGEST:
        raise BadInput(N_("That address is too long."))
    goal = target_of(url)
    if is_this_machine(goal.host) or _is_near(goal.host) or _is_odd(goal.host):
        raise Refused(
            N_("{host} is not a place on the internet: pages of this machine and of the local network are not opened."),
            host=goal.host,
        )
    if goal.host.endswith(_NOWHERE):
        raise Refused(N_("{host} is not a place on the internet."), host=goal.host)
    if goal.port not in (80, _SECURE) or (goal.scheme == "https" and goal.port == 80):
        raise Refused(N_("Only pages at the usual port are opened, not {host}:{port}."), host=goal.host, port=goal.port)
    parts = urlsplit(url)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    asked = f"https://{_bracketed(goal.host)}{quote(parts.path or '/', safe=_SAFE)}{query}"
    return Address(asked, goal.host)


def is_web(url: str) -> bool:
    """Whether ``url`` is an address that a person's browser opens as a page: http or https, and no longer than usual."""
    if len(url) > LONGEST or not url.isprintable():
        return False
    try:
        target_of(url)
    except BadInput:
        return False
    return True


def may_open(url: str) -> bool:
    """Whether the page at ``url`` may be opened at all."""
    try:
        page(url)
    except (BadInput, Refused):
        return False
    return True


def _is_near(host: str) -> bool:
    """Whether ``host`` is an address, or plainly a name, of a local network."""
    try:
        literal = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return "." not in host or host.endswith(_AT_HOME)
    return literal.is_multicast or not is_far(host.strip("[]"))


def _is_odd(host: str) -> bool:
    """A number that some resolvers take for an address (``0x7f.1``, ``2130706433``): the URL standard's « ends in a number »."""
    last = host.rsplit(".", 1)[-1]
    odd = last.isdigit() or last.lower().startswith("0x")
    return odd and not is_far(host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
