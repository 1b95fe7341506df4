"""Where a passage stands, in the words a person would look it up with."""

from __future__ import annotations

from hameau.cli.controls import one_line
from hameau.cli.words import _
from hameau.kit import N_
from hameau.library import Locator


def place(title: str, locator: Locator) -> str:
    """``Title › Heading › Below, p. 3``; a heading that says the title again is left out."""
    headings = locator.heading[1:] if locator.heading[:1] == (title,) else locator.heading
    path = " › ".join((title, *headings))
    path = one_line(path)
    return path if locator.page is None else f"{path}, {_(N_('p. {page}'), {'page': locator.page})}"


def snippet(text: str, most: int) -> str:
    """The text of a passage on one line, without its Markdown headings, at most ``most`` characters long."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = " ".join(" ".join(lines).split()) or " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"
