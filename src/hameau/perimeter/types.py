"""The nouns of the room ``perimeter``: who wants where, what a person allowed, the verdict, and what enforces it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

FOREVER = math.inf
"""``until`` of a Connection that holds until it is revoked."""


class Level(StrEnum):
    """How far Hameau may reach without a Connection."""

    CLOSED = "closed"
    """This machine only, and on it only Hameau's own programs."""
    HOME_NETWORK = "home-network"
    """Also the neighbours, hosts and ports of the home network that a person named; and it may be asked from there."""


class Act(StrEnum):
    """What an attempt wants to do."""

    CONNECT = "connect"
    LISTEN = "listen"
    RESOLVE = "resolve"
    """Ask for the address of a name: the question itself leaves the machine."""
    SEND = "send"
    """Send without a connection, or with the first packet of one (TCP Fast Open)."""
    SOCKET = "socket"
    """Make a kind of socket that could send unseen: UDP, raw, packet, MPTCP…"""


class Enforcement(StrEnum):
    """Who holds the perimeter, the strongest first."""

    SYSTEM = "system"
    """The system's own filters, set by root for Hameau's user."""
    GATE = "gate"
    """The kernel stops every system call that could leave, and a supervisor outside the tree decides."""
    HOOK = "hook"
    """Python's audit hook alone: libraries and programs that are not Python go unseen. Not proven."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a web address leads. ``host`` is a name or an address, without brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach something, or to be reached."""

    act: Act
    family: str
    """``inet``, ``inet6``, ``unix``, or the name of a kind of socket that is never allowed."""
    address: str = ""
    """An IP address, or the path of a unix socket; empty when it is not known (a name to resolve)."""
    port: int = 0
    protocol: str = "tcp"
    host: str = ""
    """The name, when it is known."""
    own: bool = False
    """Whether a program of our own tree listens there."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One outward link that a person allowed: one reason, one host, one port, until a moment. Adapters ask by its name."""

    name: str
    who: str
    """The person, or the face, that said yes."""
    why: str
    """What for, in words that the person saw."""
    host: str
    """A name or an address; ``*.example.org`` stands for every name under ``example.org``."""
    port: int
    until: float = FOREVER
    """Seconds since the epoch; not valid from then on."""
    since: float = 0.0
    also: tuple[str, ...] = ()
    """Other hosts, on the same port, that ``host`` may send us to."""
    local: bool = False
    """Whether a name may stand for an address of the local network or of this machine; without it such a name is refused."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A host and port of the home network, reachable at the level :attr:`Level.HOME_NETWORK`. Port 0: any."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Policy:
    """All that a person decided. The default allows nothing."""

    level: Level = Level.CLOSED
    neighbours: tuple[Neighbour, ...] = ()
    connections: tuple[Connection, ...] = ()

    def connection(self, name: str) -> Connection | None:
        """The Connection called ``name``, expired or not."""
        return next((each for each in self.connections if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an attempt may go on. ``reason`` is an English text id with the field ``{host}``."""

    allowed: bool
    reason: str
    connection: Connection | None = None
    leaves: bool = False
    """Whether something would leave Hameau (and so belongs in the journal even when it is allowed)."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What holds the perimeter in this process, as it was found and tried at its start."""

    level: Enforcement
    walls: tuple[str, ...] = ()
    """The mechanisms that hold, by name: ``seccomp``, ``landlock``, ``capabilities``, ``cgroup``, ``nftables``, ``hook``…"""
    since: float = 0.0
    tried: bool = False
    """Whether the self-test was run."""
    failures: tuple[str, ...] = ()
    """The probes of the self-test that were not refused, or not found in the journal."""
    lacking: str = ""
    """Why nothing better could be had, in English, for whoever keeps the machine."""

    @property
    def proven(self) -> bool:
        """Whether everything that was tried on purpose was refused and written down."""
        return self.tried and not self.failures and self.level is not Enforcement.HOOK
