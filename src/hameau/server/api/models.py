"""Models: on this machine, in memory, in the catalogue, on their way."""

from __future__ import annotations

from hameau.kit import N_, NotFound, Refused, say, stamp
from hameau.models import InstalledModel, LoadedModel, ModelCard
from hameau.server.arrivals import consent_of
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.licences import terms
from hameau.server.model_shapes import (
    Arrival,
    FoundNearby,
    LicenceTold,
    LoadedNow,
    Models,
    NewModel,
    OneModel,
)
from hameau.server.shapes import ById, NoParameters
from hameau.server.visitors import must


def models(call: Call, _: NoParameters) -> Models:
    house = call.house.models
    return Models(
        tuple(house.installed()),
        tuple(house.cards()),
        call.arrivals.list(call.language),
        tuple(house.unfinished()),
        tuple(told_loaded(one) for one in house.loaded()),
        house.memory(),
    )


def one(call: Call, wanted: ById) -> OneModel:
    model = installed(call, wanted.id)
    there = next((told_loaded(one) for one in call.house.models.loaded() if one.model.card.id == wanted.id), None)
    host = host_of(call, model.service) if model.service else ""
    return OneModel(model, told_licence(model.card, call.language), host, there)


def add(call: Call, _: NoParameters, body: NewModel) -> Arrival:
    may_bring(call, body.model)
    return arrival(call, ById(call.arrivals.start(call.house.models, body.model, consent=body.consent)))


def may_bring(call: Call, model: str) -> None:
    """Raises :class:`Refused` when a visitor from another machine names a place of this one, or what opens a Connection."""
    if consent_of(call.house.models, model) is not None:
        must_be_near(call)
    if not call.near and all(card.id != model for card in call.house.models.cards()):
        raise Refused(
            N_("From another machine, only models of the catalogue can be added."),
            hint=N_("Files and folders are added on the machine where Hameau runs: hameau models add FILE.gguf"),
        )


def arrival(call: Call, wanted: ById) -> Arrival:
    for one in call.arrivals.list(call.language):
        if one.id == wanted.id:
            return one
    raise NotFound(N_("No such model is on its way."), hint=N_("See the list of models."))


def pause(call: Call, wanted: ById) -> Arrival:
    call.arrivals.pause(wanted.id)
    return arrival(call, wanted)


def resume(call: Call, wanted: ById) -> Arrival:
    call.arrivals.resume(call.house.models, wanted.id)
    return arrival(call, wanted)


def stop(call: Call, wanted: ById) -> None:
    call.arrivals.stop(call.house.models, wanted.id)


def remove(call: Call, wanted: ById) -> None:
    call.house.models.remove(wanted.id)
    if call.house.settings.chat_model == wanted.id:
        call.house.change_settings(chat_model="")  # what is gone can't be the one that answers


def unload(call: Call, wanted: ById) -> None:
    call.house.models.unload(installed(call, wanted.id).card.id)


def nearby(call: Call, _: NoParameters) -> FoundNearby:
    must_be_near(call)  # it lists folders of this machine
    must(call.visitor, "admin")
    return FoundNearby(tuple(call.house.models.nearby()))


def installed(call: Call, model_id: str) -> InstalledModel:
    """The installed model of that very id. Raises ``NotFound``."""
    for one in call.house.models.installed():
        if one.card.id == model_id:
            return one
    raise NotFound(
        N_("The model {model} is not on this machine."),
        hint=N_("Add it on the page « Models » first."),
        model=model_id,
    )


def host_of(call: Call, service: str) -> str:
    """Where a service runs, with its port; its name when it was disconnected meanwhile."""
    try:
        return call.house.services.host(service)
    except NotFound:
        return service


def told_loaded(one: LoadedModel) -> LoadedNow:
    """A loaded model with its moments as RFC 3339."""
    card = one.model.card
    until = None if one.expires_at is None else stamp(one.expires_at)
    return LoadedNow(
        card.id, card.title, one.context, one.memory_bytes, stamp(one.loaded_at), until, one.running, one.waiting
    )


def told_licence(card: ModelCard, language: str) -> LicenceTold:
    """What the licence of ``card`` allows, for this reader."""
    found = terms(card.license)
    work, share, credit = say(found.work, language), say(found.share, language), say(found.credit, language)
    beware = say(found.beware, language) if found.beware else ""
    summary = say(found.summary, language)
    return LicenceTold(card.license, card.license_url, found.free, summary, work, share, credit, beware)


_ARRIVAL = "/api/v1/models/arrivals/{id}"

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/models",
        "Models here, in memory, in the catalogue, on their way",
        models,
        answer=Models,
        tag="models",
    ),
    Endpoint(
        "POST",
        "/api/v1/models",
        "Add a model in the background, from the catalogue or from a file of this machine",
        add,
        body=NewModel,
        answer=Arrival,
        status=202,
        tag="models",
    ),
    Endpoint(
        "GET",
        "/api/v1/models/nearby",
        "Models on sticks and in folders of other programs",
        nearby,
        answer=FoundNearby,
        tag="models",
    ),
    Endpoint("GET", _ARRIVAL, "How far an addition is", arrival, ById, answer=Arrival, tag="models"),
    Endpoint("DELETE", _ARRIVAL, "Stop an addition; what came is thrown away", stop, ById, status=204, tag="models"),
    Endpoint(
        "POST", _ARRIVAL + "/pause", "Pause an addition; what came is kept", pause, ById, answer=Arrival, tag="models"
    ),
    Endpoint(
        "POST",
        _ARRIVAL + "/resume",
        "Go on with an addition, or try it anew",
        resume,
        ById,
        answer=Arrival,
        tag="models",
    ),
    Endpoint(
        "POST", "/api/v1/models/{id:path}/unload", "Free a model's memory", unload, ById, status=204, tag="models"
    ),
    Endpoint(
        "GET",
        "/api/v1/models/{id:path}",
        "One model: its licence in plain words, where it runs, whether it is in memory",
        one,
        ById,
        answer=OneModel,
        tag="models",
    ),
    Endpoint("DELETE", "/api/v1/models/{id:path}", "Remove a model's file", remove, ById, status=204, tag="models"),
)
