"""What the rest of the house holds of a chat model: it outlives the engine behind it, which comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from hameau.kit import Cancelled
from hameau.models.gate import Gate
from hameau.models.pool import Pool, Wish
from hameau.models.ports import Cancel
from hameau.models.turns import Ticket, Turns
from hameau.models.types import Chunk, EngineOptions, GenerationRequest, InstalledModel, ModelCard, Usage


class Handle:
    """A :class:`~hameau.models.Generator`: one program's, for one answer or many. Costs nothing while it does not speak."""

    def __init__(self, pool: Pool, gate: Gate, model: InstalledModel, options: EngineOptions, wish: Wish) -> None:
        self._pool, self._gate, self._options, self._wish = pool, gate, options, wish
        self._line: tuple[Turns, Ticket] | None = None
        self.model = model

    @property
    def card(self) -> ModelCard:
        """The card of the model."""
        return self.model.card

    @property
    def memory_bytes(self) -> int:
        """What its engine holds now; 0 when it is put away."""
        weights = self.model.weights
        return next((one.memory_bytes for one in self._pool.loaded() if one.model.weights == weights), 0)

    @property
    def position(self) -> int:
        """How many answers come before the one that was asked for last; 0: it is being written, or is the next."""
        line = self._line
        return line[0].position(line[1]) if line is not None else 0

    def load(self) -> None:
        """Sees to it that the model is in memory; returns early when it has to wait for others to finish. Raises
        :class:`NotEnough`, :class:`Corrupt`, …"""
        self._pool.want(self.model, self._options, self._wish)

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """See :class:`~hameau.models.Generator`: loads what was put away, waits for its turn, and gives the turn back however
        it ends. Background work stands aside meanwhile."""
        with ExitStack() as held:
            held.enter_context(self._gate.person())
            try:
                using = self._pool.using(self.model, self._options, self._wish, cancel, self._stand)
                generator = held.enter_context(using)
            except Cancelled:
                yield Chunk(finish="cancelled", usage=Usage())
                return
            yield from generator.stream(request, cancel)

    def close(self) -> None:
        """Nothing: the engine stays for others, and goes by the rules of the pool."""

    def _stand(self, turns: Turns, ticket: Ticket) -> None:
        self._line = (turns, ticket)
