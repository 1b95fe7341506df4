"""What a card says of a passage that was found: who wrote when, and its text without what the card says already. Pure."""

from __future__ import annotations

import re

from hameau.library import SearchResult

_LETTERHEAD = re.compile(r"(?:[ \t]*(?:Objet|De|À|Copie|Date) : [^\n]*(?:\n|\Z))+")
"""How the fields of a mail stand above its text: the names are those that the reading of mails writes."""
_WRITER = re.compile(r"^[ \t]*De : \"?(?P<name>[^\n<>\"]*)", re.MULTILINE)
_HEADING = re.compile(r"\s*#{1,6}[ \t]+(?P<words>[^\n]*)(?:\n|\Z)")


def writer(result: SearchResult) -> str:
    """Whom a mail is from, where its passage says so."""
    if result.kind != "mail":
        return ""
    found = _WRITER.search(result.text)
    return found["name"].strip() if found else ""


def body(result: SearchResult) -> str:
    """The passage without its headings, which stand above it, nor a mail's fields; all of it when nothing else is there."""
    text = result.text
    said = {result.title, *result.locator.heading}
    while (heading := _HEADING.match(text)) and heading["words"].strip() in said:
        text = text[heading.end() :]
    if result.kind == "mail" and (fields := _LETTERHEAD.match(text.lstrip())):
        text = text.lstrip()[fields.end() :]
    return text if text.strip() else result.text
