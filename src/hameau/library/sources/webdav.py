"""The source ``webdav``: a folder on a WebDAV server with all below it; a Nextcloud first of all.

Settings, besides those of every outward source (``connection``, ``user``, ``secret``, ``token``): ``nextcloud`` (the address
is that of the server, the files are those of ``user``), ``shared`` (what others share with the user, and what is mounted from
elsewhere, is read too), ``include`` and ``exclude`` (patterns, as of a folder). Bins, hidden files, versions and what is
encrypted end to end are left out. Nothing is ever changed there but by :meth:`WebdavSource.put`, which makes a new file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hameau.kit import N_, BadInput, HameauError, NotFound, Refused, Unavailable
from hameau.library.ports import (
    Content,
    Item,
    Kept,
    Parser,
    PartlyUnavailable,
    Reach,
    Secrets,
    SourceContext,
)
from hameau.library.sources.dav_places import Place, name_of, path_of, place_of, reach_of, words_of
from hameau.library.sources.dav_server import LINES, DavServer, Door
from hameau.library.sources.globs import wanted
from hameau.library.sources.nextcloud import (
    address_of,
    files_address,
    is_all,
    name_of_server,
    page_of,
    server_of,
    user_id,
)
from hameau.library.sources.webdav_fetch import Fetched, fetch, fetched
from hameau.library.sources.webdav_put import put
from hameau.library.sources.webdav_tree import Tree
from hameau.perimeter import Client

_WHY = N_("the files of this folder are read there; nothing is sent but the user's name and password")
_AHEAD = 2 * LINES


class WebdavSource:
    """Lists and fetches over the connections of ``client``; big files wait in the folder ``scratch``."""

    kind = "webdav"
    every_seconds = 900.0
    batch = 500

    def __init__(self, client: Client, secrets: Secrets, parser: Parser, scratch: Path) -> None:
        self._door = Door(client, secrets, parser)
        self._client, self._scratch = client, scratch
        self._numbers: dict[str, dict[str, str]] = {}
        """By source, the numbers of the files that were listed last."""

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The address of the folder, in its one form. Raises ``BadInput``."""
        wanted(settings)
        url = uri.strip()
        if settings.get("nextcloud"):
            if not settings.get("user"):
                raise BadInput(
                    N_("Whose files? Give the user's name."), hint=N_("Or sign in on the server's own page.")
                )
            url = address_of(url, str(settings["user"]))
        return place_of(url, folder=True).uri

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        """The server's host and port."""
        return reach_of(uri, settings, _WHY)

    def try_out(self, context: SourceContext) -> str:
        """Looks at the folder once. Its name is the title; that of the server, for all that a user has there."""
        place = place_of(context.source.uri, folder=True)
        server_url = server_of(place)
        connection = str(context.source.settings.get("connection", ""))
        called = name_of_server(self._client, connection, server_url) if server_url else ""
        with self._door.server(context, place) as server:
            tree = self._tree(server, context)
            try:
                itself = tree.itself()
            except NotFound as error:
                raise _nothing_there(server, place, server_url) from error
        if not itself.is_folder:
            raise BadInput(N_("This is the address of a file, not of a folder."), hint=N_("Give the folder above it."))
        last = name_of(place.path)
        return called or server.host if not last or is_all(place) else last

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Every file, and what is as it was. Raises ``Unavailable`` when the server is away or the folder suddenly bare,
        ``Refused`` when it does not know us, ``PartlyUnavailable`` at the end for folders that are closed to us."""
        place = place_of(context.source.uri, folder=True)
        numbers = self._numbers[context.source.id] = {}
        told = False
        with self._door.server(context, place) as server:
            tree = self._tree(server, context)
            try:
                for found in tree.everything():
                    told = True
                    if isinstance(found, Item) and " " in found.fingerprint:
                        numbers[found.uri] = found.fingerprint.partition(" ")[0]
                    yield found
            except NotFound as error:
                raise _away(server.host) from error
        if not told and context.source.documents:
            raise Unavailable(
                N_("This folder is suddenly empty; what was read there stays."),
                hint=N_("If you emptied the folder yourself, remove the source."),
            )
        if tree.closed or tree.away:
            raise _partly(place, tree)

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """The file itself, as it is there now."""
        place, path = self._at(context, uri)
        with self._door.server(context, place) as server, self._fetched(server, context, path) as content:
            yield replace(content, link=self._page(context, place, uri))

    def contents(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        """The files, a few at once, only so many ahead of whoever takes them. Those on the disk stay until the end."""
        arrived: list[Fetched] = []
        place = place_of(context.source.uri, folder=True)
        with self._door.server(context, place) as server, ThreadPoolExecutor(LINES, "webdav") as pool:
            flying: dict[Future[Fetched], str] = {}
            waiting = list(reversed(uris))
            try:
                while waiting or flying:
                    while waiting and len(flying) < _AHEAD:
                        uri = waiting.pop()
                        flying[pool.submit(self._fetch, server, context, uri)] = uri
                    done, _ = wait(flying, return_when=FIRST_COMPLETED)
                    for future in done:
                        uri = flying.pop(future)
                        yield uri, self._outcome(context, place, uri, future, arrived)
            finally:
                for future in flying:
                    future.cancel()
                pool.shutdown()
                arrived.extend(future.result() for future in flying if _arrived(future))
                for one in arrived:
                    one.close()

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` or ``Refused`` when the folder can't be looked at."""
        with self._door.server(context, place_of(context.source.uri, folder=True)) as server:
            try:
                self._tree(server, context).itself()
            except NotFound as error:
                raise _away(server.host) from error

    def put(self, context: SourceContext, name: str, data: bytes, media_type: str = "text/markdown") -> str:
        """Writes a new file ``name`` below the source, for a person who asked for it; its address. Never replaces anything:
        where there is one of that name it is called « name (2) ». Raises ``Refused``, ``Unavailable`` or ``BadInput``."""
        place = place_of(context.source.uri, folder=True)
        with self._door.server(context, place) as server:
            aware = bool(self._tree(server, context).itself().file_id)
            return put(server, name, data, media_type, atomic=aware)

    def _tree(self, server: DavServer, context: SourceContext) -> Tree:
        settings = context.source.settings
        return Tree(server, context, wanted(settings), shared=bool(settings.get("shared")))

    def _at(self, context: SourceContext, uri: str) -> tuple[Place, str]:
        """Where the source is, and the path of ``uri``, which must lie below it. Raises ``NotFound``."""
        place = place_of(context.source.uri, folder=True)
        path = path_of(uri, place.path) if uri.startswith(place.origin + "/") else None
        if path is None:
            raise NotFound(N_("There is no such thing here."))
        return place, path

    @contextmanager
    def _fetched(self, server: DavServer, context: SourceContext, path: str) -> Iterator[Content]:
        with fetched(server, path, context.max_file_bytes, self._scratch) as content:
            yield content

    def _fetch(self, server: DavServer, context: SourceContext, uri: str) -> Fetched:
        _place, path = self._at(context, uri)
        return fetch(server, path, context.max_file_bytes, self._scratch)

    def _outcome(
        self, context: SourceContext, place: Place, uri: str, future: Future[Fetched], arrived: list[Fetched]
    ) -> Content | HameauError:
        try:
            what = future.result()
        except Unavailable:
            raise
        except (NotFound, Refused, HameauError) as error:
            return error
        arrived.append(what)
        return replace(what.content(name_of(uri)), link=self._page(context, place, uri))

    def _page(self, context: SourceContext, place: Place, uri: str) -> str:
        """Where a person sees it in their browser."""
        return page_of(place, self._numbers.get(context.source.id, {}).get(uri, ""))


def _arrived(future: Future[Fetched]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _nothing_there(server: DavServer, place: Place, server_url: str) -> NotFound:
    """What to say when there is no such folder; a Nextcloud says what it calls the user, which may not be how they sign in."""
    user = user_id(server) if server_url else ""
    files = files_address(server_url, user) if user else ""
    if files and not place.uri.startswith(files):
        return NotFound(
            N_("There is no folder {folder} on {host}."),
            hint=N_("Your files are at {address}."),
            folder=words_of(place.path),
            host=server.host,
            address=files,
        )
    return NotFound(
        N_("There is no folder {folder} on {host}."),
        hint=N_("Is the address right? In Nextcloud it stands under Files, Settings, WebDAV."),
        folder=words_of(place.path),
        host=server.host,
    )


def _away(host: str) -> Unavailable:
    return Unavailable(
        N_("The folder is no more at its address on {host}; what was read there stays."),
        hint=N_("If it was moved, connect it again at its new address. Remove the source if it is gone for good."),
        host=host,
    )


def _partly(place: Place, tree: Tree) -> PartlyUnavailable:
    """What to say of folders that could not be looked into."""
    host = tree.server.host
    if tree.closed:
        error = PartlyUnavailable(
            N_("{host} does not let this account look into {folder}; what was read there stays."),
            hint=N_("Ask whoever shares it, or leave it out."),
            host=host,
            folder=words_of(tree.closed[0]),
        )
    else:
        error = PartlyUnavailable(
            N_("{host} can't show {folder} right now; what was read there stays."),
            hint=N_("It is asked again later by itself."),
            host=host,
            folder=words_of(tree.away[0]),
        )
    error.below = tuple(place.at(path) for path in (*tree.closed, *tree.away))
    return error
