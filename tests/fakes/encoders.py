"""One tiny BERT with random weights, written in the three forms that people bring: safetensors, an ONNX export, GGUF."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakes.gguf import gguf_bytes
from hameau.models.engines.embedders.graph import CONTRIB, Graph

WIDTH, INNER, LAYERS, HEADS, LONGEST = 32, 64, 2, 2, 64
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("la", "salle", "ouvre", "le", "samedi", "chien", "aboie", "toute", "nuit", "quand", "?", ".", "a", "b", "mot")
VOCABULARY = (*SPECIALS, *WORDS, "##s", "##e")

Weights = dict[str, NDArray[np.float32]]


def weights() -> Weights:
    """The tensors by the names that BERT's own files give them; the same at each call."""
    numbers = np.random.default_rng(5)

    def random(*shape: int) -> NDArray[np.float32]:
        return numbers.normal(0, 0.3, shape).astype(np.float32)

    made: Weights = {}

    def norm(name: str) -> None:
        made[f"{name}.weight"], made[f"{name}.bias"] = 1 + random(WIDTH), random(WIDTH)

    made["embeddings.word_embeddings.weight"] = random(len(VOCABULARY), WIDTH)
    made["embeddings.position_embeddings.weight"] = random(LONGEST, WIDTH)
    made["embeddings.token_type_embeddings.weight"] = random(2, WIDTH)
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        root = f"encoder.layer.{layer}"
        sizes = {f"attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")}
        sizes |= {
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }
        for name, size in sizes.items():
            made[f"{root}.{name}.weight"], made[f"{root}.{name}.bias"] = random(*size), random(size[0])
        norm(f"{root}.attention.output.LayerNorm")
        norm(f"{root}.output.LayerNorm")
    return made


def safetensors_folder(folder: Path, kind: str = "F32") -> Path:
    """A folder of sentence-transformers with safetensors of the type ``kind``: F32, F16 or BF16."""
    _configs(folder)
    (folder / "model.safetensors").write_bytes(safetensors(weights(), kind))
    return folder


def safetensors(tensors: Weights, kind: str = "F32") -> bytes:
    """https://huggingface.co/docs/safetensors, "Format"."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.tobytes()
        if kind == "F16":
            raw = tensor.astype("<f2").tobytes()
        if kind == "BF16":
            raw = (tensor.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def onnx_folder(folder: Path) -> Path:
    """A folder with an export of the same network in float32."""
    _configs(folder)
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(onnx(weights()))
    return folder


def onnx(tensors: Weights) -> bytes:
    """The network as exporters write it: tokens, mask and kinds in, states out."""
    graph = Graph()
    for name, tensor in tensors.items():
        graph.constant(name, tensor.T if tensor.ndim == 2 and ".layer." in name else tensor)
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        graph.take(name, ("texts", "tokens"), "int64")

    def dense(values: str, name: str) -> str:
        return graph.one("Add", graph.one("MatMul", values, f"{name}.weight"), f"{name}.bias")

    def norm(values: str, name: str) -> str:
        return graph.one("LayerNormalization", values, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=1e-12)

    words = graph.one("Gather", "embeddings.word_embeddings.weight", "input_ids")
    kinds = graph.one("Gather", "embeddings.token_type_embeddings.weight", "token_type_ids")
    graph.constant("one", np.ones(1, np.int64))
    graph.constant("zero", np.zeros(1, np.int64))
    count = graph.one("Slice", graph.one("Shape", "input_ids"), "one", graph.constant("two", np.full(1, 2, np.int64)))
    places = graph.one("Slice", "embeddings.position_embeddings.weight", "zero", count)
    states = norm(graph.one("Add", graph.one("Add", words, kinds), places), "embeddings.LayerNorm")
    for layer in range(LAYERS):
        root = f"encoder.layer.{layer}"
        parts = [dense(states, f"{root}.attention.self.{name}") for name in ("query", "key", "value")]
        attended = graph.one("MultiHeadAttention", *parts, domain=CONTRIB, num_heads=HEADS)
        added = graph.one("Add", states, dense(attended, f"{root}.attention.output.dense"))
        middle = norm(added, f"{root}.attention.output.LayerNorm")
        inner = graph.one("Gelu", dense(middle, f"{root}.intermediate.dense"), domain=CONTRIB)
        states = norm(graph.one("Add", middle, dense(inner, f"{root}.output.dense")), f"{root}.output.LayerNorm")
    graph.give("last_hidden_state", states, ("texts", "tokens", WIDTH))
    return graph.serialized()


_GGUF_NAMES = {
    "embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}  # fmt: skip


def gguf_file(path: Path) -> Path:
    """The same network as llama.cpp's converter writes it: the start of a word is marked, not its continuation."""
    tensors: Weights = {}
    for name, tensor in weights().items():
        stem, _, part = name.rpartition(".")
        if stem.startswith("encoder.layer."):
            _, _, layer, rest = stem.split(".", 3)
            tensors[f"blk.{layer}.{_GGUF_NAMES[rest]}.{part}"] = tensor
        else:
            tensors[f"{_GGUF_NAMES[stem]}.{part}"] = tensor
    pieces = [word if word in SPECIALS else word[2:] if word[:2] == "##" else f"\u2581{word}" for word in VOCABULARY]
    values: dict[str, object] = {
        "general.architecture": "bert",
        "general.name": "Tiny",
        "general.file_type": 0,
        "bert.context_length": LONGEST,
        "bert.embedding_length": WIDTH,
        "bert.block_count": LAYERS,
        "bert.feed_forward_length": INNER,
        "bert.attention.head_count": HEADS,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": [3] * len(SPECIALS) + [1] * (len(pieces) - len(SPECIALS)),
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.unknown_token_id": 1,
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 3,
        "tokenizer.ggml.cls_token_id": 2,
        "tokenizer.ggml.seperator_token_id": 3,
        "tokenizer.ggml.mask_token_id": 4,
    }
    path.write_bytes(gguf_bytes(values, tensors))
    return path


def _configs(folder: Path) -> None:
    folder.mkdir(parents=True)
    config = {
        "model_type": "bert", "hidden_size": WIDTH, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "max_position_embeddings": LONGEST, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
    }  # fmt: skip
    pooling = {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
    modules = [{"path": "", "type": "x.models.Transformer"}, {"path": "1_Pooling", "type": "x.models.Pooling"}]
    vocabulary = {word: number for number, word in enumerate(VOCABULARY)}
    cls, sep = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    tokenizer = {
        "version": "1.0",
        "added_tokens": [
            {"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for number, word in enumerate(SPECIALS)
        ],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep],
            "pair": [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep, {"Sequence": {"id": "B", "type_id": 1}}, sep],
            "special_tokens": {name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")},
        },
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    }  # fmt: skip
    (folder / "1_Pooling").mkdir()
    for name, content in {
        "config.json": config, "1_Pooling/config.json": pooling, "modules.json": modules, "tokenizer.json": tokenizer,
    }.items():  # fmt: skip
        (folder / name).write_text(json.dumps(content), "utf-8")
