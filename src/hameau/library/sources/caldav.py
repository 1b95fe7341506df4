"""The sources ``caldav`` and ``carddav``: the events and tasks, or the contacts, of a user on a server; or one published file.

An address may be that of a collection, of a user, of a server (which is then asked where the collections are), or of a file to
subscribe to (``webcal:``, ``….ics``, ``….vcf``). Settings, besides those of every outward source: ``collections`` (names of
those that are wanted; all without it), ``shared`` (those of other users too). Nothing is ever changed there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b

from hameau.kit import N_, BadInput, HameauError, NotFound, Unavailable, now
from hameau.library.ports import Content, Item, Kept, Parser, Reach, Secrets, SourceContext
from hameau.library.sources.dav_collections import Collections, Sort
from hameau.library.sources.dav_listed import moment, title_of
from hameau.library.sources.dav_places import Place, name_of, path_of, place_of, reach_of
from hameau.library.sources.dav_server import DavServer, Door, Garbled, NotServed, refusal
from hameau.library.sources.dav_told import multiget
from hameau.perimeter import Client

logger = logging.getLogger(__name__)

_CALENDARS = Sort(
    "cal:calendar",
    "cal:calendar-home-set",
    "caldav",
    "cal:calendar-multiget",
    "cal:calendar-data",
    ".ics",
    "text/calendar",
    N_("your events and tasks are read there; nothing is sent but the user's name and password"),
)
_CONTACTS = Sort(
    "card:addressbook",
    "card:addressbook-home-set",
    "carddav",
    "card:addressbook-multiget",
    "card:address-data",
    ".vcf",
    "text/vcard",
    N_("your contacts are read there; nothing is sent but the user's name and password"),
)
_FILES = (".ics", ".ifb", ".vcf", ".vcs")
_PUBLISHED = 32 << 20
_ETAG, _DATE, _PRINT = "etag", "last-modified", "fingerprint"


class CollectionSource:
    """What both have in common."""

    kind: str
    every_seconds = 900.0
    batch = 80
    sort: Sort

    def __init__(self, client: Client, secrets: Secrets, parser: Parser) -> None:
        self._door = Door(client, secrets, parser)
        self._published: dict[str, tuple[str, bytes]] = {}
        """By source, a published file that was just fetched to see whether it changed, for whoever reads it next."""

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The address in its one form; one to subscribe to keeps its ``webcal:``. Raises ``BadInput``."""
        _names(settings)
        place = place_of(uri)
        if uri.strip().lower().startswith(("webcal:", "webcals:")):
            return "webcal" + place.uri[len("https") :]
        return place.uri if _is_file(uri) else place_of(uri, folder=True).uri

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        """The server's host and port."""
        return reach_of(uri, settings, self.sort.why)

    def try_out(self, context: SourceContext) -> str:
        """Looks for the collections, or the file, once. The name of the only one is the title, else that of the server."""
        uri = context.source.uri
        with self._door.server(context, _place(uri)) as server:
            if _is_file(uri):
                self._fetch_published(server, context)
                return title_of(name_of(server.place.path)) or server.host
            found = self._collections(server, context).all()
        return found[0].title if len(found) == 1 else server.host

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Everything, and what is as it was. Raises ``Unavailable`` when the server is away or nothing is there any more,
        ``Refused`` when it does not know us."""
        uri, told = context.source.uri, False
        with self._door.server(context, _place(uri)) as server:
            try:
                if _is_file(uri):
                    yield self._published_item(server, context)
                    return
                for found in self._collections(server, context).everything():
                    told = True
                    yield found
            except NotFound as error:
                raise Unavailable(
                    N_("What was read is no more at its address on {host}; it stays here."),
                    hint=N_("If it was moved, connect it again at its new address."),
                    host=server.host,
                ) from error
        if not told and context.source.documents:
            raise Unavailable(
                N_("{host} suddenly tells of nothing; what was read there stays."),
                hint=N_("If you emptied it yourself, remove the source."),
                host=server.host,
            )

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """One event or contact, or the published file, as it is there now."""
        place, path = self._at(context, uri)
        with self._door.server(context, place) as server:
            if _is_file(context.source.uri):
                yield self._content(path, self._take_published(server, context))
                return
            with server.ask("GET", path) as answer:
                if answer.status != 200:
                    raise refusal(server.host, path, answer)
                data = answer.read(context.max_file_bytes)
            yield self._content(path, data)

    def contents(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        """Several of one collection in one question, where the server answers it."""
        if _is_file(context.source.uri):
            yield from self._one_by_one(context, uris)
            return
        by_folder: dict[str, dict[str, str]] = {}
        for uri in uris:
            try:
                _there, path = self._at(context, uri)
            except NotFound as error:
                yield uri, error
                continue
            by_folder.setdefault(path.rpartition("/")[0] + "/", {})[path] = uri
        with self._door.server(context, _of(context)) as server:
            for folder, wanted in by_folder.items():
                try:
                    found = self._several(server, folder, list(wanted))
                except (NotServed, Garbled) as error:
                    logger.info("%s: one by one: %s", server.host, error)
                    yield from self._one_by_one(context, list(wanted.values()))
                    continue
                for path, uri in wanted.items():
                    data = found.get(path)
                    yield uri, NotFound() if data is None else self._content(path, data.encode("utf-8"))

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` or ``Refused`` when nothing can be had there now."""
        with self._door.server(context, _of(context)) as server:
            try:
                if _is_file(context.source.uri):
                    self._fetch_published(server, context)
                else:
                    self._collections(server, context).all()
            except NotFound as error:
                raise Unavailable(error.message, hint=error.hint, **error.fields) from error

    def _collections(self, server: DavServer, context: SourceContext) -> Collections:
        settings = context.source.settings
        return Collections(server, context, self.sort, bool(settings.get("shared")), _names(settings))

    def _several(self, server: DavServer, folder: str, paths: Sequence[str]) -> dict[str, str]:
        """The texts of these things of one collection."""
        body = multiget(self.sort.report, ("d:getetag", self.sort.data), paths)
        listing = server.told("REPORT", folder, body, "1")
        found = {}
        for path, index in server.paths(listing, folder):
            text = listing.responses[index].prop(self.sort.data)
            if text and listing.responses[index].status == 200:
                found[path] = text + "\n"
        return found

    def _one_by_one(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        for uri in uris:
            try:
                with self.content(context, uri) as content:
                    yield uri, content
            except Unavailable:
                raise
            except HameauError as error:
                yield uri, error

    def _content(self, path: str, data: bytes) -> Content:
        name = name_of(path)
        if not name.lower().endswith(_FILES):
            name += self.sort.ending
        return Content(name, data=data, media_type=self.sort.media_type)

    def _at(self, context: SourceContext, uri: str) -> tuple[Place, str]:
        """The server, and the path of ``uri`` on it. Raises ``NotFound`` for what is elsewhere."""
        place = _of(context)
        path = path_of(uri, "") if uri.startswith(place.origin + "/") else None
        if path is None:
            raise NotFound(N_("There is no such thing here."))
        return place, path

    def _published_item(self, server: DavServer, context: SourceContext) -> Item | Kept:
        """The published file, or that it is as it was."""
        memory = context.memory
        known = {} if context.whole else {"If-None-Match": memory.get(_ETAG), "If-Modified-Since": memory.get(_DATE)}
        fetched = self._fetch_published(server, context, {name: said for name, said in known.items() if said})
        if fetched is None:
            return Kept("")
        data, etag, date = fetched
        memory.note(_ETAG, etag)
        memory.note(_DATE, date)
        found = blake2b(data, digest_size=16).hexdigest()
        if memory.get(_PRINT) == found and not context.whole:
            return Kept("")
        memory.note(_PRINT, found)
        self._published[context.source.id] = (found, data)
        title = title_of(name_of(server.place.path)) or server.host
        return Item(server.place.uri, title, len(data), moment(date) or now(), found)

    def _take_published(self, server: DavServer, context: SourceContext) -> bytes:
        there = self._published.pop(context.source.id, None)
        if there is not None:
            return there[1]
        fetched = self._fetch_published(server, context)
        return b"" if fetched is None else fetched[0]

    def _fetch_published(
        self, server: DavServer, context: SourceContext, headers: Mapping[str, str] | None = None
    ) -> tuple[bytes, str, str] | None:
        """The file, its tag and its date; ``None`` when it is as the headers say."""
        with server.ask("GET", server.place.path_and_query, headers=headers) as answer:
            if answer.status == 304 and headers:
                return None
            if answer.status != 200:
                raise refusal(server.host, server.place.path, answer)
            data = answer.read(min(_PUBLISHED, context.max_file_bytes))
            found = (_sent_back(answer.header("etag"), 300), _sent_back(answer.header("last-modified"), 60))
        if not data.lstrip(b"\xef\xbb\xbf \r\n\t")[:6].upper().startswith(b"BEGIN:"):
            raise BadInput(
                N_("{host} does not hand out a calendar or contacts at this address."),
                hint=N_("Give the address to subscribe to; it often ends with .ics."),
                host=server.host,
            )
        return data, *found


class CaldavSource(CollectionSource):
    """Events, tasks and journals."""

    kind = "caldav"
    sort = _CALENDARS


class CarddavSource(CollectionSource):
    """Contacts."""

    kind = "carddav"
    sort = _CONTACTS


def _sent_back(text: str, longest: int) -> str:
    """What a server said, when it may stand in a header of ours."""
    return text if len(text) <= longest and text.isascii() and text.isprintable() else ""


def _is_file(uri: str) -> bool:
    """Whether ``uri`` is that of one published file."""
    place = place_of(uri)
    subscribed = uri.strip().lower().startswith(("webcal:", "webcals:"))
    return subscribed or place.path.lower().endswith(_FILES) or "export" in place.query.split("&")


def _place(uri: str) -> Place:
    return place_of(uri) if _is_file(uri) else place_of(uri, folder=True)


def _of(context: SourceContext) -> Place:
    return _place(context.source.uri)


def _names(settings: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the collections that are wanted. Raises ``BadInput``."""
    value = settings.get("collections")
    names = (value,) if isinstance(value, str) and value else tuple(value) if isinstance(value, (list, tuple)) else ()
    if value and (not names or any(not isinstance(name, str) for name in names)):
        raise BadInput(N_("The names of the calendars or address books can't be understood."))
    return tuple(str(name).casefold() for name in names)
