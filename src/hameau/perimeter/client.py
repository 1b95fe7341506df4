"""The only network door: one file from one address that a person said yes to, checked against its fingerprint.

Every hop is judged by the guard twice: as a name, and as the address that the name led to; the connection then goes
to that very address. No cookies, no credentials, no proxy from the environment, nothing sent but the request.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from hameau.kit import N_, Corrupt, HameauError, NotEnough, Refused, Unavailable
from hameau.perimeter.guard import target_of, verdict
from hameau.perimeter.types import Consent, Target

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
_TIMEOUT = 30.0  # seconds without a byte
_HOPS = 5
_FULL = (28, 122)  # ENOSPC, EDQUOT
Watch = Callable[[int], None]


class Client:
    """Downloads with consent. ``clock`` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def download(
        self, url: str, target: Path, *, consent: Consent, sha256: str, max_bytes: int, watch: Watch = lambda _: None
    ) -> None:
        """``url`` into ``target``, complete and with the right fingerprint; a ``target`` that is there is gone on with.

        ``watch`` is called with the bytes that are there; what it raises ends the download, and what has arrived stays.
        Raises :class:`Refused` (not allowed), :class:`Unavailable` (network), :class:`Corrupt` (too long or another
        file: ``target`` is removed then) or :class:`NotEnough` (disk).
        """
        if len(sha256) != 64:
            raise Refused(N_("A file without a known fingerprint is not downloaded."))
        have = target.stat().st_size if target.exists() else 0
        if not have or _digest(target) != sha256:
            self._transfer(url, target, consent, min(have, max_bytes), max_bytes, watch)
        if _digest(target) != sha256:
            target.unlink()
            raise Corrupt(
                N_("What arrived is not the file that was asked for: its fingerprint differs."),
                hint=N_("It was thrown away. The file may have changed at its source; look for a newer Hameau."),
            )

    def _transfer(self, url: str, target: Path, consent: Consent, have: int, limit: int, watch: Watch) -> None:
        connection, response = self._open(url, consent, have)
        begin = _begins_at(response, have)
        if begin is None and have:  # the file is shorter than what is here, or the answer makes no sense: start anew
            connection.close()
            return self._transfer(url, target, consent, 0, limit, watch)
        try:
            if begin is None:
                raise Unavailable(
                    N_("{host} answered with status {status}."), host=target_of(url).host, status=response.status
                )
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
            if response.length:  # the other side hung up early
                raise Unavailable(N_("The connection broke."), hint=_AGAIN)
        except http.client.HTTPException as error:
            raise Unavailable(N_("The connection broke."), hint=_AGAIN) from error
        except OSError as error:
            if error.errno in _FULL:
                raise NotEnough(
                    N_("The disk is full."), hint=N_("Make room, then run the same command again.")
                ) from error
            raise Unavailable(N_("The connection broke."), hint=_AGAIN) from error
        finally:
            connection.close()

    def _open(
        self, url: str, consent: Consent, have: int
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The answer with the file, after redirects, each of them judged."""
        for _ in range(_HOPS + 1):
            goal = target_of(url)
            self._judge(goal, consent)
            connection = self._connect(goal, consent)
            try:
                response = _request(connection, url, have)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise _unreachable(goal, error) from error
            if response.status in (200, 206, 416):
                return connection, response
            connection.close()
            place = response.getheader("Location")
            if response.status not in (301, 302, 303, 307, 308) or not place:
                raise Unavailable(N_("{host} answered with status {status}."), host=goal.host, status=response.status)
            url = urljoin(url, place)
        raise Unavailable(N_("{host} sends us round in circles."), host=goal.host)

    def _judge(self, goal: Target, consent: Consent, address: str = "") -> None:
        judged = verdict(goal, (consent,), self._clock(), address=address)
        if not judged.allowed:
            raise Refused(
                judged.reason,
                hint=N_("Nothing leaves this machine unless you allow it."),
                host=f"{goal.host}:{goal.port}",
            )

    def _connect(self, goal: Target, consent: Consent) -> http.client.HTTPConnection:
        try:
            found = socket.getaddrinfo(goal.host, goal.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise _unreachable(goal, error) from error
        failure: OSError | None = None
        for *_, place in found:
            address = str(place[0])
            self._judge(goal, consent, address)
            try:
                return _connection(goal, address)
            except OSError as error:
                failure = error
        raise _unreachable(goal, failure or OSError("no address")) from failure


_AGAIN = N_("Try again: what has arrived is kept.")


def _connection(goal: Target, address: str) -> http.client.HTTPConnection:
    """A connection to exactly ``address``; the certificate must be that of the name."""
    line: socket.socket = socket.create_connection((address, goal.port), timeout=_TIMEOUT)
    connection = http.client.HTTPConnection(goal.host, goal.port, timeout=_TIMEOUT)
    try:
        if goal.scheme == "https":
            line = ssl.create_default_context().wrap_socket(line, server_hostname=goal.host)
    except OSError:
        line.close()
        raise
    connection.sock = line
    return connection


def _request(connection: http.client.HTTPConnection, url: str, have: int) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": "hameau", "Accept-Encoding": "identity", "Host": parts.netloc}
    if have:
        headers["Range"] = f"bytes={have}-"
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def _begins_at(response: http.client.HTTPResponse, have: int) -> int | None:
    """The byte at which the body begins: 0 when the other side sends the whole file again (RFC 9110, 14.4)."""
    if response.status == 206 and (response.getheader("Content-Range") or "").startswith(f"bytes {have}-"):
        return have
    return 0 if response.status == 200 else None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unreachable(goal: Target, error: Exception) -> HameauError:
    logger.warning("%s:%s can't be reached: %s", goal.host, goal.port, error)
    return Unavailable(
        N_("{host} can't be reached."), hint=N_("Check the network connection, then try again."), host=goal.host
    )
