"""Small files that lie beside a model: a projector with which it sees, and adapters (LoRA). Random, for the tiny models of
:mod:`fakes.gguf`, and really run by the engine."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from fakes.gguf import gguf_bytes

_WIDTH, _PATCH, _SIDE = 16, 14, 28
PATCHES = (_SIDE // _PATCH) ** 2
"""Tokens that one picture takes."""


def tiny_projector(width: int = 32) -> bytes:
    """A vision encoder of one layer in the form of LLaVA, for a model whose vectors have ``width`` numbers."""
    values: dict[str, object] = {
        "general.architecture": "clip",
        "general.file_type": 0,
        "clip.has_vision_encoder": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": True,
        "clip.vision.image_size": _SIDE,
        "clip.vision.patch_size": _PATCH,
        "clip.vision.embedding_length": _WIDTH,
        "clip.vision.feed_forward_length": 32,
        "clip.vision.block_count": 1,
        "clip.vision.projection_dim": width,
        "clip.vision.attention.head_count": 2,
        "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.image_mean": [0.5, 0.5, 0.5],
        "clip.vision.image_std": [0.5, 0.5, 0.5],
    }
    numbers = np.random.default_rng(11)

    def random(*shape: int) -> NDArray[np.float32]:
        return numbers.normal(0, 0.4, shape).astype(np.float32)

    tensors: dict[str, NDArray[np.float32]] = {
        "v.class_embd": random(_WIDTH),
        "v.patch_embd.weight": random(_WIDTH, 3, _PATCH, _PATCH),
        "v.position_embd.weight": random(PATCHES + 1, _WIDTH),
        "v.pre_ln.weight": np.ones(_WIDTH, np.float32),
        "v.pre_ln.bias": np.zeros(_WIDTH, np.float32),
        "v.blk.0.ffn_down.weight": random(_WIDTH, 32),
        "v.blk.0.ffn_down.bias": random(_WIDTH),
        "v.blk.0.ffn_up.weight": random(32, _WIDTH),
        "v.blk.0.ffn_up.bias": random(32),
        "mm.0.weight": random(width, _WIDTH),
        "mm.0.bias": random(width),
        "mm.2.weight": random(width, width),
        "mm.2.bias": random(width),
    }
    for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
        tensors[f"v.blk.0.{part}.weight"], tensors[f"v.blk.0.{part}.bias"] = random(_WIDTH, _WIDTH), random(_WIDTH)
    for part in ("ln1", "ln2"):
        tensors[f"v.blk.0.{part}.weight"] = np.ones(_WIDTH, np.float32)
        tensors[f"v.blk.0.{part}.bias"] = np.zeros(_WIDTH, np.float32)
    return gguf_bytes(values, tensors)


def tiny_adapter(seed: int = 5, *, width: int = 32, words: int = 262, family: str = "llama") -> bytes:
    """An adapter of rank 2 that changes what a tiny model of ``words`` tokens says."""
    numbers = np.random.default_rng(seed)
    values: dict[str, object] = {
        "general.type": "adapter",
        "general.architecture": family,
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
    }
    tensors = {
        "output.weight.lora_a": numbers.normal(0, 1, (2, width)).astype(np.float32),
        "output.weight.lora_b": numbers.normal(0, 1, (words, 2)).astype(np.float32),
    }
    return gguf_bytes(values, tensors)


def png(red: int, green: int, blue: int, side: int = 20) -> bytes:
    """A picture of one colour."""
    row = b"\0" + bytes((red, green, blue)) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * side)), (b"IEND", b""))
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made
