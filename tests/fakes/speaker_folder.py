"""Chat models in the form of Hugging Face: a tiny Llama with random weights, and a GGUF taken back into that form."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakes.encoders import safetensors

WIDTH, INNER, LAYERS, HEADS = 32, 64, 2, 2
START, END = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny(folder: Path, *, template: str = TEMPLATE, context: int = 512, **config: object) -> Path:
    """A model that says nothing of sense: one token is one byte."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [*_byte_signs(), START, END]
    random = np.random.default_rng(7)

    def some(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "model.embed_tokens.weight": some(len(vocabulary), WIDTH),
        "model.norm.weight": np.ones(WIDTH, np.float32),
    }
    weights["lm_head.weight"] = some(len(vocabulary), WIDTH)
    for layer in range(LAYERS):
        name = f"model.layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{name}{norm}.weight"] = np.ones(WIDTH, np.float32)
        for part in "qkvo":
            weights[f"{name}self_attn.{part}_proj.weight"] = some(WIDTH, WIDTH)
        for part, shape in (("gate", (INNER, WIDTH)), ("up", (INNER, WIDTH)), ("down", (WIDTH, INNER))):
            weights[f"{name}mlp.{part}_proj.weight"] = some(*shape)
    (folder / "model.safetensors").write_bytes(safetensors(weights))
    facts = _config(WIDTH, INNER, LAYERS, HEADS, HEADS, context, len(vocabulary))
    ends = {"bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1}
    _write(folder / "config.json", facts | ends | config)
    _write(folder / "generation_config.json", ends)
    _write(folder / "tokenizer.json", _tokenizer({sign: number for number, sign in enumerate(vocabulary)}, []))
    _write_tokenizer_config(folder, template)
    return folder


def from_gguf(path: Path, folder: Path) -> Path:
    """The Llama of a GGUF file with its weights in float32, its byte pairs and its template."""
    from gguf import GGUFReader, dequantize

    folder.mkdir(parents=True, exist_ok=True)
    reader: Any = GGUFReader(path)

    def fact(name: str) -> Any:
        return reader.fields[name].contents()

    kind = fact("general.architecture")
    heads, groups = fact(f"{kind}.attention.head_count"), fact(f"{kind}.attention.head_count_kv")
    weights = {}
    for tensor in reader.tensors:
        name = _hugging_name(tensor.name)
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if name.endswith(("q_proj.weight", "k_proj.weight")):  # llama.cpp has the two halves of a turn side by side
            count = heads if "q_proj" in name else groups
            values = values.reshape(count, -1, 2, values.shape[-1]).swapaxes(1, 2).reshape(values.shape)
        weights[name] = np.ascontiguousarray(values)
    _write_weights(folder / "model.safetensors", weights)
    tokens = fact("tokenizer.ggml.tokens")
    facts = _config(
        fact(f"{kind}.embedding_length"),
        fact(f"{kind}.feed_forward_length"),
        fact(f"{kind}.block_count"),
        heads,
        groups,
        fact(f"{kind}.context_length"),
        len(tokens),
    )
    facts |= {"rope_theta": fact(f"{kind}.rope.freq_base"), "tie_word_embeddings": "lm_head.weight" not in weights}
    ends = {name: fact(f"tokenizer.ggml.{name}") for name in ("bos_token_id", "eos_token_id")}
    _write(folder / "config.json", facts | {"rms_norm_eps": fact(f"{kind}.attention.layer_norm_rms_epsilon")} | ends)
    special = [token for token, sort in zip(tokens, fact("tokenizer.ggml.token_type"), strict=True) if sort == 3]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    _write(folder / "tokenizer.json", _tokenizer(vocabulary, fact("tokenizer.ggml.merges"), special))
    _write_tokenizer_config(folder, fact("tokenizer.chat_template"))
    return folder


def _write_weights(path: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """As ``safetensors`` does, without holding it all a second time."""
    header, place = {}, 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [place, place + values.nbytes]}
        place += values.nbytes
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in weights.values():
            file.write(values.data)


def _hugging_name(name: str) -> str:
    plain = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    parts = {
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    bits = name.split(".")
    return f"model.layers.{bits[1]}.{parts[bits[2]]}.weight" if bits[0] == "blk" else f"{plain[bits[0]]}.weight"


def _config(width: int, inner: int, layers: int, heads: int, groups: int, context: int, words: int) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "max_position_embeddings": context,
        "vocab_size": words,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
    }


def _tokenizer(vocabulary: Mapping[str, int], merges: list[str], special: list[str] | None = None) -> dict[str, object]:
    """The form of the library tokenizers: byte pairs over GPT-2's signs."""
    pieces = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    marks = [START, END] if special is None else special
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": vocabulary[mark],
                "content": mark,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for mark in marks
        ],
        "pre_tokenizer": pieces,
        "decoder": pieces,
        "model": {"type": "BPE", "vocab": dict(vocabulary), "merges": [merge.split(" ") for merge in merges]},
    }


def _write_tokenizer_config(folder: Path, template: str) -> None:
    facts = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "chat_template": template}
    _write(folder / "tokenizer_config.json", facts)


def _byte_signs() -> list[str]:
    """The sign that stands for each byte in GPT-2's vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    signs = {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(rest)}
    return [signs[byte] for byte in range(256)]


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
