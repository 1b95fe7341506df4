"""``POST /v1/embeddings``: texts become vectors of unit length, so that a dot product is a cosine."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_, Cancelled
from hameau.models import Embedder, Vectors
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import gathered
from hameau.server.openai.asked import EmbeddingAsked
from hameau.server.openai.reading import refuse
from hameau.server.openai.told import Embeddings, EmbeddingTold, EmbeddingUsage
from hameau.server.replies import json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import model_of
from hameau.server.visitors import must

MAX_TEXTS = 2048
MAX_EMBEDDING = 32_000_000
_AT_ONCE = 32  # texts between two looks at whether somebody still waits
_BYTES_A_TOKEN = 4  # of French and English text; embedders don't say how many tokens they read


async def embed(request: Request, call: Call, _: NoParameters, body: EmbeddingAsked) -> Response:
    texts = texts_of(body)
    return json_reply(await gathered(request, lambda stop: embedded(call, body, texts, stop)))


def texts_of(body: EmbeddingAsked) -> list[str]:
    """The texts, none of them empty. Numbers of tokens are another model's."""
    given = [body.input] if isinstance(body.input, str) else body.input
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) != len(given):
        raise refuse("input", N_("Text is expected, not numbers of tokens: they mean something else to each model."))
    if not texts or not all(texts):
        raise refuse("input", N_("An empty text has no vector."))
    if len(texts) > MAX_TEXTS:
        raise refuse("input", N_("At most {most} texts can be sent at once."), most=MAX_TEXTS)
    return texts


def embedded(call: Call, body: EmbeddingAsked, texts: Sequence[str], cancel: threading.Event) -> Embeddings:
    """The whole answer. ``usage`` is an estimate: a token is about four bytes."""
    must(call.visitor, "chat")
    model = model_of(call, body.model)
    if model is None:
        raise refuse("model", N_("The library answers questions; it makes no vectors."))
    embedder = call.house.models.embedder_for(model.card.id)
    if body.dimensions is not None and body.dimensions > embedder.dimensions:
        raise refuse(
            "dimensions",
            N_("The vectors of {model} have {most} dimensions."),
            model=body.model,
            most=embedder.dimensions,
        )
    vectors = shortened(
        _vectors(embedder, texts, body.input_type in ("query", "search_query"), cancel), body.dimensions
    )
    data = [EmbeddingTold(_written(row, body.encoding_format), number) for number, row in enumerate(vectors)]
    tokens = sum(1 + len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN for text in texts)
    return Embeddings(data, body.model, EmbeddingUsage(tokens, tokens))


def _vectors(embedder: Embedder, texts: Sequence[str], query: bool, cancel: threading.Event) -> Vectors:
    make = embedder.embed_queries if query else embedder.embed_passages
    parts: list[Vectors] = []
    for start in range(0, len(texts), _AT_ONCE):
        if cancel.is_set():
            raise Cancelled
        parts.append(make(texts[start : start + _AT_ONCE]))
    return np.concatenate(parts)


def shortened(vectors: Vectors, dimensions: int | None) -> Vectors:
    """The first ``dimensions`` of each, of unit length again."""
    if dimensions is None or dimensions == vectors.shape[1]:
        return vectors
    cut = vectors[:, :dimensions]
    lengths = np.linalg.norm(cut, axis=1, keepdims=True)
    return np.asarray(cut / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def _written(row: Vectors, form: str | None) -> list[float] | str:
    """As numbers, or as base64 of little-endian 32-bit floats."""
    if form == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    numbers: list[float] = row.tolist()
    return numbers


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/embeddings",
        "Texts as vectors",
        embed,
        body=EmbeddingAsked,
        answer=Embeddings,
        live=True,
        limit=MAX_EMBEDDING,
        tag="openai",
        face="openai",
    ),
)
