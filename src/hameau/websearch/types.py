"""The nouns of the room ``websearch``. All are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hameau.perimeter import Connection


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search of the web. ``engines`` are those that found it."""

    title: str
    url: str
    """An address of the web, http or https."""
    content: str
    """What an engine quotes of the page."""
    engines: tuple[str, ...]
    score: float = 0.0
    published: str = ""
    """As the engine says it: a date, or « 3 hours ago »."""
    near: bool = False
    """It lies on this machine or in the local network (or plainly nowhere): it is shown, and never opened nor quoted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search of the web gave. ``refused`` are the engines that did not answer, each with its reason."""

    query: str
    """As it left this machine."""
    host: str
    """Who was asked."""
    hits: tuple[Hit, ...]
    refused: tuple[tuple[str, str], ...] = ()
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that was fetched and read in the sandbox. ``reason``, a gettext id with its ``fields``, says why it could not be."""

    url: str
    """As it was found; ``end`` is where redirects led."""
    title: str
    text: str
    dated_at: str = ""
    """ISO 8601 in UTC."""
    language: str = ""
    reason: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    end: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A SearXNG that could be asked, as a person sees it before the yes."""

    url: str
    connection: Connection
    """What the yes allows. Its ``why`` says what is sent."""
    near: bool
    """Whether it is a program of this very machine."""
