"""Addresses on a WebDAV server, in the one form that is compared, and what a server calls them. Pure; asks nobody.

A server writes percent signs as it likes, answers with whole addresses or paths, and may not be trusted: what does not lie below
the address that was asked is nobody's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

from hameau.kit import N_, BadInput
from hameau.library.ports import Reach
from hameau.perimeter import Target, is_far, is_this_machine, target_of

_PLAIN = "-._~()!@,:$'*&="
"""What a segment of a path may hold as it is (RFC 3986, 3.3), but for the plus and the semicolon, which some servers mistake."""
_COMMON = re.compile("(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+/?")
"""Paths that are in their one form already."""
_LONGEST = 4_000
_NEAR = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain", ".localhost")
_OTHER_NAMES = {
    "webdav": "http",
    "webdavs": "https",
    "dav": "http",
    "davs": "https",
    "caldavs": "https",
    "carddavs": "https",
    "webcal": "https",
    "webcals": "https",
}
"""What programs write before addresses of these servers; an address to subscribe to (webcal) is taken to be encrypted."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """An address, taken apart: ``origin`` is scheme, host and port; ``path`` is written in one way only."""

    origin: str
    path: str
    query: str = ""

    @property
    def path_and_query(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")

    @property
    def uri(self) -> str:
        return self.origin + self.path_and_query

    def at(self, path: str) -> str:
        """The address of ``path``, written in its one way, on the same server."""
        return self.origin + path


def place_of(uri: str, *, folder: bool = False) -> Place:
    """``uri`` in its one form. With ``folder`` it ends with a slash and has no query. Raises ``BadInput``."""
    text = uri.strip()
    scheme, _, rest = text.partition("://")
    if scheme.lower() in _OTHER_NAMES:
        text = f"{_OTHER_NAMES[scheme.lower()]}://{rest}"
    if len(text) > _LONGEST:
        raise BadInput(N_("“{url}” is not a web address."), url=text[:200])
    parts = urlsplit(text.replace(" ", "%20"))
    goal = target_of(parts._replace(fragment="").geturl())
    path = path_of(parts.path or "/", "")
    if path is None:
        raise BadInput(N_("“{url}” is not a web address."), url=text[:200])
    if folder:
        return Place(origin_of(goal), path.rstrip("/") + "/")
    return Place(origin_of(goal), path, quote(parts.query, _PLAIN + "/?%"))


def origin_of(goal: Target) -> str:
    """Scheme, host and port as an address begins with them; a port that goes without saying is left out."""
    host = f"[{goal.host}]" if ":" in goal.host else goal.host
    return f"{goal.scheme}://{host}" + ("" if goal.port == _PORTS[goal.scheme] else f":{goal.port}")


def path_of(href: str, below: str) -> str | None:
    """The path that ``href`` means, written in one way, when it is ``below`` or begins so; else ``None``.

    Only the path counts: servers behind others believe themselves to have another scheme or name.
    """
    try:
        path = urlsplit(href).path if "://" in href[:12] else href.partition("?")[0].partition("#")[0]
    except ValueError:  # no address at all
        return None
    if not path.startswith("/"):
        return None
    if _COMMON.fullmatch(path):
        return path if path.startswith(below) or path + "/" == below else None
    segments = []
    for segment in path.split("/"):
        plain = unquote(segment, "utf-8", "surrogateescape")
        if plain in (".", "..") or "/" in plain or "\0" in plain:
            return None
        if plain:
            segments.append(quote(plain, _PLAIN, "utf-8", "surrogateescape"))
    whole = "/" + "/".join(segments) + ("/" if segments and path.endswith("/") else "")
    return whole if whole.startswith(below) or whole + "/" == below else None


def words_of(path: str) -> str:
    """``path`` as a person reads it: bytes of an unknown encoding become U+FFFD."""
    return unquote(path, "utf-8", "replace")


def name_of(path: str) -> str:
    """The last step of ``path``, for a person."""
    return words_of(path.rstrip("/").rpartition("/")[2])


def written(relative: str) -> str:
    """A path that a person wrote, in the one way of :func:`path_of`, without slashes at its ends."""
    return "/".join(quote(step, _PLAIN) for step in relative.split("/") if step not in ("", ".", ".."))


def is_near(goal: Target) -> bool:
    """Whether ``goal`` is likely to lie in the local network or on this machine, from its name alone."""
    try:
        ip_address(goal.host)
    except ValueError:
        return is_this_machine(goal.host) or "." not in goal.host or goal.host.endswith(_NEAR)
    return not is_far(goal.host)


def reach_of(uri: str, settings: Mapping[str, object], why: str) -> Reach:
    """Where ``uri`` leads, for whoever is to allow it."""
    goal = target_of(place_of(uri).origin)
    local = goal.scheme == "http" or is_near(goal)
    return Reach(goal.host, goal.port, why, local=local, secret=bool(settings.get("user")), name=goal.host)
