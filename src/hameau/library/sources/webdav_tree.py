"""Walks what lies at an address of a WebDAV server, asking as little as the server allows.

A Nextcloud (and every server of its family) changes the entity tag of a folder when anything below it changes: a folder whose
tag is known is told as it was, and only the others are looked into. Any other server is asked for all at once (``Depth:
infinity``), and where it will not, folder after folder.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from hashlib import blake2b

from hameau.kit import N_, NotFound, Refused, Unavailable
from hameau.library.ports import Item, Kept, SourceContext
from hameau.library.sources.dav_listed import Listed, listed
from hameau.library.sources.dav_places import name_of, words_of
from hameau.library.sources.dav_server import GONE, LINES, DavServer, Troubled
from hameau.library.sources.globs import Wanted
from hameau.library.sources.ignoring import FILE, LONGEST, Ignoring

logger = logging.getLogger(__name__)

PROPS = (
    "d:resourcetype", "d:getetag", "d:getcontentlength", "d:getlastmodified",
    "oc:fileid", "oc:permissions", "nc:is-encrypted",
)  # fmt: skip
_BINS = frozenset(["$recycle.bin", "#recycle", "@recycle", "@eadir", "lost+found", "system volume information"])
"""Folders that servers and systems make for themselves, and their bins; small letters."""
_DEEPEST, _FOLDERS = 60, 200_000
_CHARACTERS = 200_000_000
"""Of all addresses and tags that a server tells in one look: a million files, and nobody's memory."""
_TROUBLES = 10
"""So many folders that can't be shown are the trouble of the whole server."""
_TAG, _ALL_AT_ONCE = "f:", "infinity"
"""What the memory holds: by folder, what it was when it was looked into; whether all at once is refused."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to look into: its path, what the files of exclusions above say, and a mark that changes with what is wanted."""

    path: str
    rules: Ignoring
    mark: str
    depth: int = 0


@dataclass(slots=True)
class Looked:
    """What was found in a folder: itself, and what stands in it."""

    itself: Listed
    children: list[Listed]
    rules: Ignoring
    mark: str


@dataclass(slots=True)
class Tree:
    """One look at what lies at the server's place. ``closed`` are folders that the account may not read, ``away`` those that the
    server can't show now: a storage of another server that is down."""

    server: DavServer
    context: SourceContext
    choice: Wanted
    shared: bool = False
    """Whether what others share, and what is mounted, is wanted."""
    closed: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    _aware: bool = False
    _letters: frozenset[str] = frozenset()
    _at_once: dict[str, list[Listed]] = field(default_factory=dict)
    _visited: set[str] = field(default_factory=set)
    _kept: set[str] = field(default_factory=set)
    _said: int = 0

    def everything(self) -> Iterator[Item | Kept]:
        """All files; of folders that are as they were, that they are. Raises ``Unavailable``, ``Refused``, ``NotFound``."""
        place, memory = self.server.place, self.context.memory
        top = Folder(place.path, Ignoring(), _digest(repr(sorted(self._wants()))))
        if not self.context.whole and memory.get(_TAG + place.path):
            itself = self.itself()
            if itself.file_id and self._is_known(place.path, itself.etag, top.mark):
                yield Kept("")
                return
        first = None if memory.get(_ALL_AT_ONCE) == "yes" and not self.context.whole else self._look(top)
        if first is not None and not first.itself.is_folder:
            yield first.itself.item(place.origin)
            return
        self._aware = first is not None and bool(first.itself.file_id)
        self._letters = first.itself.permissions if first is not None else frozenset()
        if not self._aware and (first is None or any(child.is_folder for child in first.children)):
            self._ask_for_all(top.path)
        yield from self._walk(top, first)
        self._forget_what_is_gone()

    def itself(self) -> Listed:
        """What is at the very place. Raises as :meth:`everything` does."""
        return self._self_of(self.server.place.path, self._ask(self.server.place.path, "0"))

    def _wants(self) -> list[str]:
        settings = self.context.source.settings
        return [f"{name}={settings.get(name)!r}" for name in ("include", "exclude", "shared") if settings.get(name)]

    def _walk(self, top: Folder, first: Looked | None) -> Iterator[Item | Kept]:
        """Folder by folder, a few at once."""
        waiting = [top]
        if first is not None:
            waiting = []
            yield from self._take(top, first, waiting)
        with ThreadPoolExecutor(LINES, "webdav") as pool:
            flying: dict[Future[Looked | None], Folder] = {}
            try:
                while waiting or flying:
                    while waiting and len(flying) < LINES:
                        folder = waiting.pop()
                        flying[pool.submit(self._look_or_not, folder)] = folder
                    done, _ = wait(flying, return_when=FIRST_COMPLETED)
                    for future in done:
                        folder = flying.pop(future)
                        looked = future.result()
                        if looked is not None:
                            yield from self._take(folder, looked, waiting)
            finally:
                for future in flying:
                    future.cancel()

    def _take(self, folder: Folder, looked: Looked, waiting: list[Folder]) -> Iterator[Item | Kept]:
        """What stands in a folder; what has to be looked into goes to ``waiting``."""
        root, origin = self.server.place.path, self.server.place.origin
        self._visited.add(folder.path)
        if len(self._visited) > _FOLDERS:
            raise Unavailable(N_("{host} tells of folders without end."), host=self.server.host)
        for child in looked.children:
            relative = words_of(child.path[len(root) :])
            if not self._takes(child, relative, looked.rules):
                continue
            if not child.is_folder:
                yield child.item(origin)
            elif self._aware and not self.context.whole and self._is_known(child.path, child.etag, looked.mark):
                self._kept.add(child.path)
                yield Kept(origin + child.path)
            elif folder.depth < _DEEPEST:
                waiting.append(Folder(child.path, looked.rules, looked.mark, folder.depth + 1))
            else:
                logger.warning("%s: folders in folders without end at %s", self.server.host, child.path)
        if self._aware and looked.itself.etag:
            self.context.memory.note(_TAG + folder.path, _known(looked.itself.etag, folder.mark))

    def _takes(self, child: Listed, relative: str, rules: Ignoring) -> bool:
        name = name_of(child.path)
        if name.startswith(".") or child.encrypted:
            return False
        if not self.shared and child.permissions & {"S", "M"} - self._letters:
            return False
        if child.is_folder:
            path = relative.rstrip("/")
            return name.lower() not in _BINS and self.choice.folder(path) and not rules.leaves_out(path + "/")
        return self.choice.file(relative) and not rules.leaves_out(relative)

    def _look_or_not(self, folder: Folder) -> Looked | None:
        """What is in a folder; nothing when it went away meanwhile, is closed, or can't be shown."""
        try:
            return self._look(folder)
        except NotFound:
            return None
        except (Refused, Troubled) as error:
            missing = self.closed if isinstance(error, Refused) else self.away
            missing.append(folder.path)
            if folder.depth == 0 or len(self.away) > _TROUBLES:
                raise
            return None

    def _look(self, folder: Folder) -> Looked:
        found = self._at_once.pop(folder.path, None)
        if found is None:
            found = self._ask(folder.path, "1")
        itself = self._self_of(folder.path, found)
        children = [one for one in found if one is not itself and _is_child(one.path, folder.path)]
        rules, mark = folder.rules, folder.mark
        for one in children:
            if not one.is_folder and name_of(one.path) == FILE:
                start = words_of(folder.path[len(self.server.place.path) :])
                rules, mark = rules.saying(self._patterns(one), start), _digest(mark + one.fingerprint)
        return Looked(itself, children, rules, mark)

    def _ask(self, path: str, depth: str) -> list[Listed]:
        listing = self.server.list(path, PROPS, depth)
        found = []
        for place, index in self.server.paths(listing, path):
            told = listing.responses[index]
            if told.status == 200:
                found.append(listed(told, place))
            elif told.status not in GONE and place != path:
                logger.info("%s can't say what is at %s: status %d", self.server.host, place, told.status)
                self.away.append(place)
        self._said += sum(len(one.path) + len(one.etag) for one in found)
        if self._said > _CHARACTERS:
            raise Unavailable(N_("{host} tells of folders without end."), host=self.server.host)
        return found

    def _self_of(self, path: str, found: Sequence[Listed]) -> Listed:
        for one in found:
            if one.path.rstrip("/") == path.rstrip("/"):
                return one
        raise Unavailable(
            N_("What {host} says can't be understood."), hint=N_("Is the address right?"), host=self.server.host
        )

    def _patterns(self, one: Listed) -> bytes:
        """What the file of exclusions at ``one`` says."""
        if one.size > LONGEST:
            return b""
        with self.server.ask("GET", one.path) as answer:
            if answer.status != 200:
                raise Unavailable(
                    N_("{host} answered with status {status}."), host=self.server.host, status=answer.status
                )
            return answer.read(LONGEST)

    def _ask_for_all(self, path: str) -> None:
        """The whole tree in one answer, where the server gives one: sorted by folder, into :attr:`_at_once`."""
        memory = self.context.memory
        if memory.get(_ALL_AT_ONCE) == "no" and not self.context.whole:
            return
        try:
            found = self._ask(path, "infinity")
        except (Unavailable, Refused) as error:  # too long for one answer, or not served
            logger.info("%s: not all at once: %s", self.server.host, error)
            memory.note(_ALL_AT_ONCE, "no")
            return
        deep = any(one.path.rstrip("/").count("/") > path.count("/") for one in found)
        memory.note(_ALL_AT_ONCE, "yes" if deep else "no")
        if not deep:  # perhaps it was taken for « 1 »
            return
        by_folder: dict[str, list[Listed]] = {one.path: [one] for one in found if one.is_folder}
        for one in found:
            above = one.path.rstrip("/").rpartition("/")[0] + "/"
            if one.path != path and above in by_folder:
                by_folder[above].append(one)
        self._at_once = by_folder

    def _is_known(self, path: str, etag: str, mark: str) -> bool:
        return bool(etag) and self.context.memory.get(_TAG + path) == _known(etag, mark)

    def _forget_what_is_gone(self) -> None:
        """Out of the memory: folders that are no more, and those above a closed one, so that it is tried again."""
        memory = self.context.memory
        for key in memory.keys():  # noqa: SIM118 - no dictionary
            path = key.removeprefix(_TAG)
            if key.startswith(_TAG) and path not in self._visited and not self._kept & set(_above(path)):
                memory.note(key, "")
        for path in (*self.closed, *self.away):
            for above in _above(path):
                memory.note(_TAG + above, "")


def _above(path: str) -> Iterator[str]:
    """``path`` and the folders above it, with their slashes."""
    at = len(path)
    while at > 0:
        yield path[:at]
        at = path.rfind("/", 0, at - 1) + 1


def _is_child(path: str, folder: str) -> bool:
    rest = path[len(folder) :].rstrip("/")
    return path.startswith(folder) and bool(rest) and "/" not in rest


def _known(etag: str, mark: str) -> str:
    return f"{etag} {mark}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
