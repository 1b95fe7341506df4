"""The nouns of the journal: an entry and its kind, what a check found, and what the head says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Fact = str | int | float | bool
"""What an entry may hold beside its number, time, kind and person. Never the text of a question or of a document."""


class Kind(StrEnum):
    """What happened. In brackets: the facts that its sentence knows (see ``words.py``)."""

    STARTED = "started"
    """Hameau began (level, walls)."""
    STOPPED = "stopped"
    SELF_TEST = "self-test"
    """Ways out were tried on purpose (level, failures: empty when all was refused and written)."""
    REFUSED = "refused"
    """An attempt to leave or to be reached (act, program, pid, host, address, port, protocol, why)."""
    ALLOWED = "allowed"
    """The same, allowed (… connection, leaves)."""
    ENDED = "ended"
    """An outward connection is over (host, address, port, connection, sent, received)."""
    REPEATED = "repeated"
    """A refusal that came again and again (act, program, host, address, port, times, first, many)."""
    CONNECTION_ALLOWED = "connection-allowed"
    """A person opened a way out (connection, who, why, host, port, also, until)."""
    CONNECTION_REVOKED = "connection-revoked"
    """(connection, host, port)"""
    LEVEL_CHANGED = "level-changed"
    """(level, neighbours)"""
    SOURCE_ADDED = "source-added"
    """(source)"""
    SOURCE_REMOVED = "source-removed"
    """(source)"""
    INDEXED = "indexed"
    """(source, documents, failed)"""
    EXPORTED = "exported"
    """(what)"""
    DELETED = "deleted"
    """(what)"""
    MODEL_ADDED = "model-added"
    """(model)"""
    MODEL_REMOVED = "model-removed"
    """(model)"""
    MODEL_CHOSEN = "model-chosen"
    """(model)"""
    SETTING_CHANGED = "setting-changed"
    """(setting)"""
    KEY_MADE = "key-made"
    """A program may come in from now on (key, scopes, until)."""
    KEY_USED = "key-used"
    """A key was used for the first time (key)."""
    KEY_REVOKED = "key-revoked"
    """(key)"""
    KEY_REFUSED = "key-refused"
    """Somebody came with what is no key, or no more (address, why)."""
    ASKED = "asked"
    """(task, model, mark)"""
    RECOVERED = "recovered"
    """The journal was not as it had been left (reason, bytes, file, sha256, missing, expected, head)."""
    BACKED_UP = "backed-up"
    """(backup)"""
    RESTORED = "restored"
    """(backup)"""
    LOCK_CHANGED = "lock-changed"
    """What opens the encrypted home, or whether it is encrypted (what)."""
    REPAIRED = "repaired"
    """(what)"""
    FORGOTTEN = "forgotten"
    """A document or a source was forgotten (what, mark, lines: the numbers of the entries that were erased with it)."""
    ERASED = "erased"
    """Stands in the place of an entry whose facts were erased (was, hash). Never recorded by itself."""
    EXPORTED_JOURNAL = "exported-journal"
    """(file, entries, head, sha256)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    number: int
    time: float
    """Seconds since the epoch, by the clock of this machine."""
    kind: Kind | str
    """A plain text when a newer Hameau wrote a kind that this one does not know."""
    by: str
    """Who, when it is known: ``command``, ``page``, ``api``, ``key NAME``."""
    facts: Mapping[str, Fact]
    hash: str
    """SHA-256 of the whole line, in hexadecimal; the next entry holds it as ``prev``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written, and where."""

    segment: str
    """The name of the file."""
    line: int
    """From 1; 0 when it is about the whole file."""
    number: int
    """Of the entry that stands, or should stand there; 0 when there is none."""
    what: str
    """An English text id."""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the whole journal found."""

    ok: bool
    entries: int
    """How many lines were read."""
    segments: int
    head: str
    """The hash of the last line: note it elsewhere, and nobody can take the journal back behind this point unseen."""
    key: str
    """The public key in hexadecimal."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What the small file ``head`` says, without reading the journal."""

    entries: int = 0
    head: str = ""
    """The hash of the last line."""
    key: str = ""
    """The public key in hexadecimal."""
    refused: int = 0
    """How many attempts were refused, repetitions included."""
    last_left: float | None = None
    """When something was last allowed to leave, or an allowed connection to the outside last ended."""
    began: float | None = None
    """When the first entry was written."""
    whole: bool = True
    """False when the head is missing or damaged: the sums are not known, and a check will say more."""
