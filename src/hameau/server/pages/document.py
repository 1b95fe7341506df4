"""A document as it was read, with the quote marked. Works without scripts: the link's fragment leads to the mark."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response

from hameau.kit import N_, BadInput, NotFound
from hameau.library import Document, Link, Links, Passage
from hameau.server.call import Call
from hameau.server.pages.render import Visit, go, page
from hameau.server.reading import Part, Span, part
from hameau.server.telling import told_document

SHOWN_THREAD = 40


def show(call: Call, visit: Visit) -> Response:
    """``?passage=`` marks a passage, ``?start=&end=`` the quote in it, ``?part=`` turns to another part."""
    library = call.house.library
    document_id = _whole(visit.ids["id"])
    document = told_document(library.document(document_id), call.language)
    around = _around(call, document)
    if document.state != "indexed":
        return page(
            call,
            visit,
            "document.html",
            document=document,
            source=_source(call, document.source_id),
            shown=None,
            around=around,
        )
    text = library.text(document_id)
    passages = library.passages(document_id)
    near = _passage(passages, visit.query.get("passage", ""))
    quote = _quote(visit.query.get("start", ""), visit.query.get("end", ""), len(text)) or near
    wanted = _number(visit.query.get("at", ""))
    asides = [Span(one.start, one.start + len(one.text)) for one in library.asides(document_id)]
    shown: Part = part(text, passages, wanted, quote, near, asides)
    return page(
        call,
        visit,
        "document.html",
        document=document,
        source=_source(call, document.source_id),
        shown=shown,
        quote=quote,
        around=around,
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a document: what it was found in, what is in it, its conversation, what it points at."""

    parent: Document | None
    parts: Sequence[Document]
    thread: Sequence[Document]
    links: Links

    @property
    def named(self) -> tuple[Link, ...]:
        """What it points at, as far as a person can go there."""
        return tuple(one for one in self.links.to if one.document or one.target.startswith(("http://", "https://")))


def _around(call: Call, document: Document) -> Around:
    library = call.house.library
    parent = None
    if document.parent_id is not None:
        with suppress(NotFound):  # removed a moment ago
            parent = library.document(document.parent_id)
    thread = library.thread(document.id) if document.thread else ()
    return Around(
        parent,
        library.parts(document.id),
        _near(thread, document.id) if len(thread) > 1 else (),
        library.links(document.id),
    )


def _near(thread: Sequence[Document], document_id: int) -> Sequence[Document]:
    """So much of a long conversation as a person reads, with the document in it."""
    at = next((index for index, one in enumerate(thread) if one.id == document_id), 0)
    first = max(0, min(at - SHOWN_THREAD // 2, len(thread) - SHOWN_THREAD))
    return thread[first : first + SHOWN_THREAD]


def confirm_forgetting(call: Call, visit: Visit) -> Response:
    document = told_document(call.house.library.document(_whole(visit.ids["id"])), call.language)
    return page(call, visit, "confirm-document.html", document=document)


def forget(call: Call, visit: Visit) -> Response:
    """The document goes with every trace; back to its source, which may hold a copy."""
    document = call.house.library.document(_whole(visit.ids["id"]))
    copies = call.house.forget(document.id)
    return go("/library", said="copies" if copies else "forgotten")


def _source(call: Call, source_id: str) -> object:
    try:
        return call.house.library.source(source_id)
    except NotFound:  # removed a moment ago
        return None


def _whole(digits: str) -> int:
    number = _number(digits)
    if number is None:
        raise NotFound(
            N_("There is no such document."), hint=N_("It may have been removed. Search for it in the library.")
        )
    return number


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _passage(passages: object, digits: str) -> Span | None:
    wanted = _number(digits)
    found: Passage | None = next((one for one in passages if one.id == wanted), None)  # type: ignore[attr-defined]
    return Span(found.locator.start, found.locator.end) if found else None


def _quote(start: str, end: str, length: int) -> Span | None:
    first, last = _number(start), _number(end)
    if first is None or last is None:
        return None
    if first > last:
        raise BadInput(N_("This link is damaged."), hint=N_("Open the document from the library."))
    return Span(min(first, length), min(last, length))
