"""PDF: the text of every page where it stands, pages without text by recognition. Runs inside the worker."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hameau.library.extraction import engine
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.reasons import SOME_PAGES, Unreadable
from hameau.library.extraction.scrap import Scrap
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted

_ENDS_SENTENCE = re.compile(r"[.!?:;…»”\")\]]\s*$")
_STARTS_ITEM = re.compile(
    r"^\s*(?:[-–—•▪◦●·*]\s|\d{1,3}[.)]\s|[a-z][.)]\s|(?:article|art\.|chapitre|titre|section)\s)", re.IGNORECASE
)
_BROKEN_WORD = re.compile(r"\b(\w++)[-\u2010\x02\ufffe]\n?(\w+)")
_WORD = re.compile(r"\w+")


def read_pdf(data: bytes, languages: Sequence[str], scrap: Scrap) -> Extracted:
    """The text of a PDF with its pages. A page that is only a picture is recognised when ``languages`` allow it."""
    result = engine.extract(data, "application/pdf", engine.config("plain"))
    metadata: Mapping[str, Any] = result.metadata
    pages = {int(page["page_number"]): str(page["content"]) for page in result.pages or ()}
    count = max([int(metadata.get("page_count") or 0), *pages])
    blank = [number for number in range(1, count + 1) if not pages.get(number, "").strip()]
    warnings: tuple[str, ...] = ()
    if blank and languages:
        pages |= _recognise(data, blank, languages, scrap)
    elif blank and len(blank) == count:
        raise Unreadable("ocr_missing")
    elif blank:
        warnings = (SOME_PAGES,)
    draft = Draft()
    whole = "\n".join(pages.values())
    known = frozenset(word.lower() for word in _WORD.findall(whole))
    for number in range(1, count + 1):
        draft.page(number)
        draft.block(reflow(pages.get(number, ""), known))
    text, spans = draft.finish()
    title = str(metadata.get("title") or "")
    return Extracted(text=text, title=title, media_type="application/pdf", pages=spans, warnings=warnings)


def reflow(page: str, known: frozenset[str] = frozenset()) -> str:
    """The lines of a page as paragraphs: a line that only broke for lack of room is joined to the next one.

    ``known`` are the words of the document in lower case: a word cut at a line's end is mended when its whole form occurs
    elsewhere, and keeps its hyphen otherwise (« porte-monnaie »).
    """

    def mend(match: re.Match[str]) -> str:
        joined = match[1] + match[2]
        if joined.lower() in known:
            return joined
        return f"{match[1]}-{match[2]}"

    text = _BROKEN_WORD.sub(mend, tidy(page.replace("\r\n", "\n").replace("\x02", "-").replace("\ufffe", "-")))
    lines = [line.strip() for line in text.split("\n")]
    width = max((len(line) for line in lines), default=0)
    paragraphs: list[str] = []
    current = previous = ""
    for line in lines:
        if not line:
            current = _flush(current, paragraphs)
            continue
        if current and _breaks(last=previous, line=line, width=width):
            current = _flush(current, paragraphs)
        current = f"{current} {line}" if current else line
        previous = line
    _flush(current, paragraphs)
    return "\n\n".join(paragraphs)


def _breaks(*, last: str, line: str, width: int) -> bool:
    """Whether a paragraph ends between two lines: ``last`` left room for the next word, or ``line`` opens something new."""
    first_word = line.split(" ", 1)[0]
    roomy = len(last) + 1 + len(first_word) <= width * 0.85
    if _STARTS_ITEM.match(line):
        return True
    return roomy and (bool(_ENDS_SENTENCE.search(last)) or not line[:1].islower())


def _flush(paragraph: str, paragraphs: list[str]) -> str:
    if paragraph:
        paragraphs.append(re.sub(r"[ \t\xa0]{2,}", " ", paragraph))
    return ""


def _recognise(data: bytes, numbers: Sequence[int], languages: Sequence[str], scrap: Scrap) -> dict[int, str]:
    found: dict[int, str] = {}
    with scrap.holding(data) as path:
        for number in numbers:
            picture = engine.page_as_picture(path, number - 1)
            found[number] = engine.recognise(picture, "image/png", languages)
    return found
