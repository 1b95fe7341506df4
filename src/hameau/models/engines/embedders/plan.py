"""What an embedder that a person brought says of itself, before it is loaded.

It is a folder with ``config.json`` and ``tokenizer.json`` beside an ONNX export or safetensors, as the tools of that world
write it, or one GGUF file. What the model expects (prefixes, how tokens become one vector) is read from its own files. A
``hameau.toml`` in the folder overrules them: ``query_prefix``, ``passage_prefix``, ``pooling`` (``mean``, ``cls``, ``last``).
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hameau.kit import N_, BadInput, NotFound
from hameau.models.engines.embedders.reading import Facts
from hameau.models.gguf import read_header

OVERRIDES = "hameau.toml"
POOLINGS = ("mean", "cls", "last")

_READ = 1 << 20  # bytes of the weights that tell one model from another, besides their number
_CONFIGS = (
    "config.json", "tokenizer.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
    OVERRIDES,
)  # fmt: skip
_PREPARATION = 1  # rises when texts are prepared another way, because the same text then gets another vector
_BGE_QUERY = "Represent this sentence for searching relevant passages: "  # its model card; English models only


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a model before its weights are opened."""

    path: Path
    weights: Path
    facts: Facts
    pooling: str
    longest: int
    config: Mapping[str, Any]


def plan(path: Path) -> Plan:
    """Everything that the files say. Nothing is loaded.

    Raises :class:`NotFound`, :class:`BadInput` (with what is missing or not understood) or :class:`Corrupt`.
    """
    try:
        if not path.exists():
            raise NotFound(N_("There is no embedding model at {path}."), path=str(path))
        weights = _weights(path)
        read = _read_gguf if weights.suffix == ".gguf" else _read_configs
        return read(path, weights)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(
            N_("{path} is not a usable embedding model: {reason}"), path=str(path), reason=str(error)
        ) from error


def _weights(path: Path) -> Path:
    if path.is_file():
        if path.suffix != ".gguf":
            raise ValueError("a folder or a .gguf file is needed")
        return path
    for pattern in ("onnx/model.onnx", "model.onnx", "model.safetensors", "onnx/*.onnx", "*.onnx", "*.gguf"):
        if found := sorted(path.glob(pattern)):
            return found[0]
    raise ValueError("there is no .onnx, .safetensors or .gguf file in it")


def _read_gguf(path: Path, weights: Path) -> Plan:
    with weights.open("rb") as stream:
        header = read_header(stream, os.fstat(stream.fileno()).st_size)
    family = header.text("general.architecture")
    width = header.number(f"{family}.embedding_length")
    if not width or f"{family}.pooling_type" not in header.values:
        raise ValueError("it does not say how its tokens become one vector (pooling_type)")
    longest = header.number(f"{family}.context_length") or 512
    name = header.text("general.name") or weights.stem
    overrides = _overrides(path)
    queries, passages = _prefixes(name, {}, overrides)
    digest = _digest([path / OVERRIDES] if path.is_dir() else [], weights)
    known = Facts(f"{_slug(weights.stem)}-{digest}.{_PREPARATION}", width, queries, passages)
    return Plan(path, weights, known, "", longest, {})


def _read_configs(path: Path, weights: Path) -> Plan:
    if not (path / "tokenizer.json").is_file():
        raise ValueError("tokenizer.json is missing")
    config = _json(path / "config.json", needed=True)
    width = config.get("hidden_size") or config.get("dim") or config.get("d_model")
    if not isinstance(width, int):
        raise ValueError("config.json does not say hidden_size")
    overrides = _overrides(path)
    pooling = str(overrides.get("pooling") or _pooling(path))
    if pooling not in POOLINGS:
        raise ValueError(f"pooling {pooling} is not understood")
    positions = int(config.get("max_position_embeddings", 512))
    if config.get("model_type") in ("roberta", "xlm-roberta", "camembert"):  # their first place is behind the padding's
        positions -= int(config.get("pad_token_id") or 0) + 1
    longest = int(_json(path / "sentence_bert_config.json").get("max_seq_length") or positions)
    name = str(config.get("_name_or_path") or "") + " " + path.name
    prompts = _json(path / "config_sentence_transformers.json").get("prompts") or {}
    queries, passages = _prefixes(name, prompts, overrides)
    digest = _digest([path / each for each in _CONFIGS], weights)
    known = Facts(f"{_slug(path.name)}-{weights.suffix[1:]}-{digest}.{_PREPARATION}", width, queries, passages)
    return Plan(path, weights, known, pooling, min(longest, positions), config)


def _pooling(path: Path) -> str:
    """As the folder of sentence-transformers says it (modules.json and the files it names); ``mean`` when it says
    nothing."""
    modules = json.loads((path / "modules.json").read_text("utf-8")) if (path / "modules.json").is_file() else []
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind == "Pooling":
            said = _json(path / str(module["path"]) / "config.json")
            chosen = [key for key, value in said.items() if key.startswith("pooling_mode_") and value is True]
            names = {
                "pooling_mode_cls_token": "cls",
                "pooling_mode_mean_tokens": "mean",
                "pooling_mode_lasttoken": "last",
            }
            if len(chosen) != 1 or chosen[0] not in names:
                raise ValueError(f"pooling {', '.join(chosen)} is not understood")
            return names[chosen[0]]
        if kind not in ("Transformer", "Normalize"):
            raise ValueError(f"it has a part that is not understood: {kind}")
    return "mean"


def _prefixes(name: str, prompts: Mapping[str, str], overrides: Mapping[str, Any]) -> tuple[str, str]:
    """What stands before a question and before a passage: said by a person, by the model, or known of its family."""
    words = name.lower().replace("_", "-")
    query = passage = ""
    if "e5" in words.replace("/", "-").split("-") and "instruct" not in words:
        query, passage = "query: ", "passage: "
    elif "bge-" in words and "-en" in words:
        query = _BGE_QUERY
    query = next((prompts[key] for key in ("query", "search_query") if key in prompts), query)
    passage = next((prompts[key] for key in ("passage", "document", "search_document") if key in prompts), passage)
    return str(overrides.get("query_prefix", query)), str(overrides.get("passage_prefix", passage))


def _overrides(path: Path) -> dict[str, Any]:
    file = path / OVERRIDES
    return tomllib.loads(file.read_text("utf-8")) if path.is_dir() and file.is_file() else {}


def _json(path: Path, *, needed: bool = False) -> dict[str, Any]:
    if not needed and not path.is_file():
        return {}
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is not an object")
    return found


def _digest(configs: list[Path], weights: Path) -> str:
    digest = hashlib.sha256()
    for config in configs:
        if config.is_file():
            digest.update(config.name.encode() + config.read_bytes())
    with weights.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        digest.update(stream.read(_READ) + str(size).encode())
        stream.seek(max(0, size - _READ))
        digest.update(stream.read(_READ))
    return digest.hexdigest()[:8]


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")[:64] or "model"
