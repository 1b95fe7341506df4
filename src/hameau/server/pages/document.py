"""A document as it was read, with the quote marked. Works without scripts: the link's fragment leads to the mark."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import N_, BadInput, NotFound
from hameau.library import Passage
from hameau.server.call import Call
from hameau.server.pages.render import Visit, go, page
from hameau.server.reading import Part, Span, part
from hameau.server.telling import told_document


def show(call: Call, visit: Visit) -> Response:
    """``?passage=`` marks a passage, ``?start=&end=`` the quote in it, ``?part=`` turns to another part."""
    library = call.house.library
    document_id = _whole(visit.ids["id"])
    document = told_document(library.document(document_id), call.language)
    if document.state != "indexed":
        return page(
            call, visit, "document.html", document=document, source=_source(call, document.source_id), shown=None
        )
    text = library.text(document_id)
    passages = library.passages(document_id)
    near = _passage(passages, visit.query.get("passage", ""))
    quote = _quote(visit.query.get("start", ""), visit.query.get("end", ""), len(text)) or near
    wanted = _number(visit.query.get("at", ""))
    shown: Part = part(text, passages, wanted, quote, near)
    return page(
        call,
        visit,
        "document.html",
        document=document,
        source=_source(call, document.source_id),
        shown=shown,
        quote=quote,
    )


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
