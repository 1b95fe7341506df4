"""``GET /v1/models``: everything that can speak or make vectors here, the library among them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hameau.models import InstalledModel
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.openai.told import ModelList, ModelTold
from hameau.server.shapes import NoParameters
from hameau.server.speaker import LIBRARY, library_title, model_of


class ByModel(msgspec.Struct, frozen=True):
    model: Annotated[str, Meta(min_length=1, max_length=256)]


def models(call: Call, _: NoParameters) -> ModelList:
    here = [_told(model) for model in call.house.models.installed()]
    return ModelList([*here, _library(call)] if call.visitor.may("read") else here)


def model(call: Call, wanted: ByModel) -> ModelTold:
    found = model_of(call, wanted.model)
    return _library(call) if found is None else _told(found)


def _told(model: InstalledModel) -> ModelTold:
    card = model.card
    return ModelTold(card.id, _seconds(model.added_at), card.kind, card.title, card.context, sorted(model.abilities))


def _library(call: Call) -> ModelTold:
    return ModelTold(LIBRARY, 0, "chat", library_title(call), 0, [])


def _seconds(moment: str) -> int:
    """ISO 8601 as seconds since the epoch; 0 for none."""
    try:
        return int(datetime.fromisoformat(moment).timestamp())
    except ValueError:
        return 0


ENDPOINTS = (
    Endpoint("GET", "/v1/models", "Every model", models, answer=ModelList, tag="openai", face="openai"),
    Endpoint(
        "GET", "/v1/models/{model:path}", "One model", model, ByModel, answer=ModelTold, tag="openai", face="openai"
    ),
)
