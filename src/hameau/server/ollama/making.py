"""``POST /api/create`` and ``/api/blobs``: a model is made of another one, or of files that were sent before.

Paths of this machine are read for programs on this machine only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hameau.kit import N_, BadInput, Cancelled, NotFound, Refused, say
from hameau.models import Adapter, InstalledModel, Receiving, Recipe, read_modelfile
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import NDJSON, gathered, streamed
from hameau.server.ollama.asked import CreateAsked
from hameau.server.ollama.errors import last_line
from hameau.server.ollama.reading import message_of, name_of
from hameau.server.ollama.told import Status
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import model_of

MAX_CREATE = 8_000_000
_PIECE = 1 << 20  # bytes that are written at once
_LEFT_ASIDE = N_("Left aside: {what}. A model is spoken to by the template in its own file.")
_AFAR = N_("A file of this machine can be named only by a program that runs on it.")


class Digest(msgspec.Struct, frozen=True):
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made. Either ``base`` or ``files``."""

    recipe: Recipe
    files: Mapping[str, Path] | None = None
    left_aside: tuple[str, ...] = ()


async def create(request: Request, call: Call, _: NoParameters, body: CreateAsked) -> Response:
    """Everything is made before the first line: what goes wrong has a status."""

    def make(_: threading.Event) -> Iterator[bytes]:
        for status in made(call, body):
            yield json_bytes(status) + b"\n"

    if body.stream is False:
        return json_reply((await gathered(request, lambda _: made(call, body)))[-1])
    return await streamed(request, make, lambda error: last_line(error, call.language), NDJSON)


def made(call: Call, body: CreateAsked) -> list[Status]:
    """Makes the model; what is told of it."""
    name = name_of(body)
    if body.quantize:
        raise BadInput(
            N_("Hameau does not quantize models."),
            hint=N_("Leave quantize out, or send a quantized file."),
            param="quantize",
        )
    plan = plan_of(call, body)
    model = call.house.models.make(name, plan.recipe, files=plan.files)
    told = [Status(say(_LEFT_ASIDE, call.language, {"what": ", ".join(plan.left_aside)}))] if plan.left_aside else []
    return [*told, *_layers(model), Status("writing manifest"), Status("success")]


def _layers(model: InstalledModel) -> list[Status]:
    digest = f" sha256:{model.card.sha256}" if model.card.sha256 else ""
    return [Status(f"using existing layer{digest}")]


def plan_of(call: Call, body: CreateAsked) -> Plan:
    """What ``body`` wants made: by its fields, or by the text of a Modelfile; fields win."""
    recipe, source = Recipe(), body.from_ or ""
    aside: tuple[str, ...] = ()
    if body.path and not body.modelfile:
        raise BadInput(N_("Send the text of the Modelfile, not where it lies."), param="path")
    if body.modelfile:
        read = read_modelfile(body.modelfile)
        recipe, source, aside = read.recipe, source or read.source, read.left_aside
        recipe = replace(recipe, adapters=tuple(_local(call, each) for each in recipe.adapters))
    if body.template:
        aside = tuple(dict.fromkeys((*aside, "TEMPLATE")))
    recipe = _with_fields(call, body, recipe)
    if body.files:
        if source:
            raise BadInput(N_("A model is made of another one or of files, not of both."), param="files")
        return Plan(recipe, {name: _blob(call, digest) for name, digest in body.files.items()}, aside)
    if not source:
        raise BadInput(N_("A model is made of another one (from) or of files: neither is named."), param="from")
    if is_path(source):
        path = _near(call, source)
        return Plan(recipe, {path.name or "model": path}, aside)
    base = model_of(call, source)
    if base is None:
        raise BadInput(N_("The library can’t be given another name."), param="from")
    return Plan(replace(recipe, base=base.card.id), None, aside)


def _with_fields(call: Call, body: CreateAsked, recipe: Recipe) -> Recipe:
    license_ = "\n".join(body.license) if isinstance(body.license, list) else body.license
    messages = tuple(message_of(one) for one in body.messages or ())
    if any(one.role == "tool" or one.images or one.tool_calls for one in messages):
        raise BadInput(N_("Messages that come with a model are text by system, user or assistant."), param="messages")
    return replace(
        recipe,
        system=body.system or recipe.system,
        options={**recipe.options, **(body.parameters or {})},
        adapters=tuple(Adapter(str(_blob(call, each))) for each in (body.adapters or {}).values()) or recipe.adapters,
        messages=messages or recipe.messages,
        license=license_ or recipe.license,
    )


def is_path(source: str) -> bool:
    """Whether FROM names a file or a folder, and no model. Pure."""
    return (
        source.startswith(("/", "./", "../", "~", ".\\", "..\\")) or source.lower().endswith(".gguf") or "\\" in source
    )


def _near(call: Call, source: str) -> Path:
    if not call.near:
        raise Refused(_AFAR, hint=N_("Send the file first (/api/blobs), or do it on the machine where Hameau runs."))
    path = Path(source) if source.startswith("~") and not source.startswith("~/") else Path(source).expanduser()
    if not path.is_absolute():
        raise BadInput(N_("Name the whole path of the file: {path} begins nowhere."), path=source[:200])
    return path


def _local(call: Call, adapter: Adapter) -> Adapter:
    return replace(adapter, path=str(_near(call, adapter.path)))


def _blob(call: Call, digest: str) -> Path:
    found = call.house.models.blobs.find(digest)
    if found is None:
        raise NotFound(
            N_("The file {digest} has not been sent."),
            hint=N_("Send it first: POST /api/blobs/{digest}"),
            digest=digest[:80],
        )
    return found


def has_blob(call: Call, wanted: Digest) -> Response:
    _blob(call, wanted.digest)
    return Response()


async def receive_blob(request: Request, call: Call, wanted: Digest) -> Response:
    """Written as it comes; checked at the end."""
    announced = request.headers.get("content-length", "0")
    size = int(announced) if announced.isdigit() and len(announced) < 20 else 0
    receiving = call.house.models.blobs.receiving(wanted.digest, size)
    into = await run_in_threadpool(receiving.__enter__)
    try:
        await _pour(request, into)
    except BaseException:
        await run_in_threadpool(_left, receiving)
        raise
    await run_in_threadpool(receiving.__exit__, None, None, None)
    return Response(status_code=201)


def _left(receiving: AbstractContextManager[Receiving]) -> None:
    """Lets go of what will not come any more."""
    try:
        receiving.__exit__(Cancelled, Cancelled(), None)
    except Cancelled:
        return


async def _pour(request: Request, into: Receiving) -> None:
    waiting = bytearray()
    try:
        async for part in request.stream():
            waiting += part
            if len(waiting) >= _PIECE:
                await run_in_threadpool(into.add, bytes(waiting))
                waiting.clear()
    except ClientDisconnect as error:
        raise Cancelled from error
    await run_in_threadpool(into.add, bytes(waiting))


ENDPOINTS = (
    Endpoint(
        "POST", "/api/create", "A model is made of another one, or of files", create, body=CreateAsked, answer=Status,
        events=(("", Status),), stream=NDJSON, live=True, limit=MAX_CREATE, tag="ollama", face="ollama",
    ),
    Endpoint("HEAD", "/api/blobs/{digest}", "Whether a file was sent", has_blob, Digest, tag="ollama", face="ollama"),
    Endpoint(
        "POST", "/api/blobs/{digest}", "A file is sent", receive_blob, Digest, status=201, live=True, tag="ollama",
        face="ollama",
    ),
)  # fmt: skip
