"""Where a passage stands, in the words a person would look it up with."""

from __future__ import annotations

from hameau.cli.words import _
from hameau.kit import N_
from hameau.library import Locator


def place(title: str, locator: Locator) -> str:
    """``Title · p. 3 · Heading › Below``; a heading that says the title again is left out."""
    headings = locator.heading[1:] if locator.heading[:1] == (title,) else locator.heading
    parts = [title]
    if locator.page is not None:
        parts.append(_(N_("p. {page}"), {"page": locator.page}))
    if headings:
        parts.append(" › ".join(headings))
    return " · ".join(parts)


def snippet(text: str, most: int) -> str:
    """The text of a passage on one line, without its Markdown headings, at most ``most`` characters long."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = " ".join(" ".join(lines).split()) or " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"
