"""Lists of feeds (OPML): taken over from another reader after one yes of a person, and handed out for another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from hameau.hub.connecting import Connecting, Proposal
from hameau.kit import N_, Corrupt, HameauError, Refused
from hameau.library import Parser, Source
from hameau.library.extraction import Outline, Outlines
from hameau.perimeter import Connection

_FOLDERS = " / "
_USUAL_PORT = 443


class Sources(Protocol):
    """Where the feeds of a space stand."""

    def sources(self, space: str, /) -> Sequence[Source]: ...


class Listed(Protocol):
    """A feed as a list names it."""

    @property
    def title(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class FeedList:
    """A list of feeds before the yes: what each would be, those that are here already, and those that can't be."""

    title: str
    proposals: tuple[Proposal, ...] = ()
    known: tuple[Source, ...] = ()
    refused: tuple[tuple[Outline, HameauError], ...] = ()
    left_out: int = 0
    """Beyond what one list may hold."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that a yes allows, each once, in the order of names; with the port where it is not the usual one."""
        found = {_place(one.connection) for one in self.proposals if one.connection is not None}
        return tuple(sorted(found))

    @property
    def text(self) -> str:
        """What is new in it, as OPML: all that a second look at it needs."""
        return written(self.title, self.proposals)


class Feeds:
    """The lists of feeds of one home."""

    def __init__(self, connecting: Connecting, library: Sources, parser: Parser) -> None:
        self._connecting, self._library, self._parser = connecting, library, parser

    def propose(self, data: bytes, *, space: str = "home", full_text: bool = False, near: bool = False) -> FeedList:
        """What the OPML in ``data`` would bring; feeds of this machine and of one's own network only when ``near``. Asks nobody
        outside; raises ``Corrupt`` for what is no OPML."""
        try:
            outlines = self._parser.parse("opml", data, Outlines)
        except Corrupt as error:
            raise Corrupt(
                N_("This is no list of feeds (OPML)."),
                hint=N_("Most feed readers write one, in their menu or their settings, under « Export » or « OPML »."),
            ) from error
        there = {(one.kind, one.uri): one for one in self._library.sources(space)}
        proposals: dict[str, Proposal] = {}
        known: dict[str, Source] = {}
        refused: list[tuple[Outline, HameauError]] = []
        for outline in outlines.feeds:
            settings: dict[str, object] = {"folder": outline.folder} if outline.folder else {}
            if full_text:
                settings["full_text"] = True
            try:
                one = self._connecting.propose(
                    outline.address, kind="feed", title=outline.title, space=space, settings=settings, known=there
                )
            except HameauError as error:
                refused.append((outline, error))
                continue
            if one.known is not None:
                known[one.known.id] = one.known
            elif one.connection is not None and one.connection.local and not near:
                refused.append((outline, _near(one)))
            else:
                proposals.setdefault(one.uri, one)
        return FeedList(
            outlines.title, tuple(proposals.values()), tuple(known.values()), tuple(refused), outlines.left_out
        )

    def connect(self, wanted: FeedList) -> list[Source]:
        """After the yes: allows all the hosts, and keeps all the feeds, in one go. They are first asked when they are read."""
        return self._connecting.connect_all(wanted.proposals)

    def export(self, space: str = "home") -> bytes:
        """The feeds of ``space`` as OPML 2.0, in their folders."""
        feeds = [one for one in self._library.sources(space) if one.kind == "feed"]
        return written("Hameau", feeds).encode()


def written(title: str, feeds: Sequence[Listed]) -> str:
    """``feeds`` as OPML 2.0 (opml.org/spec2.opml)."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"<head><title>{_text(title)}</title></head>",
    ]
    lines.append("<body>")
    open_now: list[str] = []
    for one in sorted(feeds, key=lambda one: (_folders(one.settings), (one.title or one.uri).casefold())):
        wanted = list(_folders(one.settings))
        shared = 0
        while shared < min(len(open_now), len(wanted)) and open_now[shared] == wanted[shared]:
            shared += 1
        lines.extend("</outline>" for _ in open_now[shared:])
        lines.extend(f"<outline text={_quoted(name)}>" for name in wanted[shared:])
        open_now = wanted
        name = _quoted(one.title or one.uri)
        lines.append(f'<outline type="rss" text={name} title={name} xmlUrl={_quoted(one.uri)}/>')
    lines.extend("</outline>" for _ in open_now)
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _place(connection: Connection) -> str:
    return connection.host if connection.port == _USUAL_PORT else f"{connection.host}:{connection.port}"


def _near(one: Proposal) -> HameauError:
    """A list comes from a stranger: what it names of one's own network is looked at by itself, not among a thousand others."""
    return Refused(
        N_("{host} is on this machine or in your own network: a list can’t bring it."),
        hint=N_("If you know it, add its address by itself."),
        host=one.connection.host if one.connection else one.uri,
    )


def _folders(settings: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name in str(settings.get("folder", "")).split(_FOLDERS) if name)


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'


def _text(text: str) -> str:
    """Without what no XML may hold (XML 1.0, 2.2), and with what it writes otherwise."""
    return escape("".join(sign for sign in text if sign >= " " and sign not in "\ufffe\uffff" and not _is_half(sign)))


def _is_half(sign: str) -> bool:
    return 0xD800 <= ord(sign) <= 0xDFFF
