"""What of a reader's answer is believed. A reader that a hostile file took over can send anything; it can lie about the text
of the files it reads, and nothing more: no control characters, no pages outside the text, no title of a thousand lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.reasons import DOUBTS
from hameau.library.extraction.wire import Found
from hameau.library.types import Extracted, PageSpan

_LONGEST_TITLE = 500
_NO_WORDS = re.compile("[\\x00-\\x20\\x7f-\\xa0\\u2028-\\u202e\\u2066-\\u2069]+")  # what turns the writing round, too
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")


def believed(found: Found) -> Extracted:
    """The answer of a reader in the form that the library keeps; what has no sense in it is left out."""
    text = tidy(found.text)
    return Extracted(
        text=text,
        title=seemly(found.title),
        media_type=found.media_type if _MEDIA_TYPE.fullmatch(found.media_type) else "",
        pages=found.pages if _are_sound(found.pages, len(text)) else (),
        warnings=tuple(doubt for doubt in found.warnings if doubt in DOUBTS),
    )


def seemly(title: str) -> str:
    """``title`` on one line, without marks that turn the writing round, and not endless."""
    return _NO_WORDS.sub(" ", tidy(title[: _LONGEST_TITLE * 4])).strip()[:_LONGEST_TITLE]


def _are_sound(pages: Sequence[PageSpan], length: int) -> bool:
    """Whether the pages follow each other and are the whole text."""
    end, number = 0, -1
    for page in pages:
        if page.start != end or page.end < page.start or page.number <= number:
            return False
        end, number = page.end, page.number
    return end == length or not pages
