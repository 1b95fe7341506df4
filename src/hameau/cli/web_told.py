"""What the web gave, in lines for a terminal: what left and to whom, who did not answer, which pages could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from hameau.assistant import Answer, Citation, PageUsed, WebUsed
from hameau.cli.controls import one_line
from hameau.cli.words import _
from hameau.kit import N_
from hameau.library import Origin, SearchResult

_HEADINGS: dict[Origin, str] = {
    "library": N_("From your documents:"),
    "encyclopedia": N_("From your encyclopedias:"),
    "web": N_("From the web:"),
}
Line = tuple[str, str]
"""A line and its style."""


def heading_of(origin: Origin) -> str:
    """What stands above the citations of one place."""
    return _(_HEADINGS[origin])


def whose(result: SearchResult) -> str:
    """The site of a passage of the web, behind its title."""
    return f" ({one_line(urlsplit(result.link).hostname or '')})" if result.origin == "web" else ""


def second_hand(citation: Citation, answer: Answer) -> str:
    """Said of a page that was not opened: its words are those that a search engine quotes."""
    if citation.origin != "web" or answer.web is None or answer.web.was_read(citation.link):
        return ""
    return f" ({_(N_('as a search engine quotes it'))})"


def gave(web: WebUsed, *, again: bool = False) -> Iterator[Line]:
    """The web's part in an answer, already in the reader's language; ``again``: only what came since, the pages."""
    if again:
        yield from unread(web.pages)
        return
    if web.trouble:
        yield one_line(_(N_("The web was not asked: {why}"), {"why": web.trouble})), "yellow"
        if web.hint:
            yield one_line(web.hint), "dim"
        return
    words = N_("Asked {host}: « {query} ». Results: {count}")
    yield one_line(_(words, {"host": web.host, "query": web.query, "count": len(web.hits)})), "bold"
    yield from refused(web.refused)


def refused(engines: Sequence[tuple[str, str]]) -> Iterator[Line]:
    """The engines that did not answer, in one line."""
    if engines:
        named = ", ".join(f"{name} ({why})" if why else name for name, why in engines)
        yield one_line(_(N_("Engines that did not answer: {engines}"), {"engines": named})), "yellow"


def unread(pages: Sequence[PageUsed]) -> Iterator[Line]:
    """The pages that gave nothing, one a line."""
    for page in pages:
        if not page.read:
            yield one_line(_(N_("Not read: {url}: {why}"), {"url": page.url, "why": page.reason})), "dim"
