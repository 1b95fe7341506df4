"""The sign that every page shows: closed, or what is open, or that it is not proven. Says it in the reader's language."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from hameau.kit import N_, HameauError, say
from hameau.perimeter import Level, PerimeterState
from hameau.server.ports import PerimeterFace

Look = Literal["closed", "open", "unproven", "broken"]
log = logging.getLogger(__name__)
_SOURCE = "source."
"""How the Connections of sources are called: people know their hosts."""
_NAMED = 3
"""A thousand feeds are a thousand Connections: the page of the perimeter names them all."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What the sign says, and how it looks."""

    look: Look
    text: str


def read_sign(perimeter: PerimeterFace, language: str) -> Sign:
    """The sign as it is now. A file that can't be read is said, and never keeps a page from being shown."""
    try:
        return sign_of(perimeter.state(), language)
    except (HameauError, OSError) as error:
        log.info("the state of the perimeter can't be read: %s", error)
        return Sign("unproven", say(N_("Closed, but its state can't be read"), language))


def sign_of(state: PerimeterState, language: str) -> Sign:
    """The worst news first; what is open is said in any case. Pure."""
    opened = what_is_open(state, language)
    look, news = _news(state)
    if look == "closed":
        return Sign("open", opened) if opened else Sign("closed", say(news, language))
    return Sign(look, " · ".join(filter(None, (say(news, language), opened))))


def _news(state: PerimeterState) -> tuple[Look, str]:
    """What holds, whatever is open: the look and a text id."""
    protection = state.protection
    if protection.tried and protection.failures:
        return "broken", N_("Protection broken")
    if state.trouble is not None:
        return "unproven", N_("The journal can't be written")
    if not protection.proven:
        return "unproven", N_("Not proven")
    return "closed", N_("Closed: nothing leaves")


def what_is_open(state: PerimeterState, language: str) -> str:
    """The level and the Connections, in a few words; empty when nothing is open."""
    parts = []
    if state.policy.level is Level.HOME_NETWORK:
        parts.append(say(N_("Open to the house"), language))
    if state.open:
        text = N_("Open: {names}") if len(state.open) == 1 else N_("Open ({n}): {names}")
        called = list(dict.fromkeys(each.host if each.name.startswith(_SOURCE) else each.name for each in state.open))
        names = ", ".join(called[:_NAMED]) + ("…" if len(called) > _NAMED else "")
        parts.append(say(text, language, {"names": names, "n": len(state.open)}))
    return " · ".join(parts)
