"""The source ``feed``: one feed of the web, RSS, Atom or JSON Feed. Each of its articles is a document.

Settings of a source: ``connection``; ``full_text``, to fetch the article itself where the feed gives only its beginning and the
Connection covers its host; ``also``, further hosts for that; ``folder``, where a list of feeds had it; ``user``, ``secret`` and
``token`` for a feed behind a password.

Articles that leave the feed stay in the library. How a feed is fetched says ``feed_fetching.py``; it is read in the sandbox.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import msgspec

from hameau.kit import N_, BadInput, Corrupt, HameauError, NotFound, Refused, Unavailable, stamp
from hameau.library.enclosures import Enclosed, written
from hameau.library.extraction.forms.feed_shape import Feed, FeedEntry, FeedLink, Wrapping, wrapped
from hameau.library.ports import (
    Content,
    Item,
    Kept,
    Memory,
    Parser,
    PartlyUnavailable,
    Reach,
    Secrets,
    SourceContext,
)
from hameau.library.sources.feed_address import canonical_address, entry_uri, is_near
from hameau.library.sources.feed_fetching import PATIENCE, Fetched, Fetching, Later
from hameau.perimeter import Client, Patience, target_of

logger = logging.getLogger(__name__)

ENTRY_TYPE = "application/atom+xml"
"""What an article of a feed is, of whichever format: a document of the kind ``news``."""
_PAGES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_TOLERANCE = 12 * 3600
"""Seconds that a clock elsewhere may go ahead; what is dated later still is dated now, for it is here already."""
_DAY = 24 * 3600
_LONGEST_SILENCE = 25 * 3600
_FULLER = 1.2
"""An article is taken for the whole when it is so much longer than what the feed says of it."""
_FAILURES, _ARTICLES_SECONDS = 3, 900.0
"""Articles that could not be had, and the time for all of them: after that the feed's own words must do."""
NOT_WHOLE = N_("The article itself could not be fetched; this is what the feed says of it.")
_WHY = N_("feeds of this site are fetched when they have changed; nothing of yours is sent")
_WHY_WHOLE = N_("feeds of this site and their articles are fetched when they have changed; nothing of yours is sent")


class NotAFeed(BadInput):
    """There is a page at the address, perhaps one that names its ``feeds``."""

    feeds: tuple[FeedLink, ...] = ()


@dataclass(slots=True)
class _Tried:
    """How the fetching of articles goes in one synchronisation: it ends at ``until``, or after a few failures."""

    until: float
    failures: int = 0


class Told(msgspec.Struct, frozen=True):
    """What the form ``article`` says of a page, as far as it is needed here."""

    text: str = ""
    author: str = ""
    whole: bool = False


class FeedSource:
    """Reads feeds under the Connections that their sources name. ``clock`` gives seconds since the epoch, ``patience`` says how
    long a server may take."""

    kind = "feed"
    every_seconds = 3600.0

    def __init__(
        self,
        client: Client,
        parser: Parser,
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.time,
        patience: Patience = PATIENCE,
    ) -> None:
        self._fetching = Fetching(client, secrets, clock, patience)
        self._parser, self._clock = parser, clock
        self._lock = threading.Lock()
        self._read: WeakKeyDictionary[Memory, dict[str, FeedEntry]] = WeakKeyDictionary()
        """What was listed, for as long as its synchronisation goes on."""
        self._tried: WeakKeyDictionary[Memory, _Tried] = WeakKeyDictionary()

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The canonical address. Raises ``BadInput``."""
        if not isinstance(settings.get("full_text", False), bool):
            raise BadInput(N_("“full_text” is either true or false."))
        if not isinstance(settings.get("also", []), (list, tuple)):
            raise BadInput(N_("“also” is a list of hosts."))
        return canonical_address(uri)

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        """The host of the feed; with ``full_text`` also where articles of such a feed usually lie."""
        goal = target_of(uri)
        why = _WHY
        also: list[str] = []
        if settings.get("full_text"):
            why = _WHY_WHOLE
            given = settings.get("also")
            also = [str(host) for host in given] if isinstance(given, (list, tuple)) else []
            if not is_near(goal.host):
                also.append(goal.host.removeprefix("www.") if goal.host.startswith("www.") else f"www.{goal.host}")
        return Reach(
            goal.host,
            goal.port,
            why,
            local=is_near(goal.host),
            also=tuple(dict.fromkeys(also)),
            secret=bool(settings.get("user")),
            name=goal.host,
        )

    def try_out(self, context: SourceContext) -> str:
        """The title of the feed. Raises :class:`NotAFeed` for a page, with the feeds that it names."""
        try:
            fetched = self._fetching.fetch(context, context.source.uri)
        except Later as later:
            raise _later(context, later.seconds) from later
        feed = self._parsed(fetched)
        if not feed.version:
            raise _page(feed)
        return feed.title

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """The articles that the feed shows now; all that it showed before is kept. Nothing but that when it has not changed,
        or wants to be left alone."""
        memory = context.memory
        yield Kept("")
        if not context.whole and self._clock() < self._rest_until(memory):
            return
        try:
            fetched = self._fetch(context)
        except Later as later:
            memory.note("until", str(int(self._clock() + later.seconds)))
            raise _later(context, later.seconds) from later
        self._note(memory, fetched)
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if fetched.same or (digest == memory.get("body") and _is_trusted(context)):
            return
        feed = self._parsed(fetched)
        if not feed.version:
            raise Corrupt(
                N_("There is a page where the feed was; what was read from it stays."),
                hint=N_("It may have moved, or the network wants you to log in first. Open the address in a browser."),
            )
        if feed.left_out:
            logger.info("%s shows more than is read at once: %d articles were left", context.source.uri, feed.left_out)
        self._rest_at_least(memory, _DAY if feed.expired else feed.every)
        memory.note("body", digest)
        memory.note("form", _form(context))
        listed = {entry_uri(context.source.uri, entry.id): entry for entry in reversed(feed.entries) if entry.id}
        with self._lock:
            self._read[memory] = listed
        for uri, entry in listed.items():
            yield self._item(uri, entry, _form(context))

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """The article: what the feed says, or all of it where that is wanted and can be had."""
        with self._lock:
            entry = self._read.get(context.memory, {}).get(uri)
        if entry is None:
            raise NotFound(N_("This article is not in the feed any more."))
        warning = ""
        if context.source.settings.get("full_text") and entry.link:
            entry, warning = self._whole(context, entry) if self._has_patience(context) else (entry, NOT_WHOLE)
        yield Content(
            name="article.md",
            data=_text(entry).encode(),
            media_type=ENTRY_TYPE,
            title=entry.title,
            dated_at=self._dated(entry),
            authors=entry.authors,
            link=entry.link,
            warning=warning,
        )

    def present(self, context: SourceContext) -> None:
        """Nothing of a feed is forgotten by itself."""

    def _fetch(self, context: SourceContext) -> Fetched:
        """The feed where it is now: where it said that it has moved to, unless nothing is there."""
        known = context.memory if _is_trusted(context) else None
        moved = context.memory.get("moved")
        if moved:
            try:
                return replace(self._fetching.fetch(context, moved, known=known), moved_to=moved)
            except Refused as error:
                logger.info("%s: %s", moved, error)
                context.memory.note("moved", "")
        return self._fetching.fetch(context, context.source.uri, known=known)

    def _note(self, memory: Memory, fetched: Fetched) -> None:
        memory.note("moved", fetched.moved_to)
        memory.note("until", str(int(self._clock() + fetched.rest)) if fetched.rest else "")
        if not fetched.same:
            memory.note("address", fetched.address)
            memory.note("etag", fetched.etag)
            memory.note("modified", fetched.modified)

    def _rest_until(self, memory: Memory) -> float:
        """Until when the feed is to be left alone; a moment that lies beyond reason was noted by a clock that went wrong."""
        noted = memory.get("until")
        until = float(noted) if noted.isdigit() else 0.0
        return until if until <= self._clock() + _LONGEST_SILENCE else 0.0

    def _rest_at_least(self, memory: Memory, seconds: int) -> None:
        """Leaves the feed alone as long as it wants, where that is longer than what was noted; a day at most."""
        until = self._clock() + min(seconds, _DAY)
        if seconds > self.every_seconds and until > float(memory.noted.get("until") or 0):
            memory.note("until", str(int(until)))

    def _parsed(self, fetched: Fetched) -> Feed:
        wrapping = Wrapping(fetched.address, fetched.media_type, fetched.encoding)
        try:
            return self._parser.parse("feed", wrapped(fetched.body, wrapping), Feed)
        except Corrupt as error:
            raise Corrupt(
                N_("What stands at this address is no feed that Hameau can read."),
                hint=N_("Open the address in a browser: the site may have changed, or be broken for now."),
            ) from error

    def _item(self, uri: str, entry: FeedEntry, form: str) -> Item:
        told = msgspec.json.encode(entry) + form.encode()
        return Item(
            uri=uri,
            title=entry.title,
            size=len(entry.text.encode("utf-8", "replace")),
            modified_at=self._dated(entry),
            fingerprint=hashlib.blake2b(told, digest_size=16).hexdigest(),
        )

    def _dated(self, entry: FeedEntry) -> str:
        """When it was published: never later than now, or it would stand above all news for ever."""
        now = self._clock()
        return entry.published if entry.published and entry.published <= stamp(now + _TOLERANCE) else stamp(now)

    def _has_patience(self, context: SourceContext) -> bool:
        """Whether articles are still fetched in this synchronisation: a site that does not answer would hold it for days."""
        with self._lock:
            tried = self._tried.setdefault(context.memory, _Tried(time.monotonic() + _ARTICLES_SECONDS))
        return tried.failures < _FAILURES and time.monotonic() < tried.until

    def _whole(self, context: SourceContext, entry: FeedEntry) -> tuple[FeedEntry, str]:
        """The article as its own page has it, and a doubt when that could not be had."""
        try:
            fetched = self._fetching.fetch(context, entry.link, accept=_PAGES)
            told = self._parser.parse("article", fetched.body, Told)
        except (Later, HameauError) as error:
            if isinstance(error, (Later, Unavailable)):
                logger.info("%s: %s", entry.link, error)
                with self._lock:
                    self._tried[context.memory].failures += 1
            return entry, NOT_WHOLE
        if told.whole or len(told.text) < len(entry.text) * _FULLER:
            return entry, ""
        return msgspec.structs.replace(entry, text=told.text), ""


def _form(context: SourceContext) -> str:
    """How articles are read: when that changes, all of them are read again."""
    return "full" if context.source.settings.get("full_text") else "feed"


def _is_trusted(context: SourceContext) -> bool:
    """Whether what is remembered may spare the fetching: not when articles failed and a person wants them tried again."""
    again = context.whole and context.source.failed > 0
    return not again and context.memory.get("form") in ("", _form(context))


def _text(entry: FeedEntry) -> str:
    """What is read and searched: the article, then the files that come with it. A title alone is a text, too."""
    files = [Enclosed(one.address, one.media_type, one.size, one.seconds) for one in entry.enclosures]
    return "\n\n".join(part for part in (entry.text or entry.title, written(files)) if part) + "\n"


def _later(context: SourceContext, seconds: float) -> PartlyUnavailable:
    """What is known stays; it is no failure of the source."""
    error = PartlyUnavailable(
        N_("{host} asks to be left alone for {minutes} minutes."),
        hint=N_("Hameau comes back by itself; what was read stays."),
        host=target_of(context.source.uri).host,
        minutes=max(1, round(seconds / 60)),
    )
    error.below = ("",)
    return error


def _page(page: Feed) -> NotAFeed:
    if page.feeds:
        error = NotAFeed(
            N_("This is a page, not a feed. It names this one: {address}"),
            hint=N_("Add that address instead."),
            address=page.feeds[0].address,
        )
    else:
        error = NotAFeed(
            N_("This is a page, not a feed, and it names none."),
            hint=N_("Look on the site for « RSS » or « Atom », and give that address."),
        )
    error.feeds = page.feeds
    return error
