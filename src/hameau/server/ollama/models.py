"""``/api/tags``, ``show``, ``ps``, ``version``, ``copy``, ``delete``: which models there are, and what becomes of them."""

from __future__ import annotations

from starlette.responses import Response

from hameau import __version__
from hameau.kit import HameauError, NotFound
from hameau.models import FileFacts, InstalledModel
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.ollama import told
from hameau.server.ollama.asked import CopyAsked, Named, ShowAsked
from hameau.server.ollama.describing import library_listed, library_shown, listed, loaded_told, shown
from hameau.server.ollama.reading import name_of
from hameau.server.shapes import NoParameters
from hameau.server.speaker import is_library, library_title, model_of

PROTOCOL = "0.20.0"
"""The version of Ollama whose protocol this is: programs ask for it before they use what is newer."""


def version(_: Call, __: NoParameters) -> told.Version:
    return told.Version(PROTOCOL, __version__)


def tags(call: Call, _: NoParameters) -> told.ModelList:
    here = [listed(model, _host(call, model)) for model in call.house.models.installed()]
    return told.ModelList([*here, library_listed()] if call.visitor.may("read") else here)


def ps(call: Call, _: NoParameters) -> told.LoadedList:
    return told.LoadedList([loaded_told(one) for one in call.house.models.loaded()])


def show(call: Call, _: NoParameters, body: ShowAsked) -> told.Shown:
    model = model_of(call, name_of(body))
    if model is None:
        return library_shown(library_title(call))
    return shown(model, _facts(call, model), _host(call, model))


def copy(call: Call, _: NoParameters, body: CopyAsked) -> Response:
    source = model_of(call, body.source)
    call.house.models.copy(source.card.id if source else body.source, body.destination)
    return Response()


def delete(call: Call, _: NoParameters, body: Named) -> Response:
    name = name_of(body)
    model = None if is_library(name) else call.house.models.resolve(name)
    call.house.models.remove(model.card.id if model else name)
    return Response()


def _facts(call: Call, model: InstalledModel) -> FileFacts | None:
    try:
        return call.house.models.facts(model.card.id) if model.path and not model.service else None
    except HameauError:  # a folder, or a file that can't be read now: the card says enough
        return None


def _host(call: Call, model: InstalledModel) -> str:
    try:
        return call.house.services.host(model.service) if model.service else ""
    except NotFound:  # it was disconnected meanwhile
        return model.service


ENDPOINTS = (
    Endpoint("GET", "/api/version", "The version", version, answer=told.Version, tag="ollama", face="ollama"),
    Endpoint("GET", "/api/tags", "Every model", tags, answer=told.ModelList, tag="ollama", face="ollama"),
    Endpoint("GET", "/api/ps", "The models in memory", ps, answer=told.LoadedList, tag="ollama", face="ollama"),
    Endpoint(
        "POST", "/api/show", "Everything about a model", show, body=ShowAsked, answer=told.Shown, tag="ollama",
        face="ollama",
    ),
    Endpoint("POST", "/api/copy", "Another name for a model", copy, body=CopyAsked, tag="ollama", face="ollama"),
    Endpoint("DELETE", "/api/delete", "A model is removed", delete, body=Named, tag="ollama", face="ollama"),
)  # fmt: skip
