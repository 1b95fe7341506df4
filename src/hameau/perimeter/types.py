"""The nouns of the room ``perimeter``: where a connection wants to go, what a person allowed, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection wants to go. ``host`` is a name or an address, without brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person said yes to: one reason, one host, one port, until a moment."""

    who: str
    """The person, or the setting, that said yes."""
    why: str
    """What for, in words that the person saw."""
    host: str
    """A name or an address; ``*.example.org`` stands for every name under ``example.org``."""
    port: int
    until: float
    """Seconds since the epoch; not valid from then on."""
    also: tuple[str, ...] = ()
    """Other hosts, on the same port, that ``host`` may redirect to."""
    local: bool = False
    """Whether a name may stand for an address of the local network; without it such a name is refused."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a connection may be made. ``reason`` is an English text id with the field ``{host}``."""

    allowed: bool
    reason: str
    consent: Consent | None = None
