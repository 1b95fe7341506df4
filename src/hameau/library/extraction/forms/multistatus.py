"""The form that reads what a WebDAV server lists: ``multistatus`` (RFC 4918, 14.16; RFC 6578, 6.4), nothing else.

A server's XML has no need of a document type, so one that brings entities is refused before any is looked at. Depth, length and
number are bounded while it is read, not after.
"""

from __future__ import annotations

from xml.parsers import expat  # noqa: TID251 - read inside the locked-in worker, with its memory bounded

import msgspec

from hameau.library.extraction.reasons import Unreadable

_PREFIXES = {
    "DAV:": "d",
    "http://owncloud.org/ns": "oc",
    "http://nextcloud.org/ns": "nc",
    "urn:ietf:params:xml:ns:caldav": "cal",
    "urn:ietf:params:xml:ns:carddav": "card",
    "http://calendarserver.org/ns/": "cs",
}
_DEPTH = 24
_RESPONSES = 500_000
_PROPS = 64
_CLOSED = frozenset([401, 403, 423])
_HREF = 8_000
_VALUE = 8 << 20
"""Characters of one property: an event with all its guests."""
_TOTAL = 48 << 20


class Response(msgspec.Struct):
    """What is said of one address; ``status`` is 200 unless the address itself has another one, or all that was asked about it
    was refused or went wrong."""

    href: str = ""
    status: int = 200
    props: dict[str, str] = {}


class Multistatus(msgspec.Struct):
    """All that is said; ``token`` is where the next synchronisation may begin."""

    responses: list[Response]
    token: str = ""


def read(data: bytes) -> Multistatus:
    """What ``data`` lists. Properties are named by the usual prefixes (``d:getetag``, ``oc:fileid``); the value of one that
    holds elements is their names, or the addresses in them, a line each. Raises :class:`Unreadable`."""
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self._path: list[str] = []
        self._found: list[Response] = []
        self._token = ""
        self._response = Response()
        self._props: dict[str, str] = {}
        self._status = ""
        self._text: list[str] = []
        self._names: list[str] = []
        self._length = self._total = self._worst = 0

    def read(self, data: bytes) -> Multistatus:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Unreadable("damaged", f"no multistatus: {error}") from error
        return Multistatus(self._found, self._token)

    def _refuse(self, *_: object) -> None:
        raise Unreadable("damaged", "a document type")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        prefix = _PREFIXES.get(space, "")
        called = f"{prefix}:{name}" if prefix else "?"
        path = self._path
        if not path and called != "d:multistatus":
            raise Unreadable("damaged", f"the root is {tag[:80]!r}")
        path.append(called)
        if len(path) > _DEPTH:
            raise Unreadable("damaged", "too deep")
        if len(path) > 5 and path[3] == "d:prop":
            named = attributes.get("name", "")
            self._names.append(named[:80] if called == "cal:comp" else called)
            if len(self._names) > _PROPS:
                raise Unreadable("damaged", "too many names")
            if called == "d:href" and self._text:
                self._text.append("\n")
        elif called == "d:response" and len(path) == 2:
            self._response, self._worst = Response("", 200, {}), 0
        elif called == "d:propstat" and len(path) == 3:
            self._props, self._status = {}, ""
        else:
            self._text, self._length = [], 0
            self._names = []

    def _say(self, text: str) -> None:
        self._length += len(text)
        self._total += len(text)
        if self._length > _VALUE or self._total > _TOTAL:
            raise Unreadable("too_long")
        self._text.append(text)

    def _end(self, _tag: str) -> None:
        path = self._path
        called, depth = path.pop(), len(path)
        if depth == 4 and path[3] == "d:prop":
            if called != "?" and len(self._props) < _PROPS:
                said = "".join(self._text).strip()
                self._props[called] = said or " ".join(one for one in self._names if one != "?")
        elif depth == 3 and called == "d:status" and path[2] == "d:propstat":
            self._status = "".join(self._text)
        elif depth == 2 and path[1] == "d:response":
            self._of_response(called)
        elif depth == 1 and called == "d:response":
            if self._worst and not self._response.props and self._response.status == 200:
                self._response.status = self._worst
            self._found.append(self._response)
            if len(self._found) > _RESPONSES:
                raise Unreadable("too_long")
        elif depth == 1 and called == "d:sync-token":
            self._token = "".join(self._text).strip()[:_HREF]

    def _of_response(self, called: str) -> None:
        said = "".join(self._text).strip()
        if called == "d:href" and not self._response.href:
            if len(said) > _HREF:
                raise Unreadable("damaged", "an endless address")
            self._response.href = said
        elif called == "d:status":
            self._response.status = _code(said)
        elif called == "d:propstat":
            code = _code(self._status)
            if code == 200:
                self._response.props |= self._props
            self._worst = max(self._worst, code if code >= 500 or code in _CLOSED else 0)


def _code(status: str) -> int:
    """The number in ``HTTP/1.1 404 Not Found``; 0 for none."""
    for word in status.split()[:2]:
        if word.isascii() and word.isdecimal() and len(word) == 3:
            return int(word)
    return 0
