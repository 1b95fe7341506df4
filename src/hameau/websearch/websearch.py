"""The web as the house knows it: who may be asked, the question, the pages that answer it."""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from hameau.kit import N_, BadInput, Cancelled, HameauError, Missing, NotFound, Refused, Unavailable
from hameau.perimeter import Connection, is_this_machine
from hameau.websearch import asking
from hameau.websearch.addresses import page, place, searxng
from hameau.websearch.asking import CONNECTION
from hameau.websearch.fetching import SECONDS, Until, fetch
from hameau.websearch.ports import Border, Keeps, Sandbox, Stop
from hameau.websearch.reading import read, unread
from hameau.websearch.types import Found, Hit, Proposal, WebPage

_log = logging.getLogger(__name__)
AT_ONCE = 4
"""Pages that are fetched side by side."""
MOST_PAGES = 10
_READING = 20.0
"""Seconds for which the sandbox is waited for, beside the fetching."""
_LOOK = 0.1
_WHY = N_("questions for the web that a person wrote or saw before they left")


class WebSearch:
    """Asks the SearXNG that a person chose, and reads pages that it found. Thread-safe.

    ``url`` says which it is (empty: none), ``keep`` keeps another one; ``sandbox`` is made when the first page is read.
    """

    def __init__(self, border: Border, sandbox: Callable[[], Sandbox], url: Callable[[], str], keep: Keeps) -> None:
        self._border = border
        self._sandbox = sandbox
        self._url = url
        self._keep = keep

    def url(self) -> str:
        """The address of the SearXNG that is asked; empty when none was chosen."""
        return self._url()

    def host(self) -> str:
        """Who is asked, for a person: host, and port where it is not the usual one; empty when nobody was chosen."""
        try:
            return place(self._url()) if self._url() else ""
        except BadInput:  # written by hand into the settings
            return ""

    def allowed(self) -> bool:
        """Whether a question may leave now: somebody is chosen, and the Connection holds."""
        try:
            self._ready()
        except HameauError:
            return False
        return True

    def propose(self, url: str, who: str, *, local: bool = False) -> Proposal:
        """What ``who`` would allow by choosing the SearXNG at ``url``. ``local`` lets its name stand for a machine of the local
        network. Asks nobody. Raises ``BadInput``."""
        kept, goal = searxng(url)
        near = is_this_machine(goal.host)
        at_home = local or near or goal.scheme == "http"
        return Proposal(kept, Connection(CONNECTION, who, _WHY, goal.host, goal.port, local=at_home), near)

    def connect(self, proposal: Proposal) -> None:
        """Allows what was proposed, tries it without any question leaving, and keeps it. Nothing is allowed or kept when it does
        not answer as it should: raises what :meth:`search` raises."""
        asked = proposal.connection
        before = self._border.policy().connection(asked.name)
        self._border.allow(asked.host, asked.port, why=asked.why, who=asked.who, name=asked.name, local=asked.local)
        try:
            asking.try_out(self._border.client, proposal.url)
            self._keep(proposal.url)
        except BaseException:
            self._take_back(asked.name, before)
            raise

    def disconnect(self) -> None:
        """Nobody is asked any more: the Connection is taken back, the address forgotten."""
        self._take_back(CONNECTION, None)
        self._keep("")

    def search(self, query: str, *, language: str = "", cancel: Stop | None = None) -> Found:
        """What the SearXNG answers. ``language``: a code of two letters; empty for all.

        Raises ``Missing`` (nobody chosen), ``Refused`` (not allowed, or it does not answer programs), ``BadInput``,
        ``Unavailable`` or ``Cancelled``.
        """
        return asking.ask(self._border.client, self._ready(), query, language or "all", cancel)

    def read(self, hits: Sequence[Hit], *, most: int = 3, cancel: Stop | None = None) -> tuple[WebPage, ...]:
        """The first ``most`` of the pages of ``hits`` that may be opened, in their order; of each that could not be read, why.

        Each is fetched from its own host, under a Connection that is lent for it. Raises ``Cancelled``.
        """
        wanted = _openable(hits, min(most, MOST_PAGES))
        if not wanted:
            return ()
        return _Work(self._border, self._sandbox, wanted, cancel).done()

    def _ready(self) -> str:
        url = self._url()
        if not url:
            raise Missing(
                N_("No search engine of the web was chosen."),
                hint=N_("Choose a SearXNG, your own or one that you trust: hameau web --connect URL"),
            )
        kept, goal = searxng(url)
        allowed = self._border.policy().connection(CONNECTION)
        if allowed is None or (allowed.host, allowed.port) != (goal.host, goal.port):
            raise Refused(
                N_("Nobody has allowed questions to go to {host}."),
                hint=N_("Allow it: hameau web --connect {url}"),
                host=place(kept),
                url=kept,
            )
        return kept

    def _take_back(self, name: str, before: Connection | None) -> None:
        with suppress(NotFound):
            self._border.revoke(name)
        if before is not None and before.until > time.time():
            self._border.allow(
                before.host, before.port, why=before.why, who=before.who, name=name,
                until=before.until, also=before.also, local=before.local,
            )  # fmt: skip


def _openable(hits: Sequence[Hit], most: int) -> list[Hit]:
    """The hits whose pages may be opened, each page once."""
    found: dict[str, Hit] = {}
    for hit in hits:
        if len(found) >= most:
            break
        if not hit.near:
            found.setdefault(page(hit.url).url, hit)
    return list(found.values())


class _Work:
    """Some pages, fetched side by side in threads that nobody waits for beyond their time."""

    def __init__(
        self, border: Border, sandbox: Callable[[], Sandbox], hits: Sequence[Hit], cancel: Stop | None
    ) -> None:
        self._border, self._sandbox, self._hits, self._cancel = border, sandbox, hits, cancel
        self._todo = queue.SimpleQueue[int]()
        self._out = queue.SimpleQueue[tuple[int, WebPage]]()
        self._fetching = Until(cancel, SECONDS)
        self._lent: set[str] = set()
        for number in range(len(hits)):
            self._todo.put(number)

    def done(self) -> tuple[WebPage, ...]:
        """The pages in the order of their hits. Raises ``Cancelled``."""
        for _ in range(min(AT_ONCE, len(self._hits))):
            context = contextvars.copy_context()  # through which face a person asks is written into the journal
            threading.Thread(target=context.run, args=(self._work,), name="page", daemon=True).start()
        pages: dict[int, WebPage] = {}
        end = Until(self._cancel, SECONDS + _READING)
        while len(pages) < len(self._hits) and not end.is_set():
            with suppress(queue.Empty):
                number, found = self._out.get(timeout=_LOOK)
                pages[number] = found
        if len(pages) < len(self._hits):
            self._give_up()
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        late = Unavailable(N_("This page took too long."))
        return tuple(pages.get(n) or unread(hit.url, hit.title, late) for n, hit in enumerate(self._hits))

    def _work(self) -> None:
        while True:
            try:
                number = self._todo.get_nowait()
            except queue.Empty:
                return
            self._out.put((number, self._read(self._hits[number])))

    def _read(self, hit: Hit) -> WebPage:
        try:
            got = fetch(self._border, hit.url, self._fetching, self._lent.add)
        except HameauError as error:
            _log.info("a page was not fetched: %s", error)
            return unread(hit.url, hit.title, error)
        except OSError as error:  # the Connection could not be written down: a full disk
            _log.warning("a page was not fetched: %s", error)
            return unread(hit.url, hit.title, Unavailable(N_("The disk is full, or can’t be written.")))
        return read(self._sandbox(), hit.url, hit.title, got)

    def _give_up(self) -> None:
        """What is still lent is taken back, which cuts its line."""
        for name in list(self._lent):
            with suppress(HameauError):
                self._border.revoke(name)
