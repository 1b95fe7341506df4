"""``POST /api/embed`` and ``POST /api/embeddings``: texts become vectors of unit length."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_, BadInput, Cancelled
from hameau.models import Vectors
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import gathered
from hameau.server.ollama.asked import EmbedAsked, EmbeddingsAsked
from hameau.server.ollama.reading import name_of, seconds_of
from hameau.server.ollama.told import Embedded, EmbeddedOne
from hameau.server.replies import json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import model_of

MAX_EMBED = 32_000_000
_AT_ONCE = 32  # texts between two looks at whether somebody still waits
_BYTES_A_TOKEN = 4  # of French and English text; embedders don't say how many tokens they read


async def embed(request: Request, call: Call, _: NoParameters, body: EmbedAsked) -> Response:
    """Texts that are too long are cut, as Ollama does unless ``truncate`` is false."""
    texts = [body.input] if isinstance(body.input, str) else body.input or []
    name = name_of(body)
    seconds_of(body.keep_alive)

    def work(stop: threading.Event) -> Embedded:
        began = time.monotonic_ns()
        query = body.input_type in ("query", "search_query")
        vectors = _vectors(call, name, texts, query, body.dimensions or 0, stop)
        took = time.monotonic_ns() - began
        return Embedded(name, [row.tolist() for row in vectors], took, 0, tokens_of(texts))

    return json_reply(await gathered(request, work))


async def embeddings(request: Request, call: Call, _: NoParameters, body: EmbeddingsAsked) -> Response:
    name = name_of(body)
    seconds_of(body.keep_alive)

    def work(stop: threading.Event) -> EmbeddedOne:
        vectors = _vectors(call, name, [body.prompt] if body.prompt else [], False, 0, stop)
        return EmbeddedOne([float(value) for value in vectors[0]] if len(vectors) else [])

    return json_reply(await gathered(request, work))


def tokens_of(texts: Sequence[str]) -> int:
    """An estimate."""
    return sum(1 + len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN for text in texts)


def _vectors(
    call: Call, name: str, texts: Sequence[str], query: bool, dimensions: int, cancel: threading.Event
) -> Vectors:
    model = model_of(call, name)
    if model is None:
        raise BadInput(N_("The library answers questions; it makes no vectors."))
    embedder = call.house.models.embedder_for(model.card.id)
    if dimensions > embedder.dimensions:
        raise BadInput(
            N_("The vectors of {model} have {most} dimensions."),
            param="dimensions",
            model=name,
            most=embedder.dimensions,
        )
    make = embedder.embed_queries if query else embedder.embed_passages
    parts: list[Vectors] = [np.zeros((0, embedder.dimensions), np.float32)]
    for start in range(0, len(texts), _AT_ONCE):
        if cancel.is_set():
            raise Cancelled
        parts.append(make(texts[start : start + _AT_ONCE]))
    found = np.concatenate(parts)
    return shortened(found, dimensions) if dimensions and len(found) else found


def shortened(vectors: Vectors, dimensions: int) -> Vectors:
    """The first ``dimensions`` of each, of unit length again."""
    cut = vectors[:, :dimensions]
    lengths = np.linalg.norm(cut, axis=1, keepdims=True)
    lengths[lengths == 0] = 1.0
    found: Vectors = cut / lengths
    return found


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/embed",
        "Texts become vectors",
        embed,
        body=EmbedAsked,
        answer=Embedded,
        live=True,
        limit=MAX_EMBED,
        tag="ollama",
        face="ollama",
    ),
    Endpoint(
        "POST",
        "/api/embeddings",
        "One text becomes a vector",
        embeddings,
        body=EmbeddingsAsked,
        answer=EmbeddedOne,
        live=True,
        limit=MAX_EMBED,
        tag="ollama",
        face="ollama",
    ),
)
