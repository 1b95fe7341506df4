"""A machine with engines that a test holds in its hands: how much memory there is, when a load ends, when a word is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from fakes.models import CARD
from hameau.kit import HameauError, Unavailable
from hameau.models import Cancel, Chunk, EngineOptions, GenerationRequest, InstalledModel, Message, ModelCard, Usage


def model(name: str, needs: int = 100, *, weights: str = "", context: int = 4096) -> InstalledModel:
    """An installed model; those of the same ``weights`` share an engine."""
    card = replace(CARD, id=name, title=name, ram_bytes=needs, context=context)
    return InstalledModel(card, f"/models/{weights or name}.gguf", "")


def question(text: str) -> GenerationRequest:
    """What a test asks."""
    return GenerationRequest((Message("user", text),))


class HeldEngine:
    """Says the question again, word by word, each when the machine lets it."""

    def __init__(self, machine: Machine, model: InstalledModel, options: EngineOptions) -> None:
        self._machine, self._model, self.options = machine, model, options
        self.closed = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    @property
    def card(self) -> ModelCard:
        return self._model.card

    @property
    def memory_bytes(self) -> int:
        return 0 if self.closed.is_set() else self._model.card.ram_bytes

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            for word in request.messages[-1].content.split():
                while not self._machine.speaking.wait(0.01):
                    if self.closed.is_set():
                        raise Unavailable
                    if cancel is not None and cancel.is_set():
                        yield Chunk(finish="cancelled", usage=Usage())
                        return
                if self.closed.is_set():
                    raise Unavailable
                yield Chunk(text=word)
            yield Chunk(finish="stop", usage=Usage())
        finally:
            with self._lock:
                self.running -= 1

    def close(self) -> None:
        self.closed.set()


class Machine:
    """``size`` bytes of memory; ``loads`` are the names of what was loaded, in order, and ``engines`` the engines."""

    def __init__(self, size: int = 1000) -> None:
        self.size = size
        self.loads: list[str] = []
        self.engines: list[HeldEngine] = []
        self.loading = threading.Semaphore(0)
        """Released when a load begins."""
        self.may_load = threading.Event()
        self.may_load.set()
        self.speaking = threading.Event()
        self.speaking.set()
        self.broken: dict[str, HameauError | Exception] = {}

    def load(self, model: InstalledModel, options: EngineOptions) -> HeldEngine:
        self.loads.append(model.card.id)
        self.loading.release()
        self.may_load.wait()
        if problem := self.broken.get(model.card.id):
            raise problem
        assert self.free() >= model.card.ram_bytes, "more was loaded than there is room for"
        engine = HeldEngine(self, model, options)
        self.engines.append(engine)
        return engine

    def needs(self, model: InstalledModel, options: EngineOptions) -> int:
        return model.card.ram_bytes + max(0, options.context - model.card.context)

    def free(self) -> int:
        return self.size - sum(engine.memory_bytes for engine in self.engines)

    @property
    def there(self) -> set[str]:
        """The engines that are not closed."""
        return {engine.card.id for engine in self.engines if not engine.closed.is_set()}
