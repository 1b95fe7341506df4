"""What an inference engine must be able to do. Adapters live in ``engines/``; only ``hub`` names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.models.types import (
    Chunk,
    EngineOptions,
    GenerationRequest,
    InstalledModel,
    ModelCard,
    RemoteModel,
    Service,
    ServiceKind,
)
from hameau.perimeter import FOREVER, Client, Connection, Policy

Vectors = NDArray[np.float32]
"""Shape ``(texts, dimensions)``, each row of unit length, so that a dot product is a cosine."""


class Border(Protocol):
    """Lets one download out, when a person allowed it. :class:`hameau.perimeter.Perimeter` is one."""

    @property
    def client(self) -> Client: ...

    def opened(self, connection: Connection) -> AbstractContextManager[Connection]:
        """Allows ``connection`` for the length of the block."""
        ...


class Doorkeeper(Protocol):
    """Lets a service be reached from now on, as a person decided. :class:`hameau.perimeter.Perimeter` is one."""

    @property
    def client(self) -> Client: ...

    def policy(self) -> Policy: ...

    def allow(
        self,
        host: str,
        port: int,
        *,
        why: str,
        who: str,
        name: str = "",
        until: float = FOREVER,
        also: tuple[str, ...] = (),
        local: bool = False,
    ) -> Connection: ...

    def revoke(self, name: str) -> Connection: ...


class Cancel(Protocol):
    """Asked between tokens: has the person stopped this? ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


class Generator(Protocol):
    """A loaded chat model. ``stream`` may be called from several threads; the engine queues or batches them."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def memory_bytes(self) -> int:
        """What it holds in memory now; 0 when it is not this machine's."""
        ...

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """Chunks as they are produced; closing the iterator or setting ``cancel`` stops the engine.

        Raises :class:`hameau.kit.BadInput` when the prompt is longer than the context (with both numbers), or for what
        this model can't do (images, a place to fill in, a schema that is none).
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


class ServiceEngine(Protocol):
    """Speaks with one :class:`~hameau.models.Service`. Every method may raise ``Refused`` (the perimeter, or the service
    and its key), ``Unavailable`` (silent, broken, not understood) or ``Cancelled``."""

    def models(self) -> tuple[RemoteModel, ...]:
        """What it has."""
        ...

    def generator(self, card: ModelCard, model: RemoteModel, context: int = 0) -> Generator:
        """A chat model of it. Asks nobody anything before the first stream. ``context`` in tokens; 0: what the card says."""
        ...

    def embedder(self, model: RemoteModel) -> Embedder:
        """An embedder of it. Asks nobody anything before the first text."""
        ...


MakesService = Callable[[Service, Client], ServiceEngine]


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
    services: Mapping[ServiceKind, MakesService] = field(default_factory=dict)
    """Who speaks which protocol of other programs that run models."""
