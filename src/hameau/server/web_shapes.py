"""What requests about the web carry and what their answers hold, and what another search engine is given of the library."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hameau.server.shapes import MAX_QUESTION, Ask, Identifier, SpaceName
from hameau.websearch import Hit

WebQuery = Annotated[str, Meta(max_length=1000, description="What leaves, word for word; empty: the web is not asked.")]
Pages = Annotated[int, Meta(ge=0, le=10, description="How many pages of the best hits are opened and read.")]


class WebNow(msgspec.Struct, frozen=True):
    """The SearXNG that is asked for the web. ``host`` is who that is, for a person; both are empty when none was chosen.
    ``allowed``: the Connection ``web.search`` leads there now."""

    url: str
    host: str
    allowed: bool


class NewWeb(Ask, frozen=True):
    """The SearXNG to ask from now on. ``local``: its name may stand for a machine of the home network."""

    url: Annotated[str, Meta(min_length=1, max_length=500)]
    local: bool = False


class WebQuestion(Ask, frozen=True):
    """Something to look for on the web, word for word as it leaves. ``language``: a code of two letters, or nothing."""

    query: Annotated[str, Meta(min_length=1, max_length=1000)]
    pages: Pages = 0
    language: Annotated[str, Meta(pattern=r"^([a-z]{2})?\Z")] = ""


class WebPageTold(msgspec.Struct, frozen=True):
    """A page that was opened. ``reason``, in the reader's language, says why it could not be read; ``text`` is empty then."""

    url: str
    title: str
    text: str
    dated_at: str
    language: str
    reason: str


class WebResults(msgspec.Struct, frozen=True):
    """What the web gave. ``refused``: the engines that did not answer, each with its reason."""

    query: str
    host: str
    hits: tuple[Hit, ...]
    refused: tuple[tuple[str, str], ...]
    pages: tuple[WebPageTold, ...]
    took_ms: float


class ToLeave(Ask, frozen=True):
    """A question for which a text for the web is to be proposed. Nothing leaves."""

    question: Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION)]
    conversation: Identifier | None = None
    space: SpaceName = "home"


class Proposed(msgspec.Struct, frozen=True):
    """What could leave for a question, to be seen and changed by a person first; and who would be asked."""

    web_query: str
    web: WebNow


class HitsQuery(msgspec.Struct, frozen=True):
    """``q`` is what to search."""

    q: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    space: SpaceName = "home"


class EngineHit(msgspec.Struct, frozen=True):
    """A passage as another search engine shows it; ``url`` is a page of this Hameau."""

    url: str
    title: str
    content: str
    published: str


class EngineHits(msgspec.Struct, frozen=True):
    query: str
    results: tuple[EngineHit, ...]
