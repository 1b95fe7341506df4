"""The nouns of a proof: what is asked for, what was done, what was seen, and what follows from it.

All of it but :class:`Order` and :class:`Stage` stands in ``proof.json`` under these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Plain = str | int | float | bool

JOURNEY_FILE, CONTROL_FILE = "journey.pcap", "control.pcap"
"""The captures: of everything but the control, and of the control."""

CONTROLS = ("control before", "control after")
"""The phases in which packets are sent on purpose, by the stage itself."""
ATTEMPTS = "attempts"
"""The phase in which programs behind the border try to get out."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be proven, with what. Everything happens in ``work``; whoever orders takes it away, and the stage does when
    whoever ordered was killed."""

    work: str
    report: str
    """The folder of the coming report; taken away then too."""
    models: str
    """The folder of the model files."""
    documents: str
    """A folder or a file."""
    samples: bool
    """Whether these are the sample documents."""
    question: str
    second: str
    """A question that follows from the first."""
    words: str
    """What is searched for."""
    model: str
    """The chat model; empty: the best there is."""
    language: str
    hameau: tuple[str, ...]
    """The program and its first arguments."""
    commands: tuple[str, ...]
    """The commands that this Hameau has."""
    attempts: tuple[str, ...]
    """The program that tries to get out, behind the border."""

    @property
    def folder(self) -> Path:
        return Path(self.work)

    @property
    def home(self) -> Path:
        """The home folder of the journey."""
        return self.folder / "home"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: an English text id and its fields."""

    text: str
    fields: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the journey as it went."""

    name: str
    command: str
    """As a person would type it."""
    seconds: float
    code: int | None
    """The exit code; ``None``: it was stopped because it took too long."""
    ok: bool
    said: Said


@dataclass(frozen=True, slots=True)
class Tally:
    """The packets of one phase."""

    phase: str
    loopback: int
    outside: int
    """On any other interface."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet that was not loopback, in words."""

    phase: str
    time: float
    interface: str
    protocol: str
    source: str
    target: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Counter:
    """What the kernel counted on an interface."""

    interface: str
    received: int
    sent: int
    """Sent, dropped and failed together."""


@dataclass(frozen=True, slots=True)
class Control:
    """A packet that was sent on purpose outside the border, to see whether the capture sees."""

    phase: str
    protocol: str
    address: str
    port: int
    seen: bool


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt to get out on purpose, behind the border."""

    way: str
    """``python``, ``c``, ``child``, ``ipv6``, ``udp``, ``name``, ``unix``."""
    target: str
    port: int
    error: str
    """What the system answered; empty: it went through."""
    refused: bool
    entry: int = 0
    """The number of its entry in the journal; 0: there is none."""
    captured: bool = False
    """Whether a packet of it was seen, or for ``unix``, whether the other program was reached: no packet would show it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What held the border in the journey."""

    level: str = ""
    walls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """The journal of the journey, as it was checked afterwards."""

    ok: bool
    entries: int
    head: str
    key: str
    refused: int


@dataclass(frozen=True, slots=True)
class Stage:
    """What the stage tells at its end."""

    began: float
    ended: float
    namespace: str
    """``root`` or ``user``: who made the sealed network."""
    interfaces: tuple[str, ...]
    sham: str
    """The kind of the false way out."""
    steps: tuple[Step, ...]
    tallies: tuple[Tally, ...]
    seen: tuple[Seen, ...]
    lost: int
    counted_outside: int
    """Packets that the kernel counted on the false way out during the journey."""
    controls: tuple[Control, ...]
    tries: tuple[Try, ...]
    held: Held
    model: str
    """The model that answered; empty: none did, the best sentence was shown as it stands."""
    files: int
    """How many documents were read."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the report."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole of ``proof.json``."""

    format: str
    name: str
    """Of the folder, which carries the moment."""
    passed: bool
    reasons: tuple[Said, ...]
    """What is against it; empty when it passed."""
    observed: int
    """Packets seen during the journey, the loopback's included."""
    outside: int
    """Those of them that were not loopback."""
    stage: Stage
    journal: Chain
    samples: bool
    commands_missing: tuple[str, ...]
    """Parts of the journey that this Hameau does not have yet."""
    machine: dict[str, Plain]
    versions: dict[str, str]
    code_sha256: str
    """Of every file of the program, in the order of their names."""
    key: str
    """The public key that signed, in hexadecimal."""
    files: dict[str, File] = field(default_factory=dict)
