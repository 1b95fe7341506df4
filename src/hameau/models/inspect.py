"""What a model file is, before anything is loaded: a card from its header, or one clear sentence why it can't be
used."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_, BadInput, Corrupt, NotFound, Refused
from hameau.models.gguf import Header, read_header
from hameau.models.types import Ability, ModelCard

_DEFAULT_CONTEXT = 4096
_COMPUTE_BYTES = 300_000_000  # program, compute buffers and prompt cache of an engine with a small model; measured
_EMBEDDING_FAMILIES = frozenset(
    {
        "bert",
        "nomic-bert",
        "nomic-bert-moe",
        "jina-bert-v2",
        "jina-bert-v3",
        "modern-bert",
        "gemma-embedding",
        "t5encoder",
    }
)
_PROJECTORS = frozenset({"clip", "mmproj"})
_ATTACHMENTS = _PROJECTORS | frozenset({"wavtokenizer-dec", "whisper"})

# general.file_type (llama.h, enum llama_ftype).
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


# What models call the three places of a text with a hole, each with the name under which llama.cpp knows it too: Qwen and
# StarCoder, Granite, DeepSeek, CodeLlama, GLM, Falcon, PLaMo.
_INSERTIONS = (
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    ("<PRE>", "<SUF>", "<MID>"),
    ("▁<PRE>", "▁<SUF>", "▁<MID>"),
    ("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    ("<|prefix|>", "<|suffix|>", "<|middle|>"),
    ("<|plamo:fim_prefix|>", "<|plamo:fim_suffix|>", "<|plamo:fim_middle|>"),
)
_MARKS = frozenset(mark for insertion in _INSERTIONS for mark in insertion)
_THINKING = re.compile(r"<think>|enable_thinking|reasoning_content|<\|channel\|>|\[THINK\]")
_TOOLS = re.compile(r"\btools\b")


@dataclass(frozen=True, slots=True)
class Insertion:
    """The words with which a model's text is marked that has a hole: before it, after it, and what fills it."""

    before: str
    after: str
    here: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was read in a model file. ``trained_context`` in tokens; ``chat_template`` is empty for a base model."""

    path: str
    architecture: str
    name: str
    license: str
    languages: int
    quantization: str
    weights: int
    trained_context: int
    chat_template: str
    kv_bytes_per_token: int
    file_bytes: int
    insertion: Insertion | None = None
    """How a place to fill in is marked, for a model that learnt it."""
    width: int = 0
    """Numbers in one vector inside; what is laid over it or beside it must be of the same."""


def inspect(path: Path) -> FileFacts:
    """The facts of a complete, usable chat model at ``path``.

    Raises :class:`NotFound`, :class:`Corrupt` (not GGUF, truncated, damaged), :class:`Refused` (unreadable) or
    :class:`BadInput` (a model of another kind). Reads the header only.
    """
    header = _read(path)
    _check_kind(header)
    return _facts(path, header)


def abilities(facts: FileFacts, projector: str = "") -> frozenset[Ability]:
    """What the model can do beyond chatting. ``projector`` is its file of that kind, if there is one."""
    template = facts.chat_template
    found: dict[Ability, bool] = {
        "tools": _TOOLS.search(template) is not None,
        "vision": bool(projector),
        "insert": facts.insertion is not None,
        "thinking": _THINKING.search(template) is not None,
    }
    return frozenset(ability for ability, there in found.items() if there)


def check_projector(path: Path) -> None:
    """Raises what :func:`inspect` raises when the file at ``path`` is not one with which a model sees (``mmproj``)."""
    header = _read(path)
    if header.text("general.architecture") not in _PROJECTORS or not header.tensors:
        raise BadInput(
            N_("This file does not let a model see: it is no projector."),
            hint=N_("Look beside the model for a file whose name says “mmproj”."),
        )
    if header.values.get("clip.has_vision_encoder") is False:
        raise BadInput(N_("This projector is for sound, not for images."))


def check_adapter(path: Path, family: str = "") -> None:
    """Raises what :func:`inspect` raises when the file at ``path`` is not an adapter (LoRA), or one for another family of
    models than ``family`` (any, when it is empty)."""
    header = _read(path)
    if header.text("general.type") != "adapter" or header.text("adapter.type") != "lora" or not header.tensors:
        raise BadInput(
            N_("This file is no adapter."), hint=N_("Adapters (LoRA) are small GGUF files that are made for one model.")
        )
    made_for = header.text("general.architecture")
    if family and made_for != family:
        raise BadInput(
            N_("This adapter is made for models of the family {made_for}, and this one is of {family}."),
            made_for=made_for,
            family=family,
        )


def _read(path: Path) -> Header:
    """The header of a complete file."""
    try:
        with open(path, "rb", opener=_opened) as stream:
            told = os.fstat(stream.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise BadInput(N_("{path} is no file with a model."), path=str(path))
            header = read_header(stream, told.st_size, _MARKS)
    except (FileNotFoundError, ValueError) as error:  # a NUL in its name: no file has one
        raise NotFound(N_("There is no file {path}."), path=str(path)) from error
    except IsADirectoryError as error:
        raise BadInput(N_("{path} is a folder, not a model file."), path=str(path)) from error
    except PermissionError as error:
        raise Refused(N_("The file {path} may not be read."), hint=N_("Check who owns it."), path=str(path)) from error
    except OSError as error:
        raise Corrupt(
            N_("The file {path} can't be read: {reason}"), path=str(path), reason=error.strerror or str(error)
        ) from error
    _check_complete(header)
    return header


def _opened(path: str, flags: int) -> int:
    """Opens what may be no file at all: a pipe that nobody writes into would hold us for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def card_of(facts: FileFacts, model_id: str = "") -> ModelCard:
    """A card for a file that no catalogue knows. The context is bounded to what a modest machine can hold."""
    context = min(facts.trained_context or _DEFAULT_CONTEXT, _DEFAULT_CONTEXT)
    stem = Path(facts.path).stem
    return ModelCard(
        id=model_id or slug(stem),
        kind="chat",
        title=facts.name or stem,
        family=facts.architecture,
        parameters=_human_count(facts.weights),
        quantization=facts.quantization,
        languages=(),
        license=facts.license,
        license_url="",
        size_bytes=facts.file_bytes,
        ram_bytes=facts.file_bytes + facts.kv_bytes_per_token * context + _COMPUTE_BYTES,
        context=context,
    )


def slug(text: str) -> str:
    """``text`` as a model id: lower case, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:80] or "model"


def _check_complete(header: Header) -> None:
    if header.needed_bytes > header.file_bytes:
        raise Corrupt(
            N_("This model file is truncated: {have} of {need} bytes are there."),
            hint=N_("The copy or the download was cut short: fetch or copy it again."),
            have=header.file_bytes,
            need=header.needed_bytes,
        )


def _check_kind(header: Header) -> None:
    family = header.text("general.architecture")
    if not family or not header.tensors:
        raise Corrupt(N_("This file holds no model, only its description."))
    if header.number("split.count") > 1:
        raise BadInput(
            N_("This file is one part of a model cut into {count}."),
            hint=N_("Join the parts with the tool of llama.cpp (llama-gguf-split --merge), then add the whole file."),
            count=header.number("split.count"),
        )
    if family in _ATTACHMENTS or family in _EMBEDDING_FAMILIES or header.text("general.type") not in ("", "model"):
        raise BadInput(
            N_("This file is not a chat model ({family})."),
            hint=N_("Look for a file whose name says “instruct” or “chat”."),
            family=family,
        )


def _facts(path: Path, header: Header) -> FileFacts:
    family = header.text("general.architecture")
    heads = header.number(f"{family}.attention.head_count")
    kv_heads = header.number(f"{family}.attention.head_count_kv") or heads
    key = header.number(f"{family}.attention.key_length") or (
        header.number(f"{family}.embedding_length") // heads if heads else 0
    )
    value = header.number(f"{family}.attention.value_length") or key
    file_type = header.values.get("general.file_type")
    return FileFacts(
        path=str(path),
        architecture=family,
        name=header.text("general.name")[:200],
        license=header.text("general.license")[:100],
        languages=header.number("general.languages[]"),
        quantization=_FILE_TYPES.get(file_type, "") if isinstance(file_type, int) else "",
        weights=header.weights,
        trained_context=header.number(f"{family}.context_length"),
        chat_template=header.text("tokenizer.chat_template"),
        kv_bytes_per_token=header.number(f"{family}.block_count")
        * kv_heads
        * (key + value)
        * 2,  # 16-bit keys and values
        file_bytes=header.file_bytes,
        insertion=next((Insertion(*marks) for marks in _INSERTIONS if header.tokens.issuperset(marks)), None),
        width=header.number(f"{family}.embedding_length"),
    )


def _human_count(weights: int) -> str:
    return f"{weights / 1e9:.1f}B" if weights >= 9.5e8 else f"{weights / 1e6:.0f}M"
