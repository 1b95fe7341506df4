"""The documents as resources: a list that goes on, one of them, and how their addresses are made."""

from __future__ import annotations

import re
from typing import Any

from hameau.kit import N_, BadInput, NotFound, say
from hameau.library import Document
from hameau.server.mcp.desk import HOME, Desk
from hameau.server.mcp.protocol import INVALID_PARAMS, Json, Wrong
from hameau.server.mcp.telling import URI, line
from hameau.server.mcp.tools import document

PAGE = 100
"""Documents of one answer."""
CHARACTERS = 100_000
"""Of a document's text that one answer holds; a book comes in parts."""
_CURSOR = re.compile(r"after-(\d{1,12})")
_ADDRESS = re.compile(r"hameau://documents/(\d{1,15})(?:\?start=(\d{1,12}))?")
_PASSAGE = re.compile(r"hameau://passages/(\d{1,15})")
_MEDIA = "text/plain"


def listed(desk: Desk, cursor: object) -> Json:
    """Documents whose text is known, by title. Raises :class:`Wrong` for a cursor that is not ours."""
    offset = 0
    if cursor is not None:
        match = _CURSOR.fullmatch(cursor) if isinstance(cursor, str) else None
        if match is None:
            raise Wrong(INVALID_PARAMS, "This cursor is not one of ours.")
        offset = int(match[1])
    found = desk.house.library.documents(space=HOME, state="indexed", limit=PAGE + 1, offset=offset)
    answer: Json = {"resources": [_resource(one) for one in found[:PAGE]]}
    if len(found) > PAGE:
        answer["nextCursor"] = f"after-{offset + PAGE}"
    return answer


def templates(desk: Desk) -> Json:
    """How the addresses of documents and passages are made (RFC 6570)."""
    return {
        "resourceTemplates": [
            {
                "uriTemplate": "hameau://documents/{id}{?start}",
                "name": "document",
                "title": say(N_("A document"), desk.language),
                "description": "The text of a document, from the character start on.",
                "mimeType": _MEDIA,
            },
            {
                "uriTemplate": "hameau://passages/{id}",
                "name": "passage",
                "title": say(N_("A passage"), desk.language),
                "description": "One passage of a document.",
                "mimeType": _MEDIA,
            },
        ]
    }


def read(desk: Desk, uri: str) -> Json:
    """What is at ``uri``. Raises ``NotFound``, or ``BadInput`` for an address that is not ours."""
    if (match := _PASSAGE.fullmatch(uri)) is not None:
        passage = desk.house.library.passage(int(match[1]))
        document(desk, passage.document_id)
        return {"contents": [{"uri": uri, "mimeType": _MEDIA, "text": passage.text}]}
    match = _ADDRESS.fullmatch(uri)
    if match is None:
        raise BadInput(
            N_("“{uri}” is no address of a document."),
            hint=N_("Addresses look like {example}."),
            uri=uri[:200],
            example=URI.format(id=12),
        )
    one = document(desk, int(match[1]))
    if one.state != "indexed":
        raise NotFound(N_("The text of this document is not known yet."), hint=N_("Look at the list of documents."))
    whole = desk.house.library.text(one.id)
    start = min(int(match[2] or 0), len(whole))
    end = min(start + CHARACTERS, len(whole))
    content: Json = {"uri": uri, "mimeType": _MEDIA, "text": whole[start:end]}
    about: dict[str, Any] = {"hameau/characters": len(whole), "hameau/start": start, "hameau/end": end}
    if end < len(whole):
        about["hameau/next"] = f"{URI.format(id=one.id)}?start={end}"
    return {"contents": [{**content, "_meta": about}]}


def _resource(one: Document) -> Json:
    about: Json = {
        "uri": URI.format(id=one.id),
        "name": line(one),
        "title": line(one),
        "description": one.uri,
        "mimeType": _MEDIA,
    }
    if moment := one.dated_at or one.modified_at:
        about["annotations"] = {"lastModified": moment}
    return about
