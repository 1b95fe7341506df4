"""From a template and what it shows to a page. Every text is escaped, whoever wrote it."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from hameau import __version__
from hameau.assistant import Citation
from hameau.kit import HameauError, say, translations
from hameau.library import SearchResult
from hameau.perimeter import FOREVER
from hameau.server import words
from hameau.server.assets import address
from hameau.server.call import Call, call_of
from hameau.server.endpoint import read_bounded
from hameau.server.errors import known, status_of
from hameau.server.forms import fields_of
from hameau.server.pages.found import body, writer
from hameau.server.pages.opening import lines_of, shown_place
from hameau.server.shapes import MAX_BODY
from hameau.server.sign import read_sign

log = logging.getLogger(__name__)
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
"""Controls, and the bidirectional ones among them: a document could show its words in another order than it has them."""

_SOURCE = re.compile(r" ?\[(\d{1,3})\]")
_BLANK = re.compile(r"\{\{|\[…")
_MARKS = re.compile(r"^#{1,6}[ \t]+|^[ \t]*\|[\s:|-]+\|[ \t]*$|\|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page's handler knows of the request besides the :class:`Call`. ``part`` asks for the part that changes."""

    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    base: str = ""
    """The address under which the reader opened Hameau, such as ``http://127.0.0.1:8484``."""

    @property
    def part(self) -> bool:
        return "part" in self.query


Handler = Callable[[Call, Visit], Response]
RawHandler = Callable[[Request, Call], Awaitable[Response]]


def plain(value: object) -> object:
    """A text without what could mislead the eye; anything else as it is. Positions stay: one sign for one sign."""
    return HIDDEN.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _load(name: str) -> tuple[str, str, Callable[[], bool]]:
    file = files("hameau.server") / "templates" / name
    return file.read_text("utf-8"), name, lambda: True


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, compiled once."""
    made = Environment(
        loader=FunctionLoader(_load),
        autoescape=True,
        finalize=plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        body=body, writer=writer, excerpt=excerpt, inside=inside, marked=marked, coded=coded, outside=outside
    )
    made.filters.update(host=host)
    made.globals["has_blanks"] = _BLANK.search
    made.globals.update(static=address, version=__version__, passage_link=passage_link, quote_link=quote_link)
    made.globals.update(shown_place=shown_place, lines_of=lines_of, forever=FOREVER)
    return made


def page(call: Call, visit: Visit, template: str, code: int = 200, **shown: object) -> HTMLResponse:
    """``template`` filled in for this reader."""
    language = call.language
    context = {
        "_": partial(_say, language),
        "ngettext": partial(_count, language),
        "language": language,
        "path": visit.path,
        "part": visit.part,
        "visitor": call.visitor,
        "number": partial(words.number, language=language),
        "size": partial(words.size, language=language),
        "seconds": partial(words.seconds, language=language),
        "day": partial(words.day, language=language),
        "day_of": partial(words.day_of, language=language),
        "moment": partial(words.moment, language=language),
        "lasting": partial(words.lasting, language=language),
        "sign": partial(read_sign, call.house.perimeter, language),
        "licence": partial(words.licence, language=language),
        "languages": partial(words.languages, language=language),
    }
    html = environment().get_template(template).render(context | shown)
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language, Cookie"}
    return HTMLResponse(html, code, headers=headers)


def _say(language: str, message: str, **fields: object) -> str:
    return say(message, language, fields or None)


def _count(language: str, one: str, many: str, n: int) -> str:
    return translations(language).ngettext(one, many, n).format(n=words.number(n, language))


def error_page(call: Call, error: HameauError) -> Response:
    """What went wrong, what to do about it, and a way back."""
    visit = Visit("", {}, {}, {})
    message, hint = say(error.message, call.language, error.fields), say(error.hint, call.language, error.fields)
    return page(call, visit, "error.html", status_of(error), message=message, hint=hint)


def go(path: str, **query: str) -> Response:
    """Sends the browser on after a form, so that reloading does not send it twice."""
    return RedirectResponse(path + ("?" + urlencode(query) if query else ""), 303)


def route(path: str, handler: Handler, method: str = "GET") -> Route:
    """A route to ``handler``, which runs in a thread."""

    async def answer(request: Request, call: Call) -> Response:
        form = fields_of(await read_bounded(request, MAX_BODY)) if method == "POST" else {}
        visit = Visit(
            request.url.path, request.path_params, request.query_params, form, str(request.base_url).rstrip("/")
        )
        return await run_in_threadpool(handler, call, visit)

    return raw_route(path, answer, method)


def raw_route(path: str, handler: RawHandler, method: str) -> Route:
    """A route to ``handler``, which reads the request itself. Whatever it raises becomes a page."""

    async def answer(request: Request) -> Response:
        call = call_of(request)
        try:
            return await handler(request, call)
        except Exception as error:
            log.debug("the page %s failed", path, exc_info=error)
            return await run_in_threadpool(error_page, call, known(error))

    return Route(path, answer, methods=[method], name=f"{method} {path}")


def excerpt(text: str) -> str:
    """A passage as one paragraph, without the signs that mark headings and tables in extracted text."""
    return " ".join(_MARKS.sub(" ", text).split())


def inside(text: str) -> str:
    """A sentence as a part of another one: without its capital and its full stop."""
    return (text[:1].lower() + text[1:]).rstrip(".")


def coded(text: str, command: str) -> Markup:
    """A text with ``command``, to be typed as it stands, in the place of ``{command}``."""
    return escape(text).replace("{command}", Markup("<code>{}</code>").format(command))


def outside(link: str) -> bool:
    """Whether a link of a document may be offered: an address of the web, and nothing that a browser would run."""
    return link.startswith(("https://", "http://")) and not any(sign.isspace() or sign in '"<>' for sign in link)


def host(link: str) -> str:
    """The machine that an address leads to; empty for what is none."""
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""


def marked(text: str) -> list[tuple[str, int]]:
    """A text with marks of sources (``[2]``) as its pieces: what stands before each mark, and its number; 0 after the last."""
    pieces = _SOURCE.split(text)
    return [(said, int(number)) for said, number in zip(pieces[::2], [*pieces[1::2], "0"], strict=True)]


def passage_link(result: SearchResult) -> str:
    """Where a found passage stands in its document, or in a page of an encyclopedia."""
    if result.origin != "library":
        return result.link if result.origin == "encyclopedia" or outside(result.link) else "#"
    return _link(result.document_id, result.passage_id, None, 0)


def quote_link(citation: Citation) -> str:
    """Where a quote stands in its document, in a page of an encyclopedia, or at its address."""
    if citation.origin == "encyclopedia":
        return f"{citation.link.partition('?')[0]}?start={citation.locator.start}&end={citation.locator.end}#quote"
    if citation.origin != "library":
        return citation.link if outside(citation.link) else "#"
    return _link(citation.document_id, citation.passage_id, citation.locator.start, citation.locator.end)


def _link(document_id: int, passage_id: int, start: int | None, end: int) -> str:
    quote = f"&start={start}&end={end}" if start is not None else ""
    return f"/documents/{document_id}?passage={passage_id}{quote}#quote"
