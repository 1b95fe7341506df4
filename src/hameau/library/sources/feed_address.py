"""Addresses of feeds: what a person types, in the one form that is kept. Asks nobody."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from hameau.kit import N_, BadInput
from hameau.perimeter import canonical, is_far, is_this_machine, target_of

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_AT_HOME = (".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet", ".localdomain")
_KEPT = "/:?#[]@!$&'()*+,;=%~-._"
_ENTRY = "#entry/"


def canonical_address(text: str) -> str:
    """The address of a feed as it is kept. ``feed:`` and a bare name are https, and so is http beyond the home network, where
    nothing leaves in the clear. Raises ``BadInput``."""
    plain = text.strip()
    if plain.lower().startswith("feed:"):
        plain = plain[5:].removeprefix("//")
    if not _SCHEME.match(plain) or re.match(r"[^/:]+:\d{1,5}(/|\Z)", plain):
        plain = f"https://{plain}"
    try:
        parts = urlsplit(plain)
        goal = target_of(urlunsplit((*parts[:2], "", "", "")))
    except ValueError as error:
        raise BadInput(N_("“{url}” is not a web address."), url=text[:200]) from error
    if not _is_host(goal.host):
        raise BadInput(N_("“{url}” is not a web address."), url=text[:200])
    near = is_near(goal.host)
    scheme = goal.scheme if near else "https"
    port = "" if goal.port == (443 if goal.scheme == "https" else 80) else f":{goal.port}"
    host = f"[{goal.host}]" if ":" in goal.host else goal.host
    return urlunsplit((scheme, host + port, _quoted(parts.path) or "/", _quoted(parts.query), ""))


def is_near(host: str) -> bool:
    """Whether ``host`` is this machine or one of the home network, by its name alone."""
    plain = canonical(host)
    try:
        ip_address(plain)
    except ValueError:
        return is_this_machine(plain) or "." not in plain or plain.endswith(_AT_HOME)
    return not is_far(plain)


def _is_host(name: str) -> bool:
    """Whether ``name`` can be one: an address, or labels of 1 to 63 signs (RFC 1035, 2.3.4)."""
    return ":" in name or (len(name) <= 253 and all(0 < len(label) <= 63 for label in name.split(".")))


def entry_uri(feed: str, identity: str) -> str:
    """Where an entry of the feed at ``feed`` stands in the library."""
    return feed + _ENTRY + quote(identity, safe="")


def entry_id(uri: str) -> str:
    """The entry's id in what :func:`entry_uri` made."""
    return unquote(uri.rpartition(_ENTRY)[2])


def _quoted(text: str) -> str:
    return quote(text, safe=_KEPT)
