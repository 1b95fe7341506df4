"""Models: those on this machine, those in memory, those that can come, those on their way."""

from __future__ import annotations

import logging
from functools import partial

from starlette.responses import Response

from hameau.kit import N_, HameauError, explain, say
from hameau.models import InstalledModel
from hameau.server import words
from hameau.server.api.models import host_of, may_bring, told_licence
from hameau.server.api.models import installed as installed_model
from hameau.server.api.models import remove as remove_model
from hameau.server.api.settings import choose_model
from hameau.server.arrivals import consent_of
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.shapes import ById

log = logging.getLogger(__name__)
TEMPLATES = {"now": "models-now.html", "here": "models-here.html"}


def show(call: Call, visit: Visit, problem: HameauError | None = None) -> Response:
    """``?part`` brings only what changes while a model comes, ``?look`` looks for models on sticks."""
    models = call.house.models
    here = {one.card.id for one in models.installed()}
    arrivals = call.arrivals.list(call.language)
    coming = {one.model for one in arrivals if one.state in ("running", "paused", "failed")}
    unfinished = [one for one in models.unfinished() if one.model not in coming]
    coming |= {one.model for one in unfinished}
    may_change = call.visitor.may("admin")
    answers = _answers(call)
    return page(
        call,
        visit,
        TEMPLATES.get(visit.query.get("part", ""), "models.html"),
        status_of(problem) if problem else 200,
        installed=sorted(models.installed(), key=lambda one: (one.card.id != answers, one.card.kind != "chat")),
        catalogue=[card for card in models.cards() if card.id not in here and card.id not in coming],
        arrivals=[one for one in arrivals if one.state not in ("done", "stopped")],
        unfinished=unfinished,
        loaded=models.loaded(),
        memory=models.memory(),
        chosen=call.house.settings.chat_model,
        answers=answers,
        around=models.nearby() if visit.query.get("look") and may_change and call.near else None,
        titles={card.id: card.title for card in models.cards()},
        may_change=may_change,
        host_of=partial(host_of, call),
        licence_of=partial(told_licence, language=call.language),
        clock=partial(words.clock, language=call.language),
        leaving=partial(_leaving, language=call.language),
        problem=explain(problem, call.language) if problem else None,
        said=visit.query.get("said", ""),
    )


def add(call: Call, visit: Visit) -> Response:
    model = visit.form.get("model", "").strip()
    agreed = visit.form.get("consent") == "yes"
    may_bring(call, model)
    needed = consent_of(call.house.models, model)
    if needed is not None and not agreed:
        return page(call, visit, "consent.html", model=model, consent=needed)
    try:
        call.arrivals.start(call.house.models, model, consent=agreed)
    except HameauError as error:
        return show(call, Visit("/models", {}, {}, {}), error)
    return go("/models", said="coming")


def pause(call: Call, visit: Visit) -> Response:
    call.arrivals.pause(visit.ids["id"])
    return go("/models", said="paused")


def resume(call: Call, visit: Visit) -> Response:
    try:
        call.arrivals.resume(call.house.models, visit.ids["id"])
    except HameauError as error:
        return show(call, Visit("/models", {}, {}, {}), error)
    return go("/models", said="coming")


def stop(call: Call, visit: Visit) -> Response:
    call.arrivals.stop(call.house.models, visit.ids["id"])
    return go("/models", said="stopped")


def discard(call: Call, visit: Visit) -> Response:
    """Throws away what came of a model before Hameau was started anew."""
    call.house.models.discard(visit.form.get("model", ""))
    return go("/models", said="stopped")


def choose(call: Call, visit: Visit) -> Response:
    model = visit.form.get("model", "")
    choose_model(call, model)
    return go("/models", said="chosen" if model else "auto")


def unload(call: Call, visit: Visit) -> Response:
    call.house.models.unload(installed_model(call, visit.form.get("model", "")).card.id)
    return go("/models", said="away")


def confirm_removal(call: Call, visit: Visit) -> Response:
    model = installed_model(call, visit.ids["id"])
    return page(call, visit, "confirm-model.html", model=model, leaving=partial(_leaving, language=call.language))


def remove(call: Call, visit: Visit) -> Response:
    remove_model(call, ById(installed_model(call, visit.ids["id"]).card.id))
    return go("/models", said="removed")


def _answers(call: Call) -> str:
    """The id of the model that writes the answers now; empty when none can."""
    try:
        return call.house.models.choose("chat", call.house.settings.chat_model or None).card.id
    except HameauError as error:
        log.debug("no model writes answers: %s", error)
        return ""


def _leaving(model: InstalledModel, language: str) -> str:
    """What removing ``model`` does."""
    if model.recipe.base:
        return say(N_("Only this way of using it goes. The model whose file it uses stays."), language)
    if model.foreign:
        return say(N_("Hameau no longer uses it. Its file stays: it belongs to another program."), language)
    return say(N_("Its file is deleted from this machine. You can add it again later."), language)
