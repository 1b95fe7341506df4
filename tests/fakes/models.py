"""Generators that say what the test wrote, and an embedder that counts words. No weights, no randomness."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hameau.kit import N_, BadInput
from hameau.models import Cancel, Chunk, GenerationRequest, ModelCard, Usage, Vectors

CARD = ModelCard(
    id="fake",
    kind="chat",
    title="Fake",
    family="fake",
    parameters="0",
    quantization="",
    languages=("fr", "en"),
    license="EUPL-1.2",
    license_url="",
    size_bytes=0,
    ram_bytes=0,
    context=4096,
)

_WORDS = re.compile(r"\w+|\W")


class ScriptedGenerator:
    """Says the next line of its script at each call; ``said`` keeps what it was asked. One word a chunk."""

    def __init__(self, *script: str | Callable[[GenerationRequest], str], card: ModelCard = CARD) -> None:
        self._script = list(script)
        self._card = card
        self.said: list[GenerationRequest] = []
        self.closed = False

    @property
    def card(self) -> ModelCard:
        return self._card

    @property
    def memory_bytes(self) -> int:
        return 0

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        prompt = sum(len(_WORDS.findall(message.content)) for message in request.messages)
        if prompt > self._card.context:
            raise BadInput(N_("{count} tokens, {limit} fit"), count=prompt, limit=self._card.context)
        self.said.append(request)
        line = self._line(request)
        count = 0
        for word in _WORDS.findall(line):
            if cancel is not None and cancel.is_set():
                yield Chunk(finish="cancelled", usage=Usage(prompt, 0, count))
                return
            if count == request.max_tokens:
                yield Chunk(finish="length", usage=Usage(prompt, 0, count))
                return
            count += 1
            yield Chunk(text=word)
        yield Chunk(finish="stop", usage=Usage(prompt, 0, count))

    def _line(self, request: GenerationRequest) -> str:
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return step(request) if callable(step) else step

    def close(self) -> None:
        self.closed = True


class EchoGenerator(ScriptedGenerator):
    """Says the last message again."""

    def __init__(self, card: ModelCard = CARD) -> None:
        super().__init__(
            lambda request: request.messages[-1].content if request.messages else request.prompt, card=card
        )


class HashedEmbedder:
    """A bag of words, each hashed into one of 384 places: texts that share words are near, and nothing else is."""

    def __init__(self, name: str = "hashed", dimensions: int = 384) -> None:
        self._name = name
        self._dimensions = dimensions
        self.embedded = 0
        self.closed = False

    @property
    def id(self) -> str:
        return f"{self._name}-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return self._embed(texts)

    def close(self) -> None:
        self.closed = True

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            plain = unicodedata.normalize("NFD", text.lower())
            for word in re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))):
                vectors[row, zlib.crc32(f"{self._name}:{word}".encode()) % self._dimensions] += 1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[lengths[:, 0] == 0, 0] = 1.0
        lengths[lengths == 0] = 1.0
        return vectors / lengths
