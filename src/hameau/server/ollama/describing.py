"""What Ollama's clients are told of a model. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from hameau.models import FileFacts, InstalledModel, LoadedModel
from hameau.server.ollama import told
from hameau.server.ollama.telling import moment
from hameau.server.speaker import LIBRARY

NEVER = "2318-01-01T00:00:00Z"
"""When a model that stays for ever is put away, for programs that expect a date; Ollama's own lies there too."""
LONG_AGO = "1970-01-01T00:00:00Z"


def displayed(model_id: str) -> str:
    """The name with its tag, as Ollama's lists have it: ``latest`` when it has none."""
    return model_id if ":" in model_id.rpartition("/")[2] else f"{model_id}:latest"


def digest_of(model: InstalledModel) -> str:
    """64 hexadecimal digits that tell this model from another: the file's own fingerprint where it is known."""
    if model.card.sha256 and not model.recipe.base:
        return model.card.sha256
    said = (model.card.id, model.card.size_bytes, model.path, model.added_at)
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()


def details_of(model: InstalledModel) -> told.Details:
    card = model.card
    form = "safetensors" if model.path and not model.path.endswith(".gguf") and not model.foreign else "gguf"
    return told.Details(
        model.recipe.base,
        form,
        card.family,
        [card.family] if card.family else [],
        card.parameters,
        card.quantization,
        context_length=card.context or UNSET,
        embedding_length=card.dimensions or UNSET,
    )


def capabilities_of(model: InstalledModel) -> list[str]:
    """In Ollama's words."""
    return ["embedding"] if model.card.kind == "embedding" else ["completion", *sorted(model.abilities)]


def listed(model: InstalledModel, host: str = "") -> told.ModelTold:
    """One line of the list. ``host`` is where it runs, when that is elsewhere."""
    name = displayed(model.card.id)
    return told.ModelTold(
        name,
        name,
        model.added_at or LONG_AGO,
        model.card.size_bytes,
        digest_of(model),
        details_of(model),
        capabilities_of(model),
        remote_host=host or UNSET,
        remote_model=model.remote_name if host else UNSET,
    )


def library_listed() -> told.ModelTold:
    """The library, as one of the models."""
    digest = hashlib.sha256(LIBRARY.encode()).hexdigest()
    return told.ModelTold(
        displayed(LIBRARY), displayed(LIBRARY), LONG_AGO, 0, digest, _library_details(), ["completion"]
    )


def _library_details() -> told.Details:
    return told.Details("", "", "hameau", ["hameau"], "", "")


def library_shown(title: str) -> told.Shown:
    """What ``show`` says of the library."""
    return told.Shown(
        f"# {title}\n", "", "", _library_details(), {"general.architecture": "hameau"}, ["completion"], LONG_AGO
    )


def loaded_told(loaded: LoadedModel) -> told.LoadedTold:
    """One model in memory. It lies in main memory: none of it on a graphics card."""
    name = displayed(loaded.model.card.id)
    ends = moment(loaded.expires_at) if loaded.expires_at is not None else NEVER
    return told.LoadedTold(
        name,
        name,
        loaded.memory_bytes,
        digest_of(loaded.model),
        details_of(loaded.model),
        ends,
        0,
        loaded.context,
    )


def shown(model: InstalledModel, facts: FileFacts | None, host: str = "") -> told.Shown:
    """Everything about a model. ``facts`` are those of its file, where it has one."""
    recipe = model.recipe
    messages = [told.MessageKept(one.role, one.content) for one in recipe.messages]
    return told.Shown(
        _modelfile(model),
        _parameters(recipe.options),
        facts.chat_template if facts else "",
        details_of(model),
        _info(model, facts),
        capabilities_of(model),
        model.added_at or LONG_AGO,
        license=recipe.license or model.card.license or UNSET,
        system=recipe.system or UNSET,
        messages=messages or UNSET,
        remote_host=host or UNSET,
        remote_model=model.remote_name if host else UNSET,
    )


def _info(model: InstalledModel, facts: FileFacts | None) -> dict[str, Any]:
    family = facts.architecture if facts else model.card.family
    info: dict[str, Any] = {
        "general.architecture": family,
        "general.basename": model.card.title,
        f"{family}.context_length": facts.trained_context if facts else model.card.context,
    }
    if facts:
        info["general.parameter_count"] = facts.weights
    if model.card.dimensions:
        info[f"{family}.embedding_length"] = model.card.dimensions
    return info


def _parameters(options: Mapping[str, object]) -> str:
    lines = []
    for name, value in options.items():
        each = value if isinstance(value, list | tuple) else [value]
        lines += [f"{name:<30} {_quoted(one)}" for one in each]
    return "\n".join(lines)


def _modelfile(model: InstalledModel) -> str:
    """A Modelfile that makes the same again, on this machine."""
    recipe = model.recipe
    lines = [f"# {model.card.title}", f"FROM {recipe.base or displayed(model.card.id)}"]
    lines += [f"ADAPTER {adapter.path}" for adapter in recipe.adapters]
    if recipe.system:
        lines.append(f'SYSTEM """{recipe.system}"""')
    for name, value in recipe.options.items():
        each = value if isinstance(value, list | tuple) else [value]
        lines += [f"PARAMETER {name} {_quoted(one)}" for one in each]
    lines += [f'MESSAGE {one.role} """{one.content}"""' for one in recipe.messages]
    if recipe.license:
        lines.append(f'LICENSE """{recipe.license}"""')
    return "\n".join(lines) + "\n"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
