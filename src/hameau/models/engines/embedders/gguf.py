"""An embedder in a GGUF file, run by llama.cpp as chat models are. Only ever loaded in a process of its own."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hameau.models.engines.embedders.encoder import Floats
from hameau.models.engines.embedders.plan import Plan


def load(plan: Plan, threads: int) -> Gguf:
    """The model in memory. Raises ``ValueError`` when the engine refuses it."""
    # Loaded late: native code, and the file is a stranger's.
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(plan.weights)
    params.embedding = True
    params.n_ctx = params.n_batch = params.n_ubatch = plan.longest
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup = params.fit_params = params.ui = False
    params.offline = True
    params.verbosity = 1  # errors only
    # The engine insists on an HTTP listener: a Unix socket where the process keeps its own files, and a key nobody knows.
    params.hostnames = [str(Path(tempfile.gettempdir()) / "closed.sock")]
    params.api_keys = [secrets.token_urlsafe(32)]
    params.n_threads_http = 1
    try:
        return Gguf(xllamacpp.Server(params), plan.longest)
    except RuntimeError as error:
        raise ValueError(str(error)) from error


class Gguf:
    """A :class:`~hameau.models.engines.embedders.reading.Model`. A text that is too long is cut."""

    def __init__(self, server: Any, longest: int) -> None:
        self._server, self._longest = server, longest

    def __call__(self, text: str) -> Floats:
        """The vector of one text."""
        while True:
            answer = self._server.handle_embeddings({"input": text})
            if "data" in answer:
                vector: Floats = np.array(answer["data"][0]["embedding"], np.float32)
                return vector
            if len(text) <= 1:
                raise ValueError(str(answer.get("error", answer)))
            text = text[: len(text) // 2]
