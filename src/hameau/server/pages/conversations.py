"""Kept conversations: list, search, rename, delete. Reading one is the page « ask »."""

from __future__ import annotations

from starlette.responses import Response

from hameau.assistant import Answer
from hameau.kit import N_, BadInput, NotFound
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.pages.render import Visit, go, page
from hameau.server.uploads import safe_name

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


def keep(call: Call, visit: Visit) -> Response:
    """Writes one answer as a new file where a source is, because the person asked for it there and then."""
    must_be_near(call)
    conversation = call.house.assistant.conversation(visit.ids["id"])
    turn = next((one for one in call.house.assistant.turns(conversation.id) if one.id == visit.form.get("turn")), None)
    if turn is None:
        raise NotFound(N_("This answer is not there any more."))
    title = turn.question.text or conversation.title
    name = safe_name(f"{turn.asked_at[:10]} {title[:80]}.md")
    call.house.write_back(visit.form.get("source", ""), name, as_file(title, turn.answer))
    return go(f"/conversations/{conversation.id}", said="kept")


def as_file(title: str, answer: Answer) -> str:
    """An answer as Markdown, with what it rests on."""
    quotes = "".join(
        f"\n{one.number}. {one.title or one.uri}\n   > {' '.join(one.quote.split())}\n" for one in answer.citations
    )
    return f"# {' '.join(title.split())}\n\n{answer.answer.strip()}\n" + quotes
