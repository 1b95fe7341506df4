"""Weights of the BERT family in a file of safetensors (https://huggingface.co/docs/safetensors, "Format"): eight bytes, a
header in JSON, then the tensors. Made into an int8 network as the bundled embedder is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hameau.models.engines.embedders.encoder import Floats, Shape
from hameau.models.engines.embedders.plan import Plan
from hameau.models.engines.embedders.tokens import tokenizer
from hameau.models.engines.embedders.windows import WindowedEncoder

_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LARGEST_HEADER = 100_000_000  # the format's own limit
_FAMILIES = ("bert", "roberta", "xlm-roberta", "camembert")
_MATRICES = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "attention": "attention.output.dense", "up": "intermediate.dense", "down": "output.dense",
}  # fmt: skip
_NORMS = {"attended": "attention.output.LayerNorm", "out": "output.LayerNorm"}
_SENTENCE = "Le conseil se réunit le lundi 14 mars 2022 à 20 h. The committee (12 members) met: 1,234.50 €!"


def load(plan: Plan, _threads: int) -> WindowedEncoder:
    """The model in memory. Raises ``ValueError`` for another kind of network than BERT's."""
    weights = Tensors(plan.weights, plan.config)
    tokens = tokenizer(plan.path)
    ends = tokens.encode("").ids
    if len(ends) != 2:
        raise ValueError("its texts do not begin and end with one mark each")

    def pieces(text: str) -> list[int]:
        found: list[int] = tokens.encode(text, add_special_tokens=False).ids
        return found

    return WindowedEncoder(weights, pieces, (ends[0], ends[1]), plan.longest, _SENTENCE, plan.pooling)


class Tensors:
    """The :class:`~hameau.models.engines.embedders.encoder.Weights` in the file at ``path``, mapped."""

    def __init__(self, path: Path, config: Any) -> None:
        if config.get("model_type") not in _FAMILIES or config.get("hidden_act", "gelu") != "gelu":
            raise ValueError(f"a network of the kind {config.get('model_type')} must be exported to ONNX first")
        if config.get("position_embedding_type", "absolute") != "absolute":
            raise ValueError("its positions are of a kind that is not understood")
        self._bytes = np.memmap(path, np.uint8, "r")
        length = int.from_bytes(self._bytes[:8].tobytes(), "little")
        if not 2 <= length <= min(_LARGEST_HEADER, len(self._bytes) - 8):
            raise ValueError("the weights are damaged or cut short")
        self._start = 8 + length
        self._header = json.loads(self._bytes[8 : self._start].tobytes())
        self._root = next(
            (root for root in ("", "bert.", "roberta.") if f"{root}embeddings.word_embeddings.weight" in self._header),
            None,
        )
        if self._root is None:
            raise ValueError("the weights have other names than BERT's")
        self.shape = Shape(
            config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"],
            config["intermediate_size"], config.get("layer_norm_eps", 1e-12),
        )  # fmt: skip
        offset = 0 if config["model_type"] == "bert" else int(config.get("pad_token_id") or 0) + 1
        self._places = self._opened("embeddings.position_embeddings.weight")[offset:]
        if f"{self._root}embeddings.token_type_embeddings.weight" in self._header:
            self._places = self._places + self._opened("embeddings.token_type_embeddings.weight")[0]
        self._words = self._stored("embeddings.word_embeddings.weight")

    def embedded(self, tokens: list[int]) -> Floats:
        """See :class:`~hameau.models.engines.embedders.encoder.Weights`."""
        return _floats(self._words[tokens]) + self._places[: len(tokens)]

    def matrix(self, layer: int, name: str) -> tuple[Floats, Floats]:
        """See :class:`~hameau.models.engines.embedders.encoder.Weights`."""
        return self._pair(f"encoder.layer.{layer}.{_MATRICES[name]}")

    def norm(self, layer: int | None, name: str) -> tuple[Floats, Floats]:
        """See :class:`~hameau.models.engines.embedders.encoder.Weights`."""
        return self._pair("embeddings.LayerNorm" if layer is None else f"encoder.layer.{layer}.{_NORMS[name]}")

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        return self._opened(f"{name}.weight"), self._opened(f"{name}.bias")

    def _opened(self, name: str) -> Floats:
        return _floats(self._stored(name))

    def _stored(self, name: str) -> NDArray[Any]:
        facts = self._header.get(f"{self._root}{name}")
        if facts is None or facts["dtype"] not in _TYPES:
            raise ValueError(f"{name} is missing or of a type that is not understood")
        start, end = facts["data_offsets"]
        kind = np.dtype(_TYPES[facts["dtype"]])
        count = int(np.prod(facts["shape"]))
        if end - start != count * kind.itemsize or self._start + end > len(self._bytes) or start < 0:
            raise ValueError("the weights are damaged or cut short")
        return np.frombuffer(self._bytes, kind, count, self._start + start).reshape(facts["shape"])


def _floats(values: NDArray[Any]) -> Floats:
    """As float32; bfloat16, which comes as whole numbers, is the upper half of one."""
    if values.dtype.kind == "u":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)
