"""A chat model in the form of Hugging Face: a folder with ``config.json``, a tokenizer and weights as safetensors.

Weights in another form (pickle: ``.bin``, ``.pt``) are refused: they are programs, and opening one runs it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hameau.kit import N_, BadInput, Corrupt
from hameau.models.inspect import slug
from hameau.models.types import ModelCard

_MAX_CONFIG = 4 << 20
_MAX_README = 1 << 16
_DEFAULT_CONTEXT = 4096
_PROGRAM_BYTES = 900_000_000  # what the library that runs such a folder needs besides the weights; measured
_SPEAKS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_WIDTH = {"bfloat16": ("BF16", 2), "float16": ("F16", 2), "float32": ("F32", 4)}

KEPT = (
    "config.json", "generation_config.json", "tokenizer*.json", "tokenizer.model", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json",
    "*.safetensors", "*.safetensors.index.json", "README.md", "LICENSE*", "NOTICE*", "preprocessor_config.json",
)  # fmt: skip
"""The files of such a folder that are of use; nothing that could be run is among them."""


def is_folder(path: Path) -> bool:
    """Whether ``path`` looks like such a folder: it has a ``config.json``."""
    return path.is_dir() and (path / "config.json").is_file()


def files_of(path: Path) -> list[Path]:
    """The files of the folder that are of use, by name."""
    return sorted({file for pattern in KEPT for file in path.glob(pattern) if file.is_file()})


def card_of_folder(path: Path, model_id: str = "") -> ModelCard:
    """A card for the folder. Raises :class:`BadInput` (no chat model, or weights that could run something) or
    :class:`Corrupt`."""
    config = _config(path)
    names = [str(each) for each in _list(config.get("architectures"))]
    if not any(name.endswith(_SPEAKS) for name in names):
        raise BadInput(
            N_("{path} is no chat model ({family})."), path=str(path), family=", ".join(names) or "config.json"
        )
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        if any(path.glob("*.bin")) or any(path.glob("*.pt*")):
            raise BadInput(
                N_("The weights in {path} are in a form that can run programs (pickle)."),
                hint=N_("Look for the same model with files that end in .safetensors, or in .gguf."),
                path=str(path),
            )
        raise BadInput(N_("There are no weights (.safetensors) in {path}."), path=str(path))
    if not any((path / name).is_file() for name in _TOKENIZERS):
        raise BadInput(N_("There is no tokenizer (tokenizer.json) in {path}."), path=str(path))
    _check_parts(path, {file.name for file in weights})
    return _card(path, config, sum(file.stat().st_size for file in weights), model_id)


def _card(path: Path, config: dict[str, Any], size: int, model_id: str) -> ModelCard:
    written = str(config.get("torch_dtype") or config.get("dtype") or "")
    quantized = config.get("quantization_config")
    form, width = ("", 0) if isinstance(quantized, dict) else _WIDTH.get(written, ("", 0))
    inner = config.get("text_config")
    positions = config.get("max_position_embeddings") or (inner or {}).get("max_position_embeddings", 0)
    trained = positions if isinstance(positions, int) and positions > 0 else _DEFAULT_CONTEXT
    count = size // width if width else 0
    return ModelCard(
        id=model_id or slug(path.name),
        kind="chat",
        title=path.name,
        family=str(config.get("model_type", ""))[:100],
        parameters="" if not count else f"{count / 1e9:.1f}B" if count >= 9.5e8 else f"{count / 1e6:.0f}M",
        quantization=form,
        languages=(),
        license=_license(path),
        license_url="",
        size_bytes=size,
        ram_bytes=size + _PROGRAM_BYTES,
        context=min(trained, _DEFAULT_CONTEXT),
    )


def _config(path: Path) -> dict[str, Any]:
    data = _json(path / "config.json")
    if not isinstance(data, dict):
        raise Corrupt(N_("{path} can't be read: {reason}"), path=str(path / "config.json"), reason="{}")
    return data


def _json(file: Path) -> Any:
    try:
        if file.stat().st_size > _MAX_CONFIG:
            raise ValueError(file.stat().st_size)
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Corrupt(N_("{path} can't be read: {reason}"), path=str(file), reason=str(error)) from error


def _check_parts(path: Path, there: set[str]) -> None:
    """All parts that the index speaks of are there."""
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return
    data = _json(index)
    parts = data.get("weight_map") if isinstance(data, dict) else None
    wanted = {str(each) for each in parts.values()} if isinstance(parts, dict) else set()
    if lacking := sorted(wanted - there):
        raise Corrupt(
            N_("A part of this model is missing: {file}"), hint=N_("Copy the whole folder again."), file=lacking[0]
        )


def _license(path: Path) -> str:
    """What the head of the README says (``license: mit``)."""
    try:
        with (path / "README.md").open(encoding="utf-8", errors="replace") as stream:
            head = stream.read(_MAX_README)
    except OSError:
        return ""
    found = re.search(r"^license:\s*[\"']?([\w.+-]{1,60})", head.partition("\n---")[0], re.MULTILINE)
    return found[1] if found else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
