"""Finds the calendars or the address books of a user, and what changed in each (RFC 4791, 6352, 6764, 6578).

One request says of all of them whether anything changed; one that did is asked what, since the last time where the server keeps
count, else all the tags of what it holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hameau.kit import N_, NotFound, Refused, Unavailable
from hameau.library.ports import Item, Kept, Memory, SourceContext
from hameau.library.sources.dav_listed import moment, title_of
from hameau.library.sources.dav_places import name_of, path_of
from hameau.library.sources.dav_server import GONE, DavServer, NotServed
from hameau.library.sources.dav_told import Listing, Told, propfind, sync_collection
from hameau.perimeter import target_of

logger = logging.getLogger(__name__)

_ITEM = ("d:resourcetype", "d:getetag", "d:getcontentlength", "d:getlastmodified")
_PAGES = 1_000
_CHARACTERS = 200_000_000
"""Of all addresses and tags that are told in one look."""
_HOME, _WHO, _MARK, _TOKEN, _TAG = "home", "principal", "c:", "t:", "e:"
"""What the memory holds: where the collections are, who the user is; by collection, a mark and a token; by thing, its tag."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What makes the difference between calendars and address books."""

    collection: str
    home: str
    well_known: str
    report: str
    data: str
    ending: str
    media_type: str
    why: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar or an address book. ``mark`` changes when anything in it does; empty where the server does not say."""

    path: str
    title: str
    mark: str
    counted: bool
    """Whether the server can tell what changed since the last time."""


@dataclass(slots=True)
class Collections:
    """Those of one user on one server, as one synchronisation sees them."""

    server: DavServer
    context: SourceContext
    sort: Sort
    shared: bool = False
    titles: tuple[str, ...] = ()
    _unclear: list[str] = field(default_factory=list)
    """What the server can't say anything of just now."""
    _said: int = 0

    def everything(self) -> Iterator[Item | Kept]:
        """What is in them, and what is as it was. Raises ``Unavailable``, ``Refused``, ``NotFound``."""
        memory, origin = self.context.memory, self.server.place.origin
        found = self.all()
        for one in found:
            known = memory.get(_MARK + one.path)
            if one.mark and known == one.mark and not self.context.whole:
                yield Kept(origin + one.path)
                continue
            yield from (
                Item(
                    origin + path,
                    title_of(name_of(path)),
                    told.size,
                    moment(told.prop("d:getlastmodified")) or self.context.source.created_at,
                    f"{told.etag} {path}",
                )
                for path, told in self._things(one).items()
            )
            memory.note(_MARK + one.path, "" if self._is_unclear(one) else one.mark)
        yield from (Kept(origin + path) for path in self._unclear)
        self._forget_what_is_gone(found)

    def all(self) -> list[Collection]:
        """The collections at the source's address, or of the user whom it belongs to."""
        memory = self.context.memory
        if not self.context.whole and (known := memory.get(_HOME)):
            try:
                return self._below(known.splitlines(), memory.get(_WHO))
            except NotFound:
                logger.info("%s: the collections are elsewhere now", self.server.host)
        homes, who = self._home()
        memory.note(_HOME, "\n".join(homes))
        memory.note(_WHO, who)
        return self._below(homes, who)

    def _props(self) -> tuple[str, ...]:
        sort = self.sort
        shared = ("d:resourcetype", "d:displayname", "d:owner", "d:sync-token", "d:supported-report-set", "cs:getctag")
        return (*shared, "d:current-user-principal", sort.home, "cal:supported-calendar-component-set")

    def _home(self) -> tuple[list[str], str]:
        """Where the collections are, and who the user is (RFC 6764, 6)."""
        place = self.server.place
        for start in (place.path, f"/.well-known/{self.sort.well_known}"):
            try:
                listing = self.server.list(start, self._props(), "0")
            except NotServed:  # a page for people
                continue
            except NotFound:
                if place.path != "/":
                    raise
                continue
            told = listing.responses[0] if listing.responses else Told("")
            who = self._on_this_server(told.hrefs("d:current-user-principal"))
            if self._is_wanted(told, ""):
                return [place.path], who[0] if who else ""
            homes = self._on_this_server(told.hrefs(self.sort.home))
            if not homes and who:
                about = self.server.list(who[0], self._props(), "0").responses
                homes = self._on_this_server(about[0].hrefs(self.sort.home) if about else [])
            if homes:
                return homes, who[0] if who else ""
            if told.is_folder and start == place.path and not who:
                return [place.path], ""
        raise NotFound(
            N_("There is nothing of that kind at this address on {host}."),
            hint=N_("Give the address that your calendar program uses (CalDAV, CardDAV), or that of the server."),
            host=self.server.host,
        )

    def _on_this_server(self, hrefs: list[str]) -> list[str]:
        """The paths of ``hrefs``; some services keep each user's on another host, which a person must allow."""
        paths = []
        for href in hrefs:
            try:
                host = urlsplit(href).hostname if "://" in href[:12] else None
            except ValueError:
                continue
            if host and host.lower() != self.server.host and "." in host:
                raise Unavailable(
                    N_("What you look for lies on {host}: connect that address."), host=target_of(href).host
                )
            path = path_of(href, "")
            if path is not None:
                paths.append(path.rstrip("/") + "/")
        return paths

    def _below(self, homes: list[str], who: str) -> list[Collection]:
        found: dict[str, Collection] = {}
        for home in homes:
            listing = self.server.list(home, self._props(), "1")
            for path, index in self.server.paths(listing, home):
                told = listing.responses[index]
                if told.status != 200 and told.status not in GONE and path.rstrip("/") != home.rstrip("/"):
                    self._unclear.append(path)
                elif self._is_wanted(told, who):
                    place = path.rstrip("/") + "/"
                    mark = told.prop("cs:getctag") or told.prop("d:sync-token")
                    reports = told.names("d:supported-report-set")
                    title = " ".join(told.prop("d:displayname").split())[:200]
                    counted = "d:sync-collection" in reports or bool(told.prop("d:sync-token"))
                    title = title or name_of(path)
                    if not self.titles or title.casefold() in self.titles or name_of(path).casefold() in self.titles:
                        found[place] = Collection(place, title, mark[:1000], counted)
        return list(found.values())

    def _is_wanted(self, told: Told, who: str) -> bool:
        if self.sort.collection not in told.names("d:resourcetype") or "nc:trash-bin" in told.names("d:resourcetype"):
            return False
        parts = told.names("cal:supported-calendar-component-set")
        if self.sort.collection == "cal:calendar" and parts and not parts & {"VEVENT", "VTODO", "VJOURNAL"}:
            return False
        if told.href.rstrip("/").endswith("/contact_birthdays"):
            return False  # made by the server of the address book
        owner = [path_of(href, "") for href in told.hrefs("d:owner")]
        return self.shared or not who or not owner or owner[0] is None or owner[0].rstrip("/") == who.rstrip("/")

    def _things(self, one: Collection) -> dict[str, Told]:
        """What is in a collection, by path."""
        if one.counted:
            try:
                return self._since(one)
            except (NotServed, Refused) as error:
                logger.info("%s: all of %s is listed: %s", self.server.host, one.path, error)
        listing = self.server.told("PROPFIND", one.path, propfind(_ITEM), "1")
        found = dict(self._of(one, listing))
        self._unclear += [path for path, told in found.items() if told.status != 200 and told.status not in GONE]
        return {path: told for path, told in found.items() if told.status == 200}

    def _since(self, one: Collection) -> dict[str, Told]:
        """What the last time knew, and what changed since (RFC 6578)."""
        memory, token = self.context.memory, self.context.memory.get(_TOKEN + one.path)
        known: dict[str, Told] = {}
        if token and not self.context.whole:
            known = _remembered(memory, one.path)
        else:
            token = ""
        began = token
        for _ in range(_PAGES):
            try:
                listing = self.server.told("REPORT", one.path, sync_collection(token, _ITEM), "0")
            except (Refused, Unavailable) as error:
                if not token:
                    raise
                logger.info("%s: all of %s again: %s", self.server.host, one.path, error)
                known, token = {}, ""  # it has forgotten where we were
                continue
            for path, told in self._of(one, listing):
                if told.status == 200:
                    known[path] = told
                    self._said += len(path) + len(told.etag)
                elif told.status in GONE:
                    known.pop(path, None)
                else:
                    self._unclear.append(path)
            if self._said > _CHARACTERS:
                raise Unavailable(N_("{host} tells of folders without end."), host=self.server.host)
            more = any(told.status == 507 for told in listing.responses)
            again, token = token, listing.token
            if not more:
                break
            if not token or token == again:
                raise NotServed(N_("{host} sends us round in circles."), host=self.server.host)
        _remember(memory, one.path, known, began if self._is_unclear(one) else token)
        return known

    def _is_unclear(self, one: Collection) -> bool:
        """Whether the server could not say all of a collection: it is asked the same again the next time."""
        return any(path.startswith(one.path) for path in self._unclear)

    def _of(self, one: Collection, listing: Listing) -> Iterator[tuple[str, Told]]:
        """The things in a collection that ``listing`` tells of; never itself, never what is elsewhere."""
        for path, index in self.server.paths(listing, one.path):
            told = listing.responses[index]
            if path.rstrip("/") + "/" != one.path and not path.endswith("/") and not told.is_folder:
                yield path, told

    def _forget_what_is_gone(self, found: list[Collection]) -> None:
        """Out of the memory: what belongs to collections that are no more."""
        memory, there = self.context.memory, {one.path for one in found}
        for key in memory.keys():  # noqa: SIM118 - no dictionary
            kind, path = key[:2], key[2:]
            inside = path.rpartition("/")[0] + "/" if kind == _TAG else path
            if kind in (_MARK, _TOKEN, _TAG) and inside not in there:
                memory.note(key, "")


def _remembered(memory: Memory, path: str) -> dict[str, Told]:
    """What was in the collection at ``path`` the last time."""
    start, found = _TAG + path, {}
    for key in memory.keys():  # noqa: SIM118 - no dictionary
        if key.startswith(start):
            size, _, rest = memory.get(key).partition(" ")
            changed, _, etag = rest.partition("|")
            props = {"d:getetag": etag, "d:getcontentlength": size, "d:getlastmodified": changed}
            found[key[len(_TAG) :]] = Told(key[len(_TAG) :], 200, props)
    return found


def _remember(memory: Memory, path: str, things: dict[str, Told], token: str) -> None:
    start = _TAG + path
    for key in memory.keys():  # noqa: SIM118 - no dictionary
        if key.startswith(start) and key[len(_TAG) :] not in things:
            memory.note(key, "")
    if token:
        for place, told in things.items():
            memory.note(_TAG + place, f"{told.size} {told.prop('d:getlastmodified')[:60]}|{told.etag}")
    memory.note(_TOKEN + path, token)
