"""Kept conversations: list, search, rename, delete. Reading one is the page « ask »."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import N_, BadInput
from hameau.server.call import Call
from hameau.server.pages.render import Visit, go, page

MAX_TITLE = 200


def show(call: Call, visit: Visit) -> Response:
    query = visit.query.get("q", "")[:1000]
    found = call.house.assistant.conversations("home", query)
    return page(
        call,
        visit,
        "conversation-list.html" if visit.part else "conversations.html",
        conversations=found,
        query=query,
        said=visit.query.get("said", ""),
    )


def rename(call: Call, visit: Visit) -> Response:
    title = visit.form.get("title", "").strip()
    if not title or len(title) > MAX_TITLE:
        raise BadInput(
            N_("A title has between 1 and {most} characters."), hint=N_("Go back and try again."), most=MAX_TITLE
        )
    call.house.assistant.rename(visit.ids["id"], title)
    return go(f"/conversations/{visit.ids['id']}")


def confirm_deletion(call: Call, visit: Visit) -> Response:
    conversation = call.house.assistant.conversation(visit.ids["id"])
    return page(call, visit, "confirm-conversation.html", conversation=conversation)


def delete(call: Call, visit: Visit) -> Response:
    call.house.assistant.delete(visit.ids["id"])
    return go("/conversations", said="deleted")
