"""Makes an int8 network for ONNX Runtime out of the weights of a BERT-like encoder, wherever they come from.

The network: Devlin et al. 2019, https://arxiv.org/abs/1810.04805. Weights become whole numbers of 8 bits, one scale for
each output; activations do while it runs, one scale for each text. A few channels of such an encoder are thirty times
larger than the others and would take all the room of those 8 bits, so the factors are moved into the weights beforehand
(Xiao et al. 2023, "SmoothQuant", https://arxiv.org/abs/2211.10438), as found by reading one sentence
(docs/decisions/0012-embedder.md has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.models.engines.embedders.graph import CONTRIB, Graph

Floats = NDArray[np.float32]
Factors = Mapping[tuple[int, str], Floats]
"""What the inputs of a matrix are divided by before they are rounded, by layer and input."""

INPUT, OUTPUT = "embedded", "states"

_ABOVE = 3.0  # times the median of all channels: what is larger is brought down …
_BY = 0.75  # … by this power
_LARGEST = 127.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The measures of an encoder."""

    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float


class Weights(Protocol):
    """An encoder as it lies in a file. Everything is opened when it is asked for and kept by nobody."""

    @property
    def shape(self) -> Shape: ...

    def embedded(self, tokens: list[int]) -> Floats:
        """What enters the first norm, ``(tokens, width)``."""
        ...

    def matrix(self, layer: int, name: str) -> tuple[Floats, Floats]:
        """Weights ``(outputs, inputs)`` and bias; ``query``, ``key``, ``value``, ``attention``, ``up`` or ``down``."""
        ...

    def norm(self, layer: int | None, name: str) -> tuple[Floats, Floats]:
        """Factors and offsets; ``attended`` or ``out`` of a layer, or that of the input."""
        ...


def int8_network(weights: Weights, sentence: list[int], *, signed: bool) -> bytes:
    """The network as ONNX: ``embedded`` ``(1, tokens, width)`` in, ``states`` of the same shape out.

    ``sentence`` is what the factors are found with. ``signed`` says how weights are kept: the sums are the same, and
    which is right is the processor's matter.
    """
    return _Writer(weights, factors(weights, sentence), signed).network()


def factors(weights: Weights, sentence: list[int]) -> dict[tuple[int, str], Floats]:
    """By what each channel is made smaller before it is rounded: powers of two, so that it costs no precision itself and
    comes out alike on every processor."""
    found: dict[tuple[int, str], Floats] = {}
    for layer, name, values in _run(weights, sentence):
        peaks = np.abs(values).max(axis=0)
        bound = _ABOVE * float(np.median(peaks))
        powers = np.rint(_BY * np.log2(np.maximum(peaks / max(bound, 1e-6), 1)))
        found[layer, name] = np.exp2(powers).astype(np.float32)
    return found


def _run(weights: Weights, tokens: list[int]) -> list[tuple[int, str, Floats]]:
    """One text through the encoder in float32: what enters its matrices, by layer."""
    shape, seen = weights.shape, []
    states = _normed(weights.embedded(tokens), weights.norm(None, ""), shape.epsilon)
    for layer in range(shape.layers):

        def through(values: Floats, name: str, layer: int = layer) -> Floats:
            matrix, bias = weights.matrix(layer, name)
            return values @ matrix.T + bias

        seen.append((layer, "states", states))
        query, key, value = (
            through(states, name).reshape(len(tokens), shape.heads, -1).swapaxes(0, 1)
            for name in ("query", "key", "value")
        )
        weight = query @ key.swapaxes(1, 2) / np.sqrt(np.float32(query.shape[-1]))
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        attended = (weight @ value).swapaxes(0, 1).reshape(len(tokens), shape.width)
        norm = _normed(states + through(attended, "attention"), weights.norm(layer, "attended"), shape.epsilon)
        seen.append((layer, "norm", norm))
        up = through(norm, "up")
        inner = up / (1 + np.exp(np.clip(-1.702 * up, -60, 60)))  # near enough to GELU to see which channels are large
        seen.append((layer, "inner", inner))
        states = _normed(norm + through(inner, "down"), weights.norm(layer, "out"), shape.epsilon)
    return seen


def _normed(values: Floats, norm: tuple[Floats, Floats], epsilon: float) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(epsilon))
    normed: Floats = centred / scale * norm[0] + norm[1]
    return normed


class _Writer:
    def __init__(self, weights: Weights, scales: Factors, signed: bool) -> None:
        self._weights, self._scales, self._signed = weights, scales, signed
        self._graph = Graph()

    def network(self) -> bytes:
        graph, shape = self._graph, self._weights.shape
        graph.constant("epsilon", np.array([shape.epsilon], np.float32))
        graph.constant("thirds", np.full(3, shape.width, np.int64))
        states = self._normed(graph.take(INPUT, (1, "tokens", shape.width)), None, "")
        for layer in range(shape.layers):
            states = self._layer(states, layer)
        graph.give(OUTPUT, states, (1, "tokens", shape.width))
        return graph.serialized()

    def _layer(self, states: str, layer: int) -> str:
        graph = self._graph
        all_three = self._times(states, layer, ("query", "key", "value"), "states")
        parts = graph.node("Split", [all_three, "thirds"], outputs=3, axis=-1)
        attended = graph.one("MultiHeadAttention", *parts, domain=CONTRIB, num_heads=self._weights.shape.heads)
        added = graph.one("Add", states, self._times(attended, layer, ("attention",), ""))
        norm = self._normed(added, layer, "attended")
        inner = graph.one("Gelu", self._times(norm, layer, ("up",), "norm"), domain=CONTRIB)
        return self._normed(graph.one("Add", norm, self._times(inner, layer, ("down",), "inner")), layer, "out")

    def _times(self, values: str, layer: int, names: tuple[str, ...], factor: str) -> str:
        """``values`` through the matrices ``names``, side by side as one."""
        graph, name = self._graph, f"{layer}.{names[0]}"
        opened = [self._weights.matrix(layer, each) for each in names]
        weights = np.concatenate([each[0] for each in opened])
        scale = self._scales.get((layer, factor))
        if scale is not None:
            weights = weights * scale
            values = graph.one("Mul", values, graph.constant(f"{name}.factors", 1 / scale))
        steps = np.maximum(np.abs(weights).max(axis=1) / _LARGEST, np.float32(1e-12))
        rounded = np.rint(weights / steps[:, None]).astype(np.int8)
        zero = np.zeros(len(rounded), np.int8)
        if not self._signed:
            rounded, zero = (each.view(np.uint8) ^ 0x80 for each in (rounded, zero))  # the same, 128 higher
        return graph.one(
            "DynamicQuantizeMatMul",
            values,
            graph.constant(f"{name}.weights", rounded.T),
            graph.constant(f"{name}.steps", steps),
            graph.constant(f"{name}.zero", zero),
            graph.constant(f"{name}.bias", np.concatenate([each[1] for each in opened])),
            domain=CONTRIB,
        )

    def _normed(self, values: str, layer: int | None, which: str) -> str:
        """Step by step: a tenth faster than ONNX Runtime's own norms, which take a fifth of a text."""
        graph, name = self._graph, f"{'in' if layer is None else layer}.{which}"
        factor, offset = self._weights.norm(layer, which)
        centred = graph.one("Sub", values, graph.one("ReduceMean", values, axes=(-1,)))
        spread = graph.one("ReduceMean", graph.one("Mul", centred, centred), axes=(-1,))
        scale = graph.one("Reciprocal", graph.one("Sqrt", graph.one("Add", spread, "epsilon")))
        even = graph.one("Mul", graph.one("Mul", centred, scale), graph.constant(f"{name}.factor", factor))
        return graph.one("Add", even, graph.constant(f"{name}.offset", offset))
