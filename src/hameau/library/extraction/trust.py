"""What of a reader's answer is believed. A reader that a hostile file took over can send anything; it can lie about the text
of the files it reads, and nothing more: no control characters, no pages outside the text, no title of a thousand lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.limits import AUTHORS_CHARACTERS, LINK_CHARACTERS, LONGEST_PATH, TITLE_CHARACTERS
from hameau.library.extraction.reasons import DOUBTS
from hameau.library.extraction.wire import Found, FoundPart
from hameau.library.types import Extracted, PageSpan, Part, Span

_NO_WORDS = re.compile("[\\x00-\\x20\\x7f-\\xa0\\u2028-\\u202e\\u2066-\\u2069]+")  # what turns the writing round, too
_MOMENT = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"\\^`{|}]+", re.IGNORECASE)


def believed(found: Found, parts: Sequence[FoundPart] = ()) -> Extracted:
    """The answer of a reader in the form that the library keeps; what has no sense in it is left out."""
    text = tidy(found.text)
    inside = {
        name: Part(name, believed(one.found), max(one.size, 0))
        for one in parts
        if (name := seemly(one.name, LONGEST_PATH))
    }
    return Extracted(
        text=text,
        title=seemly(found.title),
        media_type=found.media_type if _MEDIA_TYPE.fullmatch(found.media_type) else "",
        pages=found.pages if _are_sound(found.pages, len(text)) else (),
        warnings=tuple(doubt for doubt in found.warnings if doubt in DOUBTS),
        dated_at=found.dated_at if _MOMENT.fullmatch(found.dated_at) else "",
        authors=seemly(found.authors, AUTHORS_CHARACTERS),
        asides=found.asides if _are_apart(found.asides, len(text)) else (),
        parts=tuple(inside.values()),
        link=address(found.link),
        thread=seemly(found.thread, LINK_CHARACTERS),
        links=tuple(dict.fromkeys(link for one in found.links if (link := seemly(one, LINK_CHARACTERS)))),
    )


def said_seemly(extracted: Extracted) -> Extracted:
    """What a text says of itself, where it was read without a worker."""
    return replace(
        extracted,
        title=seemly(extracted.title),
        authors=seemly(extracted.authors, AUTHORS_CHARACTERS),
        link=address(extracted.link),
        links=tuple(dict.fromkeys(link for one in extracted.links if (link := seemly(one, LINK_CHARACTERS)))),
    )


def address(link: str) -> str:
    """``link`` when it is an address of the web that may be shown; else nothing."""
    return link if len(link) <= LINK_CHARACTERS and _LINK.fullmatch(link) else ""


def seemly(title: str, longest: int = TITLE_CHARACTERS) -> str:
    """``title`` on one line, without marks that turn the writing round, and not endless."""
    return _NO_WORDS.sub(" ", tidy(title[: longest * 4])).strip()[:longest]


def _are_apart(spans: Sequence[Span], length: int) -> bool:
    """Whether the spans follow each other inside the text."""
    end = 0
    for span in spans:
        if not end <= span.start < span.end <= length:
            return False
        end = span.end
    return True


def _are_sound(pages: Sequence[PageSpan], length: int) -> bool:
    """Whether the pages follow each other and are the whole text."""
    end, number = 0, -1
    for page in pages:
        if page.start != end or page.end < page.start or page.number <= number:
            return False
        end, number = page.end, page.number
    return end == length or not pages
