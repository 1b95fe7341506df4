"""Is the server there, and how far is the library."""

from __future__ import annotations

from hameau import __version__
from hameau.kit import say
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import Health, InSpace, NoParameters, Status


def health(_call: Call, _: NoParameters) -> Health:
    return Health("ok", __version__)


def status(call: Call, wanted: InSpace) -> Status:
    found = call.house.library.status(wanted.space)
    models = tuple(one.card.id for one in call.house.models.installed())
    return Status(
        found.documents,
        found.passages,
        found.embedded_passages,
        found.pending,
        found.failed,
        models,
        tuple(say(notice, call.language) for notice in found.notices),
    )


ENDPOINTS = (
    Endpoint("GET", "/api/v1/health", "Is the server there?", health, answer=Health, tag="state"),
    Endpoint("GET", "/api/v1/status", "How far the library is", status, InSpace, answer=Status, tag="state"),
)
