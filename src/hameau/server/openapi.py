"""The OpenAPI 3.1 document, made from the endpoints and their types: it can't say anything else than the code does."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hameau import __version__
from hameau.server.endpoint import Endpoint
from hameau.server.errors import Failure
from hameau.server.events import SSE
from hameau.server.faces import FAILURE_SHAPES

TEMPLATE = "#/components/schemas/{name}"
UPLOAD = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["files"],
            "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
        }
    }
}


def document(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """The whole description, as plain data."""
    types: list[Any] = [_failure_shape(endpoint) for endpoint in endpoints]
    for endpoint in endpoints:
        types += [each for each in (endpoint.answer, endpoint.body) if each is not None]
        types += [shape for _, shape in endpoint.events]
    schemas, components = msgspec.json.schema_components(types, schema_hook=_anything, ref_template=TEMPLATE)
    known = [(shape, schema) for shape, schema in zip(types, schemas, strict=True)]
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(_path(endpoint), {})[endpoint.method.lower()] = _operation(endpoint, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hameau",
            "version": __version__,
            "summary": "Ask your own documents, on your own machine.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _path(endpoint: Endpoint) -> str:
    """Without Starlette's converters: ``{id:path}`` is ``{id}``."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", endpoint.path)


def _failure_shape(endpoint: Endpoint) -> Any:
    return FAILURE_SHAPES.get(endpoint.face, Failure)


def _anything(shape: type) -> dict[str, Any]:
    """``object`` is any JSON value."""
    if shape is object:
        return {"description": "Any JSON value."}
    raise NotImplementedError(shape)


def _schema(shape: Any, known: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    return next(schema for each, schema in known if each is shape)


def _operation(endpoint: Endpoint, known: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(
            r"[^a-z0-9]+", "_", f"{endpoint.method} {_path(endpoint).removeprefix('/api/v1')}".lower()
        ).strip("_"),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": {
            str(endpoint.status): _success(endpoint, known),
            **{str(status): {"description": why} for status, why in endpoint.also},
            "default": _failure(endpoint, known),
        },
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": _schema(endpoint.body, known)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.raw:
        operation["requestBody"] = {"required": True, "content": UPLOAD}
    return operation


def _success(endpoint: Endpoint, known: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": "Done."}
    content: dict[str, Any] = {endpoint.media: {"schema": _schema(endpoint.answer, known)}}
    if endpoint.media != "application/json":
        content["application/json"] = {"schema": {}}
    description = "As asked."
    if endpoint.events:
        content[endpoint.stream] = {
            "schema": _event(endpoint) if endpoint.stream == SSE else {"type": "string"},
            "x-events": {name: _schema(shape, known) for name, shape in endpoint.events},
        }
        form = "server-sent events: each event's data is one JSON value" if endpoint.stream == SSE else "one a line"
        description = f"The whole answer, or when it is streamed its pieces, {form}."
    return {"description": description, "content": content}


def _event(endpoint: Endpoint) -> dict[str, Any]:
    """One of the events (HTML standard, 9.2): readers of OpenAPI take the schema of a stream for that of each."""
    properties: dict[str, Any] = {"data": {"type": "string"}}
    if names := [name for name, _ in endpoint.events if name]:
        properties["event"] = {"enum": names}
    return {"type": "object", "required": ["data"], "properties": properties}


def _failure(endpoint: Endpoint, known: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "description": "What went wrong, in the reader's language.",
        "content": {"application/json": {"schema": _schema(_failure_shape(endpoint), known)}},
    }


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """One entry a field of the endpoint's parameters; those named in the path are path parameters."""
    (_,), components = msgspec.json.schema_components([endpoint.parameters], ref_template=TEMPLATE)
    described = components[endpoint.parameters.__name__]
    required = set(described.get("required", ()))
    in_path = set(re.findall(r"{(\w+)}", _path(endpoint)))
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or name in required,
            "schema": schema,
        }
        for name, schema in described["properties"].items()
    ]
