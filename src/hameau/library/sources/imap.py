"""The source ``imap``: the mail of one account on a server, over a Connection. Only looks: no mark of a mail changes
there, nothing is moved or deleted.

Settings, besides those of every outward source (``connection``, ``user``, ``secret``, ``token``: ``password`` or ``oauth2``):
those of :mod:`~hameau.library.sources.mailboxes`. A mailbox is compared when its UIDVALIDITY, UIDNEXT, its number of mails or,
where the server has one, its HIGHESTMODSEQ (RFC 7162) is not what it was; then by blocks of a thousand numbers, of which only
those are listed whose mails came or went.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

from hameau.kit import N_, HameauError, NotEnough, NotFound, Unavailable, stamp
from hameau.library.ports import Content, Item, Kept, PartlyUnavailable, Reach, Secrets, SourceContext, Watcher
from hameau.library.sources.imap_big import without_attachments
from hameau.library.sources.imap_errors import TooMuch
from hameau.library.sources.imap_listener import ImapListener
from hameau.library.sources.imap_places import (
    BLOCK,
    Server,
    block_uri,
    box_beginning,
    box_uri,
    mail_at,
    mail_uri,
    server_of,
)
from hameau.library.sources.imap_session import Box, Seen, Session
from hameau.library.sources.mailboxes import Boxes
from hameau.perimeter import Client

logger = logging.getLogger(__name__)

LARGE = 10 << 20
"""Bytes; of a bigger mail the header and the texts are fetched, and what is attached is named."""
TOGETHER = 4 << 20
"""Bytes of mails that are asked for in one question."""
_IDLE_SECONDS = 30.0
"""A line that nobody needs is kept so long."""
_CUT = N_("This mail is very big: what was attached to it was not read whole.")
_GONE = N_("This mail is no more.")
_LIE_HINT = N_(
    "The server announces another size than it sends. Open the mail in another program, and save it as a file."
)
_WHY = N_("the mail of this account is read there; nothing is sent but the user's name and password")
_AWAY = frozenset([b"\\trash", b"\\junk", b"\\drafts"])
"""Mailboxes for what is not read unless a person says so (RFC 6154)."""
_VIEWS = frozenset([b"\\flagged", b"\\important"])
"""Mailboxes that only show mails of the others once more."""
_ALL = b"\\all"


class ImapSource:
    """Lists and fetches mails over the connections of ``client``."""

    kind = "imap"
    every_seconds = 600.0
    batch = 100

    def __init__(self, client: Client, secrets: Secrets) -> None:
        self._client, self._secrets = client, secrets
        self._lock = threading.Lock()
        self._resting: dict[tuple[str, str, str], list[tuple[Session, float]]] = {}
        self._sizes: dict[str, dict[str, int]] = {}
        """By source, the bytes of the mails that were listed last."""

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The address of the account. Raises ``BadInput``."""
        Boxes(settings)
        return server_of(uri, str(settings.get("user") or "")).uri

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        """The server's host and port."""
        server = server_of(uri, str(settings.get("user") or ""))
        return Reach(server.host, server.port, _WHY, local=server.near, secret=True, name=server.user)

    def try_out(self, context: SourceContext) -> str:
        """Signs in and looks which mailboxes there are. The title is the name of the account."""
        with self._session(context, keep=False) as session:
            session.boxes()
        return server_of(context.source.uri).user

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Every mail of the wanted mailboxes; what did not change is told as a whole."""
        server = server_of(context.source.uri)
        boxes = Boxes(context.source.settings)
        sizes: dict[str, int] = {}
        with self._lock:
            self._sizes[context.source.id] = sizes
        closed: list[str] = []
        with self._session(context) as session:
            listed = session.boxes()
            if not listed and context.source.documents:
                raise Unavailable(
                    N_("{host} suddenly tells of no mailbox at all; what was read there stays."),
                    hint=N_("If you emptied the account yourself, remove the source."),
                    host=server.host,
                )
            found = _wanted(listed, boxes)
            closed += [box_beginning(server, box.name) for box in found if not box.standing]
            found = [box for box in found if box.standing]
            _forget_others(context, [box_uri(server, box.name, box.validity) for box in found])
            for box in found:
                try:
                    yield from self._box(session, server, box, boxes, context, sizes)
                except NotFound as error:
                    logger.info("%s: %s", box.name, error)
                    closed.append(box_uri(server, box.name, box.validity))
        if closed:
            trouble = PartlyUnavailable(
                N_("One of the mailboxes can't be opened; what was read there stays."),
                hint=N_("Look whether your mail program can open all of them."),
            )
            trouble.below = tuple(closed)
            raise trouble

    def contents(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        """The mails at ``uris``, mailbox by mailbox, some megabytes in one question. A line that breaks is made anew once; a
        mail that the server lies about is asked for alone, and is a failure of its own."""
        rest = list(dict.fromkeys(uris))
        broke = alone = False
        while rest:
            try:
                with self._session(context) as session:
                    for uri, told in self._asked(session, context, rest[:1] if alone else rest):
                        rest.remove(uri)
                        yield uri, told
            except TooMuch as error:
                if alone:
                    yield rest.pop(0), NotEnough(error.message, hint=_LIE_HINT, **error.fields)
                alone = True
            except Unavailable:
                if broke:
                    raise
                broke = True

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """One mail."""
        told = dict(self.contents(context, [uri]))[uri]
        if isinstance(told, HameauError):
            raise told
        yield told

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` when the server does not answer, ``Refused`` when it does not let us in."""
        with self._session(context) as session:
            session.ping()

    def listener(self, context: SourceContext) -> Watcher | None:
        """Hears of new mail in the inbox, where the server tells."""
        session = self._open(context)
        try:
            session.watch(context.stop)
            if not session.tells_news():
                session.close()
                return None
            session.examine("INBOX")
        except BaseException:
            session.close()
            raise
        return ImapListener(session)

    def close(self) -> None:
        """Hangs up every line that rests."""
        with self._lock:
            resting, self._resting = self._resting, {}
        for some in resting.values():
            for session, _ in some:
                session.close()

    def _asked(
        self, session: Session, context: SourceContext, uris: Sequence[str]
    ) -> Iterator[tuple[str, Content | HameauError]]:
        server = server_of(context.source.uri)
        placed = {uri: mail_at(server, uri) for uri in uris}
        yield from ((uri, NotFound(_GONE)) for uri, place in placed.items() if place is None)
        found = sorted((place, uri) for uri, place in placed.items() if place is not None)
        for (name, validity), some in groupby(found, key=lambda one: one[0][:2]):
            yield from self._mails(session, context, name, validity, {place[2]: uri for place, uri in some})

    def _box(
        self, session: Session, server: Server, box: Box, boxes: Boxes, context: SourceContext, sizes: dict[str, int]
    ) -> Iterator[Item | Kept]:
        beginning = box_uri(server, box.name, box.validity)
        standing = f"{box.standing}/{boxes.signature}"
        if not context.whole and context.memory.get(f"box:{beginning}") == standing:
            yield Kept(beginning)
            return
        if session.examine(box.name) != box.validity:  # made anew between the two questions
            raise NotFound(N_("The mailbox {name} can't be opened."), name=box.name)
        for block, uids in groupby(session.numbers(boxes.since), key=lambda uid: uid // BLOCK):
            some = list(uids)
            key = f"block:{block_uri(beginning, block)}"
            numbers = hashlib.blake2b(repr(some).encode(), digest_size=16).hexdigest()
            if not context.whole and context.memory.get(key) == numbers:
                yield Kept(block_uri(beginning, block))
            else:
                told = session.listing(some)
                for uid in some:
                    if (seen := told.get(uid)) is None:
                        yield Kept(mail_uri(beginning, uid))
                        continue
                    item = _item(box, mail_uri(beginning, uid), seen, context)
                    sizes[item.uri] = seen.size
                    yield item
                if len(told) < len(some):  # gone meanwhile, or kept from us: asked again the next time
                    standing = numbers = ""
            context.memory.note(key, numbers)
        context.memory.note(f"box:{beginning}", standing)

    def _mails(
        self, session: Session, context: SourceContext, name: str, validity: int, wanted: Mapping[int, str]
    ) -> Iterator[tuple[str, Content | HameauError]]:
        try:
            there = session.examine(name) == validity
        except NotFound as error:
            logger.info("%s: %s", name, error)
            there = False
        if not there:
            yield from ((uri, NotFound(_GONE)) for uri in wanted.values())
            return
        with self._lock:
            known = dict.fromkeys(wanted, 0) | {
                uid: self._sizes.get(context.source.id, {}).get(uri, 0) for uid, uri in wanted.items()
            }
        missing = [uid for uid, size in known.items() if not size]
        known |= {uid: seen.size for uid, seen in session.listing(sorted(missing)).items() if uid in known}
        for uids in _together(known):
            yield from self._fetched(session, uids, known, wanted)

    def _fetched(
        self, session: Session, uids: Sequence[int], sizes: Mapping[int, int], wanted: Mapping[int, str]
    ) -> Iterator[tuple[str, Content | HameauError]]:
        if len(uids) == 1 and sizes[uids[0]] > LARGE:
            yield wanted[uids[0]], _big(session, uids[0])
            return
        bodies = session.bodies(uids, sum(sizes[uid] for uid in uids))
        for uid in uids:
            if uid in bodies:
                yield wanted[uid], Content("message.eml", data=bodies[uid])
            else:
                yield wanted[uid], NotFound(_GONE)

    @contextmanager
    def _session(self, context: SourceContext, *, keep: bool = True) -> Iterator[Session]:
        """A line to the server, one that rests if there is one."""
        key = _key(context)
        session = self._rested(key) if keep else None
        session = session or self._open(context)
        session.watch(context.stop)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        if not keep:
            session.close()
            return
        with self._lock:
            self._resting.setdefault(key, []).append((session, time.monotonic()))
        timer = threading.Timer(_IDLE_SECONDS + 1, self._tire)
        timer.daemon = True
        timer.start()

    def _rested(self, key: tuple[str, str, str]) -> Session | None:
        self._tire()
        while True:
            with self._lock:
                some = self._resting.get(key)
                if not some:
                    return None
                session, _ = some.pop()
            try:
                session.forget_opened()
                session.ping()
            except HameauError as error:
                logger.info("a line to a mail server rested too long: %s", error)
                session.close()
            else:
                return session

    def _tire(self) -> None:
        """Hangs up what nobody needed for a while."""
        late = time.monotonic() - _IDLE_SECONDS
        with self._lock:
            tired = [one for some in self._resting.values() for one in some if one[1] < late]
            self._resting = {
                key: kept for key, some in self._resting.items() if (kept := [one for one in some if one[1] >= late])
            }
        for session, _ in tired:
            session.close()

    def _open(self, context: SourceContext) -> Session:
        source = context.source
        secret = self._secrets.of(source)
        session = Session(self._client, str(source.settings.get("connection", "")), server_of(source.uri))
        session.watch(context.stop)
        try:
            session.sign_in(secret, oauth=source.settings.get("token") == "oauth2")
        except BaseException:
            session.close()
            raise
        return session


def _key(context: SourceContext) -> tuple[str, str, str]:
    source = context.source
    return source.id, source.uri, str(source.settings.get("connection", ""))


def _wanted(found: Sequence[Box], boxes: Boxes) -> list[Box]:
    """The mailboxes to read. One that shows all mails stands for the others, which only show them again."""
    some = [box for box in found if not box.flags & _VIEWS]
    whole = [box for box in some if _ALL in box.flags]
    chosen = [box for box in some if boxes.wants(_shown(box), left_out=bool(box.flags & _AWAY))]
    if whole and not boxes.chosen and whole[0] in chosen:
        return whole[:1]
    return [box for box in chosen if box not in whole] if whole and not boxes.chosen else chosen


def _shown(box: Box) -> str:
    """The name of a mailbox with its levels parted by slashes."""
    return box.name.replace(box.parted_by, "/") if box.parted_by else box.name


def _item(box: Box, uri: str, seen: Seen, context: SourceContext) -> Item:
    """What is known of a mail that nobody read yet. Its fingerprint is the same wherever it is moved to."""
    named = b" ".join(seen.message_id.split())
    arrived = seen.arrived.isoformat() if seen.arrived is not None else ""
    identity = named or arrived.encode() or uri.encode()
    digest = hashlib.blake2b(identity, digest_size=16).hexdigest()
    modified = stamp(seen.arrived.timestamp()) if seen.arrived is not None else stamp(0)
    size = min(seen.size, 2 * LARGE, context.max_file_bytes)
    return Item(uri, box.name, size, modified, f"{seen.size}-{digest}")


def _forget_others(context: SourceContext, there: Sequence[str]) -> None:
    """Forgets what was noted of mailboxes that are no more. ``there`` are the beginnings of those that are."""
    for key in context.memory.keys():  # noqa: SIM118 - no dictionary
        if not key.partition(":")[2].startswith(tuple(there)):
            context.memory.note(key, "")


def _together(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Numbers whose mails are asked for in one question; a big one alone."""
    some: list[int] = []
    weight = 0
    for uid, size in sorted(sizes.items()):
        if some and weight + size > TOGETHER:
            yield some
            some, weight = [], 0
        some.append(uid)
        weight += size
    if some:
        yield some


def _big(session: Session, uid: int) -> Content:
    data = without_attachments(session, uid, LARGE) or session.piece(uid, "", LARGE)
    return Content("message.eml", data=data, warning=_CUT)
