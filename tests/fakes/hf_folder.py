"""Writes the outside of a chat model in the form of Hugging Face: it can be recognised, not run."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np


def write(folder: Path, **config: object) -> Path:
    """The folder, made. ``config`` goes over its ``config.json``."""
    folder.mkdir(parents=True)
    facts = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "bfloat16",
        "max_position_embeddings": 2048,
    }
    (folder / "config.json").write_text(json.dumps(facts | config), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n", encoding="utf-8")
    (folder / "modeling_evil.py").write_text("raise SystemExit", encoding="utf-8")
    weights = np.zeros(64, np.float32).tobytes()
    head = json.dumps({"x": {"dtype": "F32", "shape": [64], "data_offsets": [0, len(weights)]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + weights)
    return folder
