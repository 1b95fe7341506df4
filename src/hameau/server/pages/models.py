"""Models: those on this machine, those that can come, those on their way."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import HameauError, NotFound, explain
from hameau.models import InstalledModel
from hameau.server.api.models import remove as remove_model
from hameau.server.api.settings import choose_model
from hameau.server.arrivals import consent_of
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.shapes import ById


def show(call: Call, visit: Visit, problem: HameauError | None = None) -> Response:
    """``?part`` brings only what changes while a model comes."""
    models = call.house.models
    installed = models.installed()
    here = {one.card.id for one in installed}
    arrivals = call.arrivals.list(call.language)
    coming = {one.model for one in arrivals if one.state == "running"}
    return page(
        call,
        visit,
        "models-state.html" if visit.part else "models.html",
        status_of(problem) if problem else 200,
        installed=installed,
        catalogue=[card for card in models.cards() if card.id not in here and card.id not in coming],
        arrivals=[one for one in arrivals if one.state != "done"],
        chosen=call.house.settings.chat_model,
        problem=explain(problem, call.language) if problem else None,
        said=visit.query.get("said", ""),
    )


def add(call: Call, visit: Visit) -> Response:
    model = visit.form.get("model", "").strip()
    agreed = visit.form.get("consent") == "yes"
    needed = consent_of(call.house.models, model)
    if needed is not None:
        must_be_near(call)  # it opens a Connection
    if needed is not None and not agreed:
        return page(call, visit, "consent.html", model=model, consent=needed)
    try:
        call.arrivals.start(call.house.models, model, consent=agreed)
    except HameauError as error:
        return show(call, Visit("/models", {}, {}, {}), error)
    return go("/models", said="coming")


def stop(call: Call, visit: Visit) -> Response:
    call.arrivals.stop(visit.ids["id"])
    return go("/models", said="stopped")


def choose(call: Call, visit: Visit) -> Response:
    choose_model(call, visit.form.get("model", ""))
    return go("/models", said="chosen")


def confirm_removal(call: Call, visit: Visit) -> Response:
    return page(call, visit, "confirm-model.html", model=_installed(call, visit.ids["id"]))


def remove(call: Call, visit: Visit) -> Response:
    remove_model(call, ById(_installed(call, visit.ids["id"]).card.id))
    return go("/models", said="removed")


def _installed(call: Call, model_id: str) -> InstalledModel:
    for one in call.house.models.installed():
        if one.card.id == model_id:
            return one
    raise NotFound
