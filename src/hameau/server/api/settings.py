"""The few settings a page can change."""

from __future__ import annotations

from starlette.responses import Response

from hameau import __version__
from hameau.kit import N_, NotFound
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.language import remember
from hameau.server.replies import json_reply
from hameau.server.shapes import NewSettings, NoParameters, SettingsNow


def settings(call: Call, _: NoParameters) -> SettingsNow:
    return _now(call, call.language)


def _now(call: Call, language: str) -> SettingsNow:
    now = call.house.settings
    return SettingsNow(language, now.chat_model, str(now.home_path), __version__)


def change(call: Call, _: NoParameters, body: NewSettings) -> Response:
    language = call.language
    if isinstance(body.model, str):
        choose_model(call, body.model)
    if isinstance(body.language, str):
        language = body.language
    response = json_reply(_now(call, language))
    if isinstance(body.language, str):
        remember(response, language)
    return response


def choose_model(call: Call, model: str) -> None:
    """Keeps ``model`` as the one that answers; empty lets Hameau choose. It must be on this machine."""
    here = {one.card.id for one in call.house.models.installed() if one.card.kind == "chat"}
    if model and model not in here:
        raise NotFound(
            N_("The model {model} is not on this machine."),
            hint=N_("Add it on the page « Models » first."),
            model=model,
        )
    call.house.change_settings(chat_model=model)


ENDPOINTS = (
    Endpoint("GET", "/api/v1/settings", "How Hameau is set", settings, answer=SettingsNow, tag="settings"),
    Endpoint(
        "PATCH",
        "/api/v1/settings",
        "Change the language (a cookie of this reader) or the model (for everybody)",
        change,
        body=NewSettings,
        answer=SettingsNow,
        tag="settings",
    ),
)
