"""PDF: the text of every page where it stands, pages without text by recognition. Runs inside the worker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hameau.library.extraction import engine, limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.properties import authors_of, moment
from hameau.library.extraction.reasons import PAGES_LEFT, SOME_BROKEN, SOME_PAGES, Unreadable
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted

_ENDS_SENTENCE = re.compile(r"[.!?:;…»”\")\]]\s*$")
_STARTS_ITEM = re.compile(
    r"^\s*(?:[-–—•▪◦●·*]\s|\d{1,3}[.)]\s|[a-z][.)]\s|(?:article|art\.|chapitre|titre|section)\s)", re.IGNORECASE
)
_BROKEN_WORD = re.compile(r"\b(\w++)[-\u2010\x02\ufffe]\n?(\w+)")
_WORD = re.compile(r"\w+")
_SIGN = re.compile(r"[^\W_]")


def read_pdf(data: bytes, context: Context) -> Extracted:
    """The text of a PDF with its pages. A page that is only a picture is recognised when the context allows it."""
    result = engine.extract(data, "application/pdf", engine.config("plain"))
    metadata: Mapping[str, Any] = result.metadata
    pages = {int(page["page_number"]): str(page["content"]) for page in result.pages or ()}
    count = max([int(metadata.get("page_count") or 0), *pages])
    blank = [number for number in range(1, count + 1) if not pages.get(number, "").strip()]
    if context.languages:
        bare = [number for number in range(1, count + 1) if _signs(pages.get(number, "")) < limits.ALMOST_NOTHING]
        for number, text in _recognise(data, bare, context).items():
            pages[number] = max(pages.get(number, ""), text, key=_signs)
    elif blank and len(blank) == count:
        raise Unreadable("ocr_missing")
    elif blank:
        context.budget.doubts.add(SOME_PAGES)
    draft = Draft()
    whole = "\n".join(pages.values())
    known = frozenset(word.lower() for word in _WORD.findall(whole))
    for number in range(1, count + 1):
        draft.page(number)
        draft.block(reflow(pages.get(number, ""), known))
    text, spans = draft.finish()
    title = str(metadata.get("title") or "")
    return Extracted(
        text=text,
        title=title,
        media_type="application/pdf",
        pages=spans,
        dated_at=moment(metadata.get("created_at")) or moment(metadata.get("modified_at")),
        authors=authors_of(metadata),
    )


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


def _signs(text: str) -> int:
    """How many letters and figures a text has."""
    return len(_SIGN.findall(text))


def _recognise(data: bytes, numbers: Iterable[int], context: Context) -> dict[int, str]:
    """The text of pages that are pictures, each a step of its own: one that breaks the reader costs no other."""
    found: dict[int, str] = {}
    with context.scrap.holding(data) as path:
        for number in numbers:
            if not context.may_recognise():
                context.budget.doubts.add(PAGES_LEFT)
                break
            if not context.begin():
                context.budget.doubts.add(SOME_BROKEN)
                continue
            picture = engine.page_as_picture(path, number - 1)
            found[number] = engine.recognise(picture, "image/png", context.languages)
    return found
