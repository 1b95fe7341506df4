"""Keeps the addresses of names, asked outside the walls by root, so that the user who is held needs no resolver."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

logger = logging.getLogger(__name__)

Lookup = Callable[[str], Iterable[str]]

_KEPT = 3600.0  # seconds that an address stays open after it was last heard: services move their names around
_RETRY = 5.0


def lookup(host: str) -> tuple[str, ...]:
    """The addresses of ``host``, as this machine's resolver gives them; none when there are none now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        logger.info("no address for %s: %s", host, error)
        return ()
    return tuple(dict.fromkeys(str(place[0]).partition("%")[0] for *_, place in found))


class Resolver:
    """Asks for the wanted names in a thread of its own, again every ``refresh`` seconds. ``fileno`` becomes readable
    when an answer changed something."""

    def __init__(
        self, ask: Lookup = lookup, *, refresh: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._refresh, self._clock = ask, refresh, clock
        self._due: dict[str, float] = {}
        self._heard: dict[str, dict[str, float]] = {}
        self._lock = threading.Condition()
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="resolver", daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        """Readable after a change."""
        return self._read

    def want(self, hosts: Iterable[str], *, now: bool = False) -> None:
        """From now on these names are looked after, and no others; ``now`` asks for all of them again."""
        with self._lock:
            wanted = set(hosts)
            self._due = {host: -1.0 if now else self._due.get(host, -1.0) for host in wanted}
            self._heard = {host: found for host, found in self._heard.items() if host in wanted}
            self._lock.notify()

    def remember(self, known: Mapping[str, Iterable[str]]) -> None:
        """Begins with what was known before, as if it were heard now."""
        with self._lock:
            moment = self._clock()
            self._heard = {host: dict.fromkeys(found, moment) for host, found in known.items()}

    def addresses(self, host: str) -> tuple[str, ...]:
        """What ``host`` is known to stand for; never waits."""
        with self._lock:
            return tuple(sorted(self._heard.get(host, ())))

    def drain(self) -> bool:
        """Whether something changed since the last time."""
        try:
            return bool(os.read(self._read, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Ends the thread, once the question that is asked now has its answer."""
        with self._lock:
            self._ended = True
            self._lock.notify()

    def _run(self) -> None:
        while (host := self._next()) is not None:
            try:
                found = tuple(self._ask(host))
            except Exception:  # the edge of a thread that must go on
                logger.exception("the addresses of %s could not be asked for", host)
                found = ()
            self._learn(host, found)

    def _next(self) -> str | None:
        """Waits until a name is due."""
        with self._lock:
            while not self._ended:
                host = min(self._due, key=self._due.__getitem__, default=None)
                if host is not None and self._due[host] <= self._clock():
                    return host
                self._lock.wait(None if host is None else max(0.01, self._due[host] - self._clock()))
        return None

    def _learn(self, host: str, found: tuple[str, ...]) -> None:
        with self._lock:
            if host not in self._due:
                return
            moment = self._clock()
            self._due[host] = moment + (self._refresh if found else min(_RETRY, self._refresh))
            known = self._heard.setdefault(host, {})
            before = set(known)
            known.update(dict.fromkeys(found, moment))
            for address in [each for each, heard in known.items() if moment - heard > _KEPT]:
                del known[address]
            if set(known) != before:
                with suppress(BlockingIOError):  # full of changes that are not looked at yet
                    os.write(self._write, b"!")
