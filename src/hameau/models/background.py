"""Vectors in the background: an embedder in a process of its own, which stands still the moment a person waits."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence

import numpy as np

from hameau.kit import N_, Missing, Unavailable
from hameau.models.gate import Gate
from hameau.models.ports import Vectors
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

BATCH = 32
"""Passages sent at a time: more win nothing, fewer lose to the way there and back (docs/benchmarks.md)."""


class BackgroundEmbedder:
    """Embeds passages with the same model as the :class:`~hameau.models.Embedder` called ``identity``.

    While somebody holds the gate the process is stopped by the kernel, within a millisecond and in the middle of a
    passage; it goes on afterwards. One caller at a time; others wait. ``wanted`` is how the process knows the model.
    """

    def __init__(self, module: str, identity: str, dimensions: int, threads: int, gate: Gate, wanted: str = "") -> None:
        self._module = module
        self._wanted = wanted
        self._identity = identity
        self._dimensions = dimensions
        self._threads = threads
        self._gate = gate
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._worker: Worker | None = None
        self._closed = False
        self._paused = False
        self._forget = gate.listen(self._on_person)

    @property
    def id(self) -> str:
        """The id of the embedder whose vectors these are."""
        return self._identity

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return self._dimensions

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of ``texts``, in their order; takes as long as people leave the cores to it.

        Raises :class:`Unavailable` when the process died (the next call starts another) and :class:`Missing` when the
        engine is not installed.
        """
        return self._embed("passages", texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, for a model that must not run in our process; the same errors."""
        return self._embed("queries", texts)

    def close(self) -> None:
        """Ends the process; a call in progress fails with :class:`Unavailable`."""
        self._forget()
        with self._state:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.resume()
            worker.kill()

    def _embed(self, kind: str, texts: Sequence[str]) -> Vectors:
        with self._turn:
            parts = [self._batch(kind, texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self._dimensions), np.float32)

    def _batch(self, kind: str, texts: Sequence[str]) -> Vectors:
        self._gate.wait_for_quiet()
        worker = self._ready_worker()
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        try:
            worker.send(json.dumps({kind: clean}).encode())
            frame = worker.receive()
        except OSError as error:
            logger.debug("The embedding process is gone: %s", error)
            frame = None
        if frame is None or len(frame) != len(texts) * self._dimensions * 4:
            self._put_away(worker)
            raise self._gone(worker)
        return np.frombuffer(frame, "<f4").astype(np.float32).reshape(len(texts), self._dimensions)

    def _ready_worker(self) -> Worker:
        with self._state:
            self._check_open()
            if self._worker is not None:
                if self._worker.alive:
                    return self._worker
                self._worker.kill()
        worker = Worker(self._module)
        try:
            worker.send(json.dumps({"threads": self._threads, "wanted": self._wanted}).encode())
            frame = worker.receive()
        except OSError:
            frame = None
        state = json.loads(frame) if frame is not None else None
        if state is None or not state["ready"]:
            worker.kill()
            if state is None:
                raise self._gone(worker)
            raise Missing(state["message"], hint=state["hint"], **state["fields"])
        with self._state:
            self._worker = worker
            if self._paused:
                worker.pause()
            try:
                self._check_open()
            except Unavailable:
                worker.kill()
                raise
        return worker

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable(N_("The work in the background was stopped."))

    def _put_away(self, worker: Worker) -> None:
        with self._state:
            if self._worker is worker:
                self._worker = None
        worker.kill()

    def _gone(self, worker: Worker) -> Unavailable:
        if not self._closed:
            logger.error("The embedding process died: %s", worker.last_words())
        return Unavailable(
            N_("The process that reads passages in the background stopped."),
            hint=N_("It starts again by itself; search by words works meanwhile."),
        )

    def _on_person(self, busy: bool) -> None:
        """The gate's listener: quick, and called under its lock."""
        with self._state:
            self._paused = busy
            if self._worker is not None:
                if busy:
                    self._worker.pause()
                else:
                    self._worker.resume()
