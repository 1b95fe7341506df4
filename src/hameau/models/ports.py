"""What an inference engine must be able to do. Adapters live in ``engines/``; only ``hub`` names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.models.types import Chunk, EngineOptions, GenerationRequest, InstalledModel, ModelCard
from hameau.perimeter import Client, Connection

Vectors = NDArray[np.float32]
"""Shape ``(texts, dimensions)``, each row of unit length, so that a dot product is a cosine."""


class Border(Protocol):
    """Lets one download out, when a person allowed it. :class:`hameau.perimeter.Perimeter` is one."""

    @property
    def client(self) -> Client: ...

    def opened(self, connection: Connection) -> AbstractContextManager[Connection]:
        """Allows ``connection`` for the length of the block."""
        ...


class Cancel(Protocol):
    """Asked between tokens: has the person stopped this? ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


class Generator(Protocol):
    """A loaded chat model. ``stream`` may be called from several threads; the engine queues or batches them."""

    @property
    def card(self) -> ModelCard: ...

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """Chunks as they are produced; closing the iterator or setting ``cancel`` stops the engine.

        Raises :class:`hameau.kit.BadInput` when the prompt is longer than the context (with both numbers).
        """
        ...

    def close(self) -> None:
        """Free the memory. The generator can't be used afterwards."""
        ...


class Embedder(Protocol):
    """Turns text into vectors. ``id`` changes whenever the same text would get another vector: it is kept with the
    index."""

    @property
    def id(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...

    def close(self) -> None: ...


class MakesEmbedder(Protocol):
    """How an embedder is made; nothing is loaded before its first text."""

    def __call__(self, threads: int, wanted: str = "") -> Embedder:
        """The embedder called ``wanted``: empty for the bundled one, else one of :attr:`Engines.embedders`, or a path.

        Raises ``Missing``, ``NotFound`` or ``BadInput`` when there is no such embedder.
        """
        ...


@dataclass(frozen=True, slots=True)
class Engines:
    """The adapters that the hub hands to :class:`~hameau.models.Models`."""

    chat: Callable[[InstalledModel, EngineOptions], Generator]
    """Loads a chat model; raises ``Corrupt``, ``Missing`` or ``NotEnough``."""
    embedder: MakesEmbedder
    embedding_model: str
    """The id of its card."""
    embedding_worker: str
    """The Python module of the process that embeds in the background, with the same vectors."""
    embedders: Callable[[Path], tuple[str, ...]] = lambda _models: ("",)
    """The names of the embedders that can be made, with those in the folder of models."""
