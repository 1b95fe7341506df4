"""What the journal holds of an attempt, the same facts whoever stopped it or let it through; and who asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from hameau.perimeter.types import Attempt, Verdict

Fact = str | int | float | bool


def facts_of(attempt: Attempt, judged: Verdict, *, program: str = "", pid: int = 0) -> dict[str, Fact]:
    """Who (``program``, ``pid``; by default this process), where to, by what, why it was let through or not, and the
    Connection that covered it. What is not known is left out."""
    known: dict[str, Fact] = {
        "act": attempt.act.value,
        "program": program or Path(sys.argv[0] or "python").name,
        "pid": pid or os.getpid(),
        "host": attempt.host,
        "address": attempt.address,
        "port": attempt.port,
        "protocol": _protocol(attempt),
        "why": judged.reason,
        "connection": judged.connection.name if judged.connection else "",
    }
    return {name: fact for name, fact in known.items() if fact not in ("", 0)} | {"leaves": judged.leaves}


def _protocol(attempt: Attempt) -> str:
    """« tcp », « unix », and for kinds of sockets that are never allowed also the family: « packet raw »."""
    if attempt.family == "unix":
        return "unix"
    return attempt.protocol if attempt.family in ("inet", "inet6") else f"{attempt.family} {attempt.protocol}"


_asker: ContextVar[str] = ContextVar("asker", default="")


def asked_by() -> str:
    """The face through which a person asks for what happens now: ``command``, ``page``, ``api``, ``key NAME`` (a program with
    a key); empty: nobody did."""
    return _asker.get()


@contextmanager
def asking(face: str) -> Iterator[None]:
    """What happens in this block was asked for through ``face``."""
    token = _asker.set(face)
    try:
        yield
    finally:
        _asker.reset(token)
