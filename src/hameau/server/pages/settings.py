"""Settings, the facts about privacy, where the files are; and the switch of language."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import LANGUAGES
from hameau.server.api.settings import choose_model
from hameau.server.call import Call
from hameau.server.doors import LOOPBACK, bracketed
from hameau.server.language import remember
from hameau.server.pages.render import Visit, go, page


def show(call: Call, visit: Visit) -> Response:
    settings = call.house.settings
    return page(
        call,
        visit,
        "settings.html",
        settings=settings,
        chat_models=[one for one in call.house.models.installed() if one.card.kind == "chat"],
        alone=bracketed(settings.host) in LOOPBACK,
        said=visit.query.get("said", ""),
    )


def change(call: Call, visit: Visit) -> Response:
    choose_model(call, visit.form.get("model", ""))
    response = go("/settings", said="kept")
    if (language := visit.form.get("language", "")) in LANGUAGES:
        remember(response, language)
    return response


def switch_language(_call: Call, visit: Visit) -> Response:
    """Keeps the language and goes back where the reader was. Only to a page of ours."""
    back = visit.form.get("back", "/")
    response = go(back if back.startswith("/") and back[1:2] not in ("/", "\\") and back.isprintable() else "/")
    if (language := visit.form.get("language", "")) in LANGUAGES:
        remember(response, language)
    return response
