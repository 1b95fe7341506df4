"""A network that another tool has exported to ONNX: tokens in, states or one vector out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hameau.models.engines.embedders.encoder import Floats
from hameau.models.engines.embedders.plan import Plan
from hameau.models.engines.embedders.runtime import Network
from hameau.models.engines.embedders.tokens import tokenizer

_OUTPUTS = ("last_hidden_state", "token_embeddings", "hidden_states", "sentence_embedding")
_INPUTS = {"input_ids", "attention_mask", "token_type_ids", "position_ids"}


def load(plan: Plan, _threads: int) -> Exported:
    """The model in memory. Raises ``ValueError`` when it asks for what is not understood."""
    network = Network(plan.weights, optimized=True)
    if unknown := network.inputs - _INPUTS:
        raise ValueError(f"it asks for {', '.join(sorted(unknown))}")
    return Exported(plan, network, tokenizer(plan.path))


class Exported:
    """A :class:`~hameau.models.engines.embedders.reading.Model`. A text that is too long is cut."""

    def __init__(self, plan: Plan, network: Network, tokens: Any) -> None:
        tokens.enable_truncation(plan.longest)
        self._pooling, self._network, self._tokens = plan.pooling, network, tokens
        self._output = next((name for name in _OUTPUTS if name in network.outputs), network.outputs[0])

    def __call__(self, text: str) -> Floats:
        """The vector of one text."""
        tokens: NDArray[np.int64] = np.array([self._tokens.encode(text).ids], np.int64)
        given = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
            "position_ids": np.arange(tokens.shape[1], dtype=np.int64)[None],
        }
        found = self._network({name: given[name] for name in self._network.inputs}, self._output)[0]
        return found if found.ndim == 1 else pooled(found, self._pooling)


def pooled(states: Floats, how: str) -> Floats:
    """One vector of the states of all tokens, ``(tokens, width)``."""
    found: Floats = states.mean(axis=0) if how == "mean" else states[0] if how == "cls" else states[-1]
    return found
