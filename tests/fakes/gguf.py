"""Writes small GGUF files: headers to be read, and tiny models with random weights that an engine really runs.

Only what tests need of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: version 3, 32-bit weights.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Values = Mapping[str, object]
Tensors = Mapping[str, NDArray[np.float32]]

_ALIGNMENT = 32
_SPACE = "\u2581"  # SentencePiece writes a space so
_CONTROL, _BYTE, _UNKNOWN, _NORMAL = 3, 6, 2, 1


def gguf_bytes(values: Values, tensors: Tensors | None = None) -> bytes:
    """A whole file. Whole numbers are written as u32 (in lists as i32), fractions as f32."""
    arrays = tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(arrays), len(values))
    head += b"".join(_text(key) + _typed(value) for key, value in values.items())
    data = b""
    for name, array in arrays.items():
        data += b"\0" * (-len(data) % _ALIGNMENT)
        head += _text(name) + struct.pack("<I", array.ndim) + struct.pack(f"<{array.ndim}Q", *reversed(array.shape))
        head += struct.pack("<IQ", 0, len(data))
        data += array.astype("<f4").tobytes()
    return head + b"\0" * (-len(head) % _ALIGNMENT) + data if arrays else head


def tiny_chat_model(
    template: str, specials: tuple[str, ...], *, end: str, name: str = "Tiny", context: int = 4096
) -> bytes:
    """A one-layer llama with random weights. Each byte is one token, and each of ``specials`` is one; ``end`` ends a turn."""
    vocabulary = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), _SPACE]
    vocabulary += [special for special in specials if special not in vocabulary]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL] + [_BYTE] * 256 + [_NORMAL]
    kinds += [_CONTROL] * (len(vocabulary) - len(kinds))
    values: dict[str, object] = {
        "general.architecture": "llama",
        "general.name": name,
        "general.file_type": 0,
        "llama.context_length": context,
        "llama.embedding_length": 32,
        "llama.block_count": 1,
        "llama.feed_forward_length": 64,
        "llama.attention.head_count": 2,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": 16,
        "llama.vocab_size": len(vocabulary),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.scores": [0.0] * len(vocabulary),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": vocabulary.index(end),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": template,
    }
    return gguf_bytes(values, _weights(len(vocabulary)))


def _weights(words: int) -> dict[str, NDArray[np.float32]]:
    numbers = np.random.default_rng(7)

    def random(*shape: int) -> NDArray[np.float32]:
        return numbers.normal(0, 0.1, shape).astype(np.float32)

    ones = np.ones(32, np.float32)
    square = {f"blk.0.attn_{part}.weight": random(32, 32) for part in ("q", "k", "v", "output")}
    return {
        "token_embd.weight": random(words, 32),
        "output_norm.weight": ones,
        "output.weight": random(words, 32),
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **square,
        "blk.0.ffn_gate.weight": random(64, 32),
        "blk.0.ffn_up.weight": random(64, 32),
        "blk.0.ffn_down.weight": random(32, 64),
    }


def write(path: Path, content: bytes) -> Path:
    """``content`` at ``path``, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: object) -> bytes:
    if isinstance(value, list):
        kind = 5 if isinstance(value[0], int) else _scalar(value[0])[0]  # token types are signed, by the format
        items = b"".join(_scalar(item)[1] for item in value)
        return struct.pack("<IIQ", 9, kind, len(value)) + items
    kind, raw = _scalar(value)
    return struct.pack("<I", kind) + raw


def _scalar(value: object) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return 7, struct.pack("<B", value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    return 8, _text(str(value))
