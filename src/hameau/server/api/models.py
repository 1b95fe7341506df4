"""Models: on this machine, in the catalogue, on their way."""

from __future__ import annotations

from hameau.kit import N_, NotFound
from hameau.server.arrivals import consent_of
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import Arrival, ById, Models, NewModel, NoParameters


def models(call: Call, _: NoParameters) -> Models:
    house = call.house.models
    return Models(tuple(house.installed()), tuple(house.cards()), call.arrivals.list(call.language))


def add(call: Call, _: NoParameters, body: NewModel) -> Arrival:
    if consent_of(call.house.models, body.model) is not None:
        must_be_near(call)  # it opens a Connection
    return arrival(call, ById(call.arrivals.start(call.house.models, body.model, consent=body.consent)))


def arrival(call: Call, wanted: ById) -> Arrival:
    for one in call.arrivals.list(call.language):
        if one.id == wanted.id:
            return one
    raise NotFound(N_("No such model is on its way."), hint=N_("See the list of models."))


def stop(call: Call, wanted: ById) -> None:
    call.arrivals.stop(wanted.id)


def remove(call: Call, wanted: ById) -> None:
    call.house.models.remove(wanted.id)
    if call.house.settings.chat_model == wanted.id:
        call.house.change_settings(chat_model="")  # what is gone can't be the one that answers


ENDPOINTS = (
    Endpoint(
        "GET", "/api/v1/models", "Models here, in the catalogue, on their way", models, answer=Models, tag="models"
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
        "GET", "/api/v1/models/arrivals/{id}", "How far an addition is", arrival, ById, answer=Arrival, tag="models"
    ),
    Endpoint("DELETE", "/api/v1/models/arrivals/{id}", "Stop an addition", stop, ById, status=204, tag="models"),
    Endpoint("DELETE", "/api/v1/models/{id}", "Remove a model's file", remove, ById, status=204, tag="models"),
)
