"""A web in memory: it gives what the test put there, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from hameau.assistant import PageUsed, Question, WebUsed
from hameau.kit import HameauError, Missing
from hameau.library import Locator, SearchResult
from hameau.models import Cancel
from hameau.perimeter import Connection
from hameau.websearch import Found, Hit, Proposal, WebPage

HIT = Hit("Le four banal", "https://pain.example/four", "Un four à pain communal.", ("wiki",), 1.0)
PAGE = WebPage(
    HIT.url, HIT.title, "Le four à pain de Brévanne a été construit en 1832 par les habitants.", language="fr"
)


@dataclass
class WebInMemory:
    """:class:`hameau.websearch.WebSearch`, without a line to anybody."""

    chosen: str = "https://searx.example"
    hits: tuple[Hit, ...] = (HIT,)
    refused: tuple[tuple[str, str], ...] = (("grosse-bete", "CAPTCHA"),)
    pages: dict[str, WebPage] = field(default_factory=lambda: {PAGE.url: PAGE})
    trouble: HameauError | None = None
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def url(self) -> str:
        return self.chosen

    def host(self) -> str:
        return self.chosen.rpartition("/")[2]

    def allowed(self) -> bool:
        return bool(self.chosen)

    def propose(self, url: str, who: str, *, local: bool = False) -> Proposal:
        return Proposal(
            url, Connection("web.search", who, "questions", url.rpartition("/")[2], 443, local=local), False
        )

    def connect(self, proposal: Proposal) -> None:
        if self.trouble:
            raise self.trouble
        self.chosen = proposal.url

    def disconnect(self) -> None:
        self.chosen = ""

    def search(self, query: str, *, language: str = "", cancel: Cancel | None = None) -> Found:
        if self.trouble:
            raise self.trouble
        if not self.chosen:
            raise Missing("No search engine of the web was chosen.")
        self.asked.append(query)
        return Found(query, self.host(), self.hits, self.refused, 12.0)

    def read(self, hits: Sequence[Hit], *, most: int = 3, cancel: Cancel | None = None) -> tuple[WebPage, ...]:
        wanted = [hit for hit in hits if not hit.near][:most]
        self.opened += [hit.url for hit in wanted]
        lost = WebPage("", "", "", reason="{host} is away.", fields={"host": "pain.example"})
        return tuple(self.pages.get(hit.url) or replace(lost, url=hit.url, title=hit.title) for hit in wanted)


def asked_web(web: WebInMemory, question: Question) -> Iterator[tuple[WebUsed, tuple[SearchResult, ...]]]:
    """What an assistant has of it: the hits, then the pages with their passages."""
    try:
        found = web.search(question.web_query)
    except HameauError as error:
        trouble = WebUsed(question.web_query, web.host(), trouble=error.message, hint=error.hint, fields=error.fields)
        yield trouble, ()
        return
    used = WebUsed(found.query, found.host, found.hits, found.refused, took_ms=found.took_ms)
    yield used, ()
    pages = web.read(found.hits, most=question.web_pages)
    told = tuple(PageUsed(one.url, one.title, not one.reason, one.reason, one.fields) for one in pages)
    results = tuple(
        SearchResult(
            -1_000_000 - number, 0, page.title, page.url, page.text, Locator(0, len(page.text)), 0.5, None, "page",
            origin="web", link=page.url,
        )
        for number, page in enumerate(pages)
        if page.text
    )  # fmt: skip
    yield replace(used, pages=told), results
