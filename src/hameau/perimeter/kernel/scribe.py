"""Writes the journal of the home with the rights of its owner, in a process of its own.

So root touches no file of that folder, everything in it stays the owner's, and an owner who blocks the journal does
not stop the keeper. What was handed over is written even when the keeper is killed.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
from collections.abc import Callable, Mapping

from hameau.kit import N_, Unavailable

logger = logging.getLogger(__name__)

Fact = str | int | float | bool
Record = Callable[[Mapping[str, Fact]], None]
"""Writes down one refusal: the facts of the journal's entry, with ``times`` when it came more than once."""

_ROOM = 1 << 20


class Scribe:
    """Start it while the process has one thread. ``uid`` and ``gid`` are the owner's."""

    def __init__(self, record: Record, uid: int, gid: int) -> None:
        reading, self._pipe = os.pipe2(os.O_CLOEXEC)
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _ROOM)
        self._lost = 0
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _be(record, reading, uid, gid)
        os.close(reading)
        os.set_blocking(self._pipe, False)

    def write(self, facts: Mapping[str, Fact]) -> None:
        """Hands one refusal over; never waits. Raises :class:`Unavailable` when nobody takes it."""
        if self._lost:
            facts = {**facts, "missing": self._lost}
        line = json.dumps(dict(facts)).encode() + b"\n"  # less than PIPE_BUF: handed over whole or not at all
        try:
            os.write(self._pipe, line)
        except BlockingIOError:
            self._lost += int(facts.get("times", 1))
        except OSError as error:
            raise Unavailable(N_("The journal can't be written any more.")) from error
        else:
            self._lost = 0

    def close(self) -> None:
        """What was handed over is written, then the process ends by itself."""
        os.close(self._pipe)


def _be(record: Record, reading: int, uid: int, gid: int) -> None:
    """The life of the scribe's process. Never returns."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it ends when nobody can hand it anything any more
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        os.umask(0o077)
        with os.fdopen(reading, "rb") as lines:
            for line in lines:
                _write(record, line)
        code = 0
    finally:
        os._exit(code)


def _write(record: Record, line: bytes) -> None:
    try:
        record(json.loads(line))
    except Exception:  # the edge of a process that must go on: a full disk today is none tomorrow
        logger.exception("a refusal could not be written down")
