"""Fetches a feed, or an article of one, politely: only when it changed, not more often than its server wants, and never from
where no Connection leads. Understands HTTP, and nothing of feeds."""

from __future__ import annotations

import base64
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from hameau.kit import N_, BadInput, Cancelled, HameauError, Refused, Unavailable
from hameau.library.ports import Memory, Secrets, SourceContext, Stop
from hameau.library.sources.feed_address import canonical_address
from hameau.perimeter import Answer, Ask, Client, Patience, target_of

logger = logging.getLogger(__name__)

MOST_BYTES = 16 << 20
_HOPS = 5
_LINES_A_HOST = 2
_LOOK_SECONDS = 0.2
PATIENCE = Patience(first=30.0, between=60.0, line=1 << 20, total=MOST_BYTES + (1 << 20))
_LONGEST_REST = 24 * 3600
_SHORTEST_REST = 60
_TAG_CHARACTERS = 500
_MAX_AGE = re.compile(r"(?:\A|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_PERMANENT, _PASSING = (301, 308), (302, 303, 307)
WANTED = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, "
    "text/html;q=0.5, */*;q=0.1"
)


class Elsewhere(Refused):
    """What was asked for lies where no Connection leads."""


class TurnedAway(Refused):
    """The server does not hand it out."""


class NotThere(TurnedAway):
    """The server says that there is nothing at this address."""


class Later(Exception):
    """The server asks to be left alone for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. ``moved_to``: the address it has moved to for good, if it has. ``rest``: seconds that it stays fresh."""

    body: bytes
    address: str
    media_type: str = ""
    encoding: str = ""
    etag: str = ""
    modified: str = ""
    moved_to: str = ""
    rest: float = 0.0
    same: bool = False
    """It is what it was (304); there is no body."""


class Turns:
    """Lets at most two lines go to one host at a time: three hundred feeds of one big site are one visitor to it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, host: str, stop: Stop) -> Iterator[None]:
        """One of the lines, as soon as there is one. Raises ``Cancelled`` when ``stop`` comes first."""
        with self._changed:
            while self._open[host] >= _LINES_A_HOST:
                if stop.is_set():
                    raise Cancelled
                self._changed.wait(_LOOK_SECONDS)
            self._open[host] += 1
        try:
            yield
        finally:
            with self._changed:
                self._open[host] -= 1
                if not self._open[host]:
                    del self._open[host]
                self._changed.notify_all()


class Fetching:
    """Asks under the Connection that a source names."""

    def __init__(
        self,
        client: Client,
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.time,
        patience: Patience = PATIENCE,
    ) -> None:
        self._client, self._secrets, self._clock, self._patience = client, secrets, clock, patience
        self._turns = Turns()

    def fetch(
        self, context: SourceContext, address: str, *, known: Memory | None = None, accept: str = WANTED
    ) -> Fetched:
        """What stands at ``address``; with ``known`` only if it is not what that remembers.

        Redirects are followed as far as the Connection covers. Raises :class:`Later`, :class:`Elsewhere`, :class:`NotThere`,
        ``Refused`` and ``Unavailable``.
        """
        start, permanent = address, True
        for _ in range(_HOPS + 1):
            ask = Ask("GET", address, headers=self._headers(context, address, known, accept))
            with self._asked(context, ask, moved=address != start) as answer:
                place = answer.header("location")
                if answer.status not in (*_PERMANENT, *_PASSING) or not place:
                    moved_to = address if permanent and address != start else ""
                    return self._understood(answer, address, moved_to)
                permanent = permanent and answer.status in _PERMANENT
            address = _next(address, place)
        raise Unavailable(N_("{host} sends us round in circles."), host=target_of(address).host)

    @contextmanager
    def _asked(self, context: SourceContext, ask: Ask, *, moved: bool) -> Iterator[Answer]:
        """One exchange, whose refusal says where a redirect led."""
        name = str(context.source.settings.get("connection", ""))
        try:
            with (
                self._turns.one(target_of(ask.url).host, context.stop),
                self._client.exchange(name, ask, cancel=context.stop, patience=self._patience) as answer,
            ):
                yield answer
        except Refused as error:
            if moved and not isinstance(error, TurnedAway):
                raise _elsewhere(ask.url) from error
            raise

    def _headers(self, context: SourceContext, address: str, known: Memory | None, accept: str) -> Mapping[str, str]:
        headers = {"Accept": accept}
        if known is not None and known.get("address") == address:
            if etag := known.get("etag"):
                headers["If-None-Match"] = etag
            if modified := known.get("modified"):
                headers["If-Modified-Since"] = modified
        settings = context.source.settings
        if settings.get("secret") and self._secrets is not None and _same_place(address, context.source.uri):
            secret = self._secrets.of(context.source)
            if settings.get("token") == "oauth2":
                headers["Authorization"] = f"Bearer {secret}"
            else:
                pair = f"{settings.get('user', '')}:{secret}".encode()
                headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        return headers

    def _understood(self, answer: Answer, address: str, moved_to: str) -> Fetched:
        host, status = target_of(address).host, answer.status
        if status == 304:
            return Fetched(b"", address, moved_to=moved_to, rest=self._rest(answer), same=True)
        if status == 200:
            return Fetched(
                answer.read(MOST_BYTES),
                address,
                answer.header("content-type")[:200],
                answer.header("content-encoding")[:40],
                _token(answer.header("etag")),
                _token(answer.header("last-modified")),
                moved_to,
                self._rest(answer),
            )
        if status == 429 or (status == 503 and answer.header("retry-after")):
            raise Later(self._retry_after(answer))
        raise _trouble(host, status)

    def _rest(self, answer: Answer) -> float:
        """Seconds that the answer stays fresh (RFC 9111, 5.2.2.1), within reason."""
        found = _MAX_AGE.search(answer.header("cache-control"))
        return float(min(int(found[1]), _LONGEST_REST)) if found else 0.0

    def _retry_after(self, answer: Answer) -> float:
        """Seconds to wait (RFC 9110, 10.2.3): a number, or a date."""
        said = answer.header("retry-after").strip()
        if said.isascii() and said.isdigit() and len(said) < 10:
            wanted = float(said)
        else:
            try:
                wanted = parsedate_to_datetime(said).timestamp() - self._clock()
            except (ValueError, TypeError, OverflowError, IndexError):
                wanted = 3600.0
        return min(max(wanted, _SHORTEST_REST), _LONGEST_REST)


def _next(address: str, place: str) -> str:
    """Where a redirect leads; http in the world outside is https to us."""
    try:
        goal = urljoin(address, place.strip())
        if urlsplit(goal).scheme in ("http", "https"):
            return canonical_address(goal)
    except (ValueError, BadInput) as error:
        raise _elsewhere(place) from error
    raise _elsewhere(goal)


def _elsewhere(address: str) -> Elsewhere:
    return Elsewhere(
        N_("What stood here has moved to {address}, where nobody has allowed Hameau to go."),
        hint=N_("If you trust that address, add it yourself; Hameau then asks you about the new host."),
        address=address[:300],
    )


def _trouble(host: str, status: int) -> HameauError:
    if status == 410:
        return NotThere(
            N_("{host} says that this feed is gone for good; what was read from it stays."),
            hint=N_("Remove it if you need it no more."),
            host=host,
        )
    if status == 404:
        return NotThere(
            N_("{host} has no feed at this address."),
            hint=N_("It may have moved: look for its new address on the site. What was read from it stays."),
            host=host,
        )
    if status in (401, 403, 407):
        return TurnedAway(
            N_("{host} does not let Hameau read this feed."),
            hint=N_("If it wants a name and a password, remove the feed and add it again with them."),
            host=host,
        )
    return Unavailable(N_("{host} answered with status {status}."), host=host, status=status)


def _same_place(one: str, other: str) -> bool:
    """Whether both lead to the same host and port in the same way: a password goes nowhere else."""
    return target_of(one) == target_of(other)


def _token(text: str) -> str:
    """An entity tag or a date to send back, when it is of the form that may be sent."""
    return text if len(text) <= _TAG_CHARACTERS and all(" " <= sign <= "~" for sign in text) else ""
