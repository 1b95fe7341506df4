"""What WebDAV servers are asked, as XML, and what they tell, as the form ``multistatus`` reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import msgspec

_SPACES = {
    "d": "DAV:",
    "oc": "http://owncloud.org/ns",
    "nc": "http://nextcloud.org/ns",
    "cal": "urn:ietf:params:xml:ns:caldav",
    "card": "urn:ietf:params:xml:ns:carddav",
    "cs": "http://calendarserver.org/ns/",
}
_NAMED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


class Told(msgspec.Struct, frozen=True):
    """What is said of one address. A property that the server does not have is not in ``props``."""

    href: str
    status: int = 200
    props: dict[str, str] = {}

    def prop(self, name: str) -> str:
        return self.props.get(name, "")

    def names(self, name: str) -> frozenset[str]:
        """The names in a property that holds elements: ``d:collection``."""
        return frozenset(self.prop(name).split())

    def hrefs(self, name: str) -> list[str]:
        """The addresses in a property that holds some."""
        return [line.strip() for line in self.prop(name).splitlines() if line.strip()]

    @property
    def is_folder(self) -> bool:
        return "d:collection" in self.names("d:resourcetype")

    @property
    def size(self) -> int:
        """In bytes; 0 where the server does not say."""
        text = self.prop("d:getcontentlength")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0

    @property
    def etag(self) -> str:
        """The entity tag, as it was told."""
        return self.prop("d:getetag").strip()[:300]


class Listing(msgspec.Struct, frozen=True):
    """All that is said at once; ``token`` is where the next synchronisation may begin (RFC 6578)."""

    responses: list[Told]
    token: str = ""


def propfind(props: Iterable[str]) -> bytes:
    """Asks for these properties (RFC 4918, 9.1)."""
    return _written("d:propfind", _props(props))


def sync_collection(token: str, props: Iterable[str]) -> bytes:
    """Asks what changed since ``token``; since the beginning, when it is empty (RFC 6578, 3.2)."""
    inside = f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level>"
    return _written("d:sync-collection", inside + _props(props))


def multiget(report: str, props: Iterable[str], hrefs: Iterable[str]) -> bytes:
    """Asks for several things at once: ``cal:calendar-multiget`` (RFC 4791, 7.9), ``card:addressbook-multiget``."""
    return _written(report, _props(props) + "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs))


def _props(props: Iterable[str]) -> str:
    return "<d:prop>" + "".join(f"<{name}/>" for name in props) + "</d:prop>"


def _written(root: str, inside: str) -> bytes:
    return f"{_HEAD}<{root} {_NAMED}>{inside}</{root}>".encode()
