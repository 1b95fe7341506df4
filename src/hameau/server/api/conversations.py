"""Conversations: list and search, read, rename, export, delete."""

from __future__ import annotations

from starlette.responses import Response

from hameau.assistant import Conversation
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import (
    ById,
    Conversations,
    ConversationsQuery,
    ExportQuery,
    NewTitle,
    WholeConversation,
)
from hameau.server.telling import told_turn

MEDIA = {"markdown": "text/markdown", "json": "application/json"}
SUFFIX = {"markdown": "md", "json": "json"}


def conversations(call: Call, wanted: ConversationsQuery) -> Conversations:
    return Conversations(tuple(call.house.assistant.conversations(wanted.space, wanted.q)))


def conversation(call: Call, wanted: ById) -> WholeConversation:
    assistant = call.house.assistant
    return WholeConversation(
        assistant.conversation(wanted.id), tuple(told_turn(one, call.language) for one in assistant.turns(wanted.id))
    )


def rename(call: Call, wanted: ById, body: NewTitle) -> Conversation:
    call.house.assistant.rename(wanted.id, body.title)
    found: Conversation = call.house.assistant.conversation(wanted.id)
    return found


def delete(call: Call, wanted: ById) -> None:
    call.house.assistant.delete(wanted.id)


def export(call: Call, wanted: ExportQuery) -> Response:
    """A file to keep. Its name is ours, not the title: a title could be anything."""
    text = call.house.assistant.export(wanted.id, wanted.format, language=call.language)
    created = call.house.assistant.conversation(wanted.id).created_at[:10]
    name = f"hameau-conversation-{created}.{SUFFIX[wanted.format]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type=MEDIA[wanted.format])


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/conversations",
        "Conversations, the newest first; `q` searches their words",
        conversations,
        ConversationsQuery,
        answer=Conversations,
        tag="conversations",
    ),
    Endpoint(
        "GET",
        "/api/v1/conversations/{id}",
        "One conversation with its questions and answers",
        conversation,
        ById,
        answer=WholeConversation,
        tag="conversations",
    ),
    Endpoint(
        "PATCH",
        "/api/v1/conversations/{id}",
        "Give it another title",
        rename,
        ById,
        NewTitle,
        answer=Conversation,
        tag="conversations",
    ),
    Endpoint(
        "DELETE", "/api/v1/conversations/{id}", "Delete it for good", delete, ById, status=204, tag="conversations"
    ),
    Endpoint(
        "GET",
        "/api/v1/conversations/{id}/export",
        "A copy to keep: `format=markdown` to read, `format=json` for programs",
        export,
        ExportQuery,
        answer=str,
        media="text/markdown",
        tag="conversations",
    ),
)
