"""Speaks with one WebDAV server (RFC 4918) for one source: over a few kept lines, under its Connection, as its user.

Every answer is bounded; what it says in XML is read in the sandbox. A redirect is followed when it stays on the same server.
"""

from __future__ import annotations

import logging
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

from hameau.kit import N_, Corrupt, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library.ports import Later, Parser, Secrets, SourceContext, Stop
from hameau.library.sources.dav_places import Place, origin_of, path_of
from hameau.library.sources.dav_told import Listing, propfind
from hameau.library.types import Source
from hameau.perimeter import Answer, Ask, Client, Patience, Session, target_of

logger = logging.getLogger(__name__)

LINES = 4
"""How many requests to one server at once."""
_LISTING_BYTES = 56 << 20
PATIENCE = Patience(first=120.0, between=180.0, total=_LISTING_BYTES + (1 << 20))
_HOPS = 3
_MOVED = frozenset([301, 302, 307, 308])
_UNKNOWN = frozenset([400, 405, 415, 501])
GONE = frozenset([404, 410])
"""What a server says of what is no more; any other trouble with one thing says nothing about whether it is there."""
_BUSY = frozenset([408, 423, 425, 429, 500, 502, 503, 504])
_LONGEST_WAIT = 86_400
_XML = "application/xml; charset=utf-8"


class NotServed(Unavailable):
    """The server does not do what was asked; it may be asked in another way."""


class Garbled(Unavailable):
    """What the server says can't be read, or is too long to be read at once."""


class Troubled(Unavailable):
    """The server answers, but not about this."""


@dataclass(frozen=True, slots=True)
class Door:
    """What an adapter speaks through: the network, the passwords, the reader of what strangers write."""

    client: Client
    secrets: Secrets
    parser: Parser

    @contextmanager
    def server(self, context: SourceContext, place: Place) -> Iterator[DavServer]:
        """The server of ``context.source``, at ``place``, for the length of the block. Raises ``Missing`` without its secret."""
        source = context.source
        headers = authorization(source, self.secrets)
        server = DavServer(
            self.client, self.parser, str(source.settings.get("connection", "")), place, headers, context.stop
        )
        try:
            yield server
        finally:
            server.close()


def authorization(source: Source, secrets: Secrets) -> dict[str, str]:
    """The header that says who asks (RFC 7617, RFC 6750); none where the source has no user and no token."""
    user, bearer = str(source.settings.get("user", "")), source.settings.get("token") == "oauth2"
    if not user and not bearer:
        return {}
    secret = secrets.of(source)
    if bearer:
        return {"Authorization": f"Bearer {secret}"}
    return basic(user, secret)


def basic(user: str, password: str) -> dict[str, str]:
    """The header by which a user is known (RFC 7617)."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")}


class DavServer:
    """Requests to the server of ``place``. May be used by several threads at once."""

    def __init__(
        self, client: Client, parser: Parser, connection: str, place: Place, headers: Mapping[str, str], stop: Stop
    ) -> None:
        self.place = place
        self.host = target_of(place.origin).host
        self._client, self._parser, self._connection, self._stop = client, parser, connection, stop
        self._headers = headers
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._idle: list[Session] = []

    def close(self) -> None:
        """Hangs up."""
        with self._lock:
            self._idle.clear()
            self._stack.close()

    @contextmanager
    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        patience: Patience = PATIENCE,
    ) -> Iterator[Answer]:
        """One request, and its answer, whatever it is, read inside the block. Raises as the client does."""
        asked = Ask(method, self.place.at(path), body, {**self._headers, **(headers or {})})
        with self._session() as session, session.ask(asked, patience=patience) as answer:
            yield answer

    def list(self, path: str, props: Iterable[str], depth: str) -> Listing:
        """What is at ``path``, and below it down to ``depth`` (``0``, ``1``, ``infinity``)."""
        return self.told("PROPFIND", path, propfind(props), depth)

    def told(self, method: str, path: str, body: bytes, depth: str) -> Listing:
        """The answer in XML. Raises :func:`refusal` for any but that."""
        headers = {"Depth": depth, "Content-Type": _XML}
        for _ in range(_HOPS + 1):
            with self.ask(method, path, body, headers) as answer:
                if answer.status == 207:
                    said = answer.read(_LISTING_BYTES)
                    break
                further = self._further(answer, path)
                if not further:
                    raise refusal(self.host, path, answer)
            path = further
        else:
            raise Unavailable(N_("{host} sends us round in circles."), host=self.host)
        try:
            return self._parser.parse("multistatus", said, Listing)
        except (Corrupt, NotEnough) as error:
            raise Garbled(
                N_("What {host} says can't be understood."), hint=N_("Is the address right?"), host=self.host
            ) from error

    def paths(self, listing: Listing, below: str) -> Iterator[tuple[str, int]]:
        """The paths in ``listing`` that are ``below``, each with its index, once."""
        seen = set()
        for index, told in enumerate(listing.responses):
            path = path_of(told.href, below)
            if path is None:
                logger.info("%s tells of %r, which is not asked for", self.host, told.href[:200])
            elif path not in seen:
                seen.add(path)
                yield path, index

    def _further(self, answer: Answer, path: str) -> str:
        """Where a redirect on the same server leads."""
        place = answer.header("location") if answer.status in _MOVED else ""
        if not place:
            return ""
        try:
            goal = urljoin(self.place.at(path), place)
            same = origin_of(target_of(goal)) == self.place.origin
        except (HameauError, ValueError):
            return ""
        return (path_of(goal, "") or "") if same else ""

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._lock:
            session = self._idle.pop() if self._idle else None
            if session is None:
                made = self._client.session(self._connection, cancel=self._stop, patience=PATIENCE)
                session = self._stack.enter_context(made)
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append(session)


def refusal(host: str, path: str, answer: Answer) -> HameauError:
    """The error for an answer that is not what was asked for."""
    status = answer.status
    logger.info("%s answered %d about %s", host, status, path)
    if status == 401:
        return Refused(
            N_("{host} does not accept the user name or the password."),
            hint=N_("Connect the source again; in Nextcloud, make a new app password under Settings, Security."),
            host=host,
        )
    if status == 403:
        return Refused(N_("{host} does not let this account look there."), host=host)
    if status in (404, 410):
        return NotFound(N_("There is nothing at this address on {host}."), hint=N_("Is the address right?"), host=host)
    if status in _MOVED:
        return Unavailable(
            N_("{host} says that this has moved to {place}."),
            hint=N_("Connect the source again with the new address, if you trust it."),
            host=host,
            place=answer.header("location")[:300],
        )
    if status in _BUSY:
        return _later(host, status, answer.header("retry-after"))
    kind = NotServed if status in _UNKNOWN else Unavailable
    return kind(N_("{host} answered with status {status}."), host=host, status=status)


def _later(host: str, status: int, wait: str) -> HameauError:
    """The error of a server that can't answer now; it may say for how long (RFC 9110, 10.2.3)."""
    seconds = int(wait) if wait.isascii() and wait.isdecimal() and len(wait) < 8 else 0
    message, hint = (
        N_("{host} is busy or under maintenance (status {status})."),
        N_("It is asked again later by itself."),
    )
    if not seconds:
        return Troubled(message, hint=hint, host=host, status=status)
    later = Later(message, hint=hint, host=host, status=status)
    later.seconds = float(min(seconds, _LONGEST_WAIT))
    return later
