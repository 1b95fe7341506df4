"""The only network door: a line to one host under one Connection, and one file from one address.

A Connection is asked for by its name; without it the error says how to allow it. Every hop is judged by the guard twice:
as a name, and as the address that the name led to; the connection then goes to that very address. No cookies, no
credentials, no proxy from the environment, nothing sent but the request; outside this machine and the local network only
encrypted ones.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from hameau.kit import N_, Corrupt, NotEnough, Refused, Unavailable
from hameau.perimeter.doors import Door
from hameau.perimeter.exchange import Answer, Ask, exchange
from hameau.perimeter.gate import HOW_TO_ALLOW
from hameau.perimeter.guard import address_of, covers, is_far, target_of, verdict
from hameau.perimeter.lines import TIMEOUT, Line, open_line
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.session import Session
from hameau.perimeter.types import Act, Attempt, Connection, Policy, Target
from hameau.perimeter.wire import Patience, Stop, Wire

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
_HOPS = 5
_CONNECTING = 60.0
"""Seconds after which no further address of a name is tried: a stranger's name may have a thousand that are silent."""
_FULL = (28, 122)  # ENOSPC, EDQUOT
Watch = Callable[[int], None]


class Unreachable(Unavailable):
    """Nobody answers there."""


class Client:
    """Makes connections that a person allowed. ``clock`` gives seconds since the epoch."""

    def __init__(self, store: PolicyStore, door: Door, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._door = door
        self._clock = clock

    @contextmanager
    def line(self, name: str, host: str, port: int, *, tls: bool = True) -> Iterator[socket.socket]:
        """A TCP line to ``host``:``port`` under the Connection ``name``, encrypted and the certificate that of ``host``
        unless ``tls`` is false, which only a local Connection may ask for. Closed, and its bytes counted, at the end.

        Raises :class:`Refused` (not allowed) or :class:`Unavailable` (network).
        """
        connection = self.connection(name)
        goal = Target("https" if tls else "http", host, port)
        line = self._connect(goal, connection)
        try:
            yield line.stream
        finally:
            self._hang_up(line, connection)

    @contextmanager
    def exchange(
        self,
        name: str,
        ask: Ask,
        *,
        cancel: Stop | None = None,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
    ) -> Iterator[Answer]:
        """One request under the Connection ``name``, and its answer, whose body is read inside the block; then the line is
        closed. A redirect is an answer, and is not followed.

        Raises :class:`Refused` (not allowed, or taken back meanwhile), :class:`Unreachable`, :class:`Unavailable` (silent,
        hung up, endless, no HTTP) or :class:`Cancelled` once ``cancel`` is set.
        """
        goal = target_of(ask.url)
        with self.line(name, goal.host, goal.port, tls=goal.scheme == "https") as line:
            wire = Wire(line, goal.host, patience, cancel, lambda: self.connection(name))
            yield exchange(wire, ask, patience)

    @contextmanager
    def session(
        self,
        name: str,
        *,
        cancel: Stop | None = None,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
    ) -> Iterator[Session]:
        """Several requests under the Connection ``name``, one after the other, over one line as long as both sides keep it.
        For one thread at a time. Raises nothing itself."""
        made = Session(self, name, cancel, patience)
        try:
            yield made
        finally:
            made.close()

    def connection(self, name: str) -> Connection:
        """The Connection called ``name``. Raises :class:`Refused` with the way to allow it."""
        found = self._store.read().connection(name)
        if found is None or self._clock() >= found.until:
            raise Refused(
                N_("Nobody has allowed the connection « {name} »."),
                hint=N_("Allow it: hameau perimeter allow HOST:PORT --name {name} --why REASON"),
                name=name,
            )
        return found

    def download(
        self, url: str, target: Path, *, connection: str, sha256: str, max_bytes: int, watch: Watch = lambda _: None
    ) -> None:
        """``url`` into ``target``, complete and with the right fingerprint; a ``target`` that is there is gone on with.

        ``connection`` is the name of the Connection that covers it. ``watch`` is called with the bytes that are there;
        what it raises ends the download, and what has arrived stays. Raises :class:`Refused` (not allowed),
        :class:`Unavailable` (network), :class:`Corrupt` (too long or another file: ``target`` is removed then) or
        :class:`NotEnough` (disk).
        """
        if len(sha256) != 64:
            raise Refused(N_("A file without a known fingerprint is not downloaded."))
        allowed = self.connection(connection)
        have = target.stat().st_size if target.exists() else 0
        if not have or _digest(target) != sha256:
            self._transfer(
                url, target, allowed, min(have, max_bytes), max_bytes, self._while_allowed(connection, watch)
            )
        if _digest(target) != sha256:
            target.unlink()
            raise Corrupt(
                N_("What arrived is not the file that was asked for: its fingerprint differs."),
                hint=N_("It was thrown away. The file may have changed at its source; look for a newer Hameau."),
            )

    def _while_allowed(self, connection: str, watch: Watch) -> Watch:
        """``watch``, which also ends the download when the Connection is taken back or over: no gate may be there to cut."""

        def still(size: int) -> None:
            self.connection(connection)
            watch(size)

        return still

    def _transfer(self, url: str, target: Path, allowed: Connection, have: int, limit: int, watch: Watch) -> None:
        with self._open(url, allowed, have) as response:
            begin = _begins_at(response, have)
            if begin is not None or not have:
                return _receive(response, begin, url, target, limit, watch)
        # The file is shorter than what is here, or the answer makes no sense: start anew.
        return self._transfer(url, target, allowed, 0, limit, watch)

    @contextmanager
    def _open(self, url: str, allowed: Connection, have: int) -> Iterator[http.client.HTTPResponse]:
        """The answer with the file, after redirects, each of them judged."""
        for _ in range(_HOPS + 1):
            goal = target_of(url)
            line = self._connect(goal, allowed)
            try:
                response = _answer(line.stream, goal, url, have)
                if response.status in (200, 206, 416):
                    yield response
                    return
                place = response.getheader("Location")
            finally:
                self._hang_up(line, allowed)
            if response.status not in (301, 302, 303, 307, 308) or not place:
                raise Unavailable(N_("{host} answered with status {status}."), host=goal.host, status=response.status)
            url = urljoin(url, place)
        raise Unavailable(N_("{host} sends us round in circles."), host=goal.host)

    def _connect(self, goal: Target, allowed: Connection) -> Line:
        """A line to exactly the address that was judged."""
        if goal.scheme != "https" and not (allowed.local or _is_loopback(goal.host)):
            raise _in_the_clear(goal)
        named = Attempt(Act.CONNECT, "inet", port=goal.port, host=goal.host)
        if not covers(allowed, named):
            raise Refused(
                N_("The connection to {host} was refused: « {name} » was allowed for {allowed}."),
                hint=HOW_TO_ALLOW,
                host=f"{goal.host}:{goal.port}",
                name=allowed.name,
                allowed=f"{allowed.host}:{allowed.port}",
            )
        failure: OSError | None = None
        late = self._clock() + _CONNECTING
        for address in self._door.resolve(goal.host, goal.port):
            if failure is not None and self._clock() >= late:
                break
            attempt = Attempt(Act.CONNECT, "inet6" if ":" in address else "inet", address, goal.port, host=goal.host)
            self._judge(attempt, allowed)
            if goal.scheme != "https" and is_far(address):
                raise _in_the_clear(goal)
            self._door.opened(attempt, allowed.name)
            try:
                return open_line(attempt, tls=goal.scheme == "https")
            except PermissionError as error:  # the gate's last word: revoked meanwhile
                raise Refused(N_("The connection to {host} was refused."), host=goal.host) from error
            except OSError as error:
                failure = failure if isinstance(failure, ssl.SSLError) else error  # it says more than a closed door
        raise _unreachable(goal, failure or OSError("no address")) from failure

    def _judge(self, attempt: Attempt, allowed: Connection) -> None:
        judged = verdict(attempt, Policy(connections=(allowed,)), self._clock())
        if not judged.allowed:
            raise Refused(judged.reason, hint=HOW_TO_ALLOW, host=f"{attempt.host}:{attempt.port}")

    def _hang_up(self, line: Line, allowed: Connection) -> None:
        sent, received = line.close()
        self._door.ended(allowed.name, line.attempt, sent, received)


_AGAIN = N_("Try again: what has arrived is kept.")


def _receive(
    response: http.client.HTTPResponse, begin: int | None, url: str, target: Path, limit: int, watch: Watch
) -> None:
    """Writes what arrives behind the first ``begin`` bytes of ``target``."""
    if begin is None:
        raise Unavailable(N_("{host} answered with status {status}."), host=target_of(url).host, status=response.status)
    try:
        with target.open("r+b" if begin else "wb") as file:
            file.truncate(begin)
            file.seek(begin)
            size = begin
            while chunk := response.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    target.unlink()
                    raise Corrupt(N_("More arrived than the file should hold ({limit} bytes)."), limit=limit)
                file.write(chunk)
                watch(size)
            file.flush()
            os.fsync(file.fileno())
    except http.client.HTTPException as error:
        raise Unavailable(N_("The connection broke."), hint=_AGAIN) from error
    except OSError as error:
        if error.errno in _FULL:
            raise NotEnough(N_("The disk is full."), hint=N_("Make room, then run the same command again.")) from error
        raise Unavailable(N_("The connection broke."), hint=_AGAIN) from error
    if response.length:  # the other side hung up early
        raise Unavailable(N_("The connection broke."), hint=_AGAIN)


def _answer(line: socket.socket, goal: Target, url: str, have: int) -> http.client.HTTPResponse:
    """What the other side says to a request for ``url`` from byte ``have`` on."""
    connection = http.client.HTTPConnection(goal.host, goal.port, timeout=TIMEOUT)
    connection.sock = line
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": "hameau", "Accept-Encoding": "identity", "Host": parts.netloc, "Connection": "close"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(goal, error) from error


def _in_the_clear(goal: Target) -> Refused:
    return Refused(
        N_("The connection to {host} was refused: only encrypted ones (https) may leave this machine."), host=goal.host
    )


def _is_loopback(host: str) -> bool:
    literal = address_of(host)
    return literal is not None and literal.is_loopback


def _begins_at(response: http.client.HTTPResponse, have: int) -> int | None:
    """The byte at which the body begins: 0 when the other side sends the whole file again (RFC 9110, 14.4)."""
    if response.status == 206 and (response.getheader("Content-Range") or "").startswith(f"bytes {have}-"):
        return have
    return 0 if response.status == 200 else None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unreachable(goal: Target, error: Exception) -> Unreachable:
    logger.warning("%s:%s can't be reached: %s", goal.host, goal.port, error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            N_("{host} can't prove that it is the one: its certificate is not valid here ({reason})."),
            hint=N_(
                "If it is a machine of your own, let this machine trust its certificate (docs/sources.md says how)."
            ),
            host=goal.host,
            reason=error.verify_message,
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(
            N_("{host} does not speak encrypted at port {port}."),
            hint=N_("Is the address right?"),
            host=goal.host,
            port=goal.port,
        )
    return Unreachable(
        N_("{host} can't be reached."), hint=N_("Check the network connection, then try again."), host=goal.host
    )
