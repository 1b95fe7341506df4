"""Documents as they were read: list, one, its text, its passages."""

from __future__ import annotations

from hameau.library import Document
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import ByRow, Documents, DocumentsQuery, DocumentText, Forgotten, Passages
from hameau.server.telling import told_document


def documents(call: Call, wanted: DocumentsQuery) -> Documents:
    found = call.house.library.documents(
        source_id=wanted.source, space=wanted.space, state=wanted.state, limit=wanted.limit, offset=wanted.offset
    )
    return Documents(tuple(told_document(one, call.language) for one in found))


def document(call: Call, wanted: ByRow) -> Document:
    return told_document(call.house.library.document(wanted.id), call.language)


def forget(call: Call, wanted: ByRow) -> Forgotten:
    return Forgotten(wanted.id, tuple(call.house.forget(wanted.id)))


def text(call: Call, wanted: ByRow) -> DocumentText:
    return DocumentText(wanted.id, call.house.library.text(wanted.id))


def passages(call: Call, wanted: ByRow) -> Passages:
    return Passages(tuple(call.house.library.passages(wanted.id)))


ENDPOINTS = (
    Endpoint("GET", "/api/v1/documents", "Documents", documents, DocumentsQuery, answer=Documents, tag="documents"),
    Endpoint("GET", "/api/v1/documents/{id}", "One document", document, ByRow, answer=Document, tag="documents"),
    Endpoint(
        "DELETE",
        "/api/v1/documents/{id}",
        "Forget a document with every trace; its file stays, and is not read again",
        forget,
        ByRow,
        answer=Forgotten,
        tag="documents",
    ),
    Endpoint(
        "GET",
        "/api/v1/documents/{id}/text",
        "The text that was read in it",
        text,
        ByRow,
        answer=DocumentText,
        tag="documents",
    ),
    Endpoint(
        "GET",
        "/api/v1/documents/{id}/passages",
        "Its passages in order: together they are its whole text",
        passages,
        ByRow,
        answer=Passages,
        tag="documents",
    ),
)
