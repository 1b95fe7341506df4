"""The nouns of the room ``accounts``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["chat", "read", "admin"]
SCOPES: tuple[Scope, ...] = ("chat", "read", "admin")
"""``chat``: models answer, the library is not seen. ``read``: search, read and ask the library. ``admin``: all that the person
at the machine may do."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One program's key, as it is kept: never the key itself."""

    id: str
    name: str
    hint: str
    """Its first signs, to tell keys apart."""
    scopes: tuple[Scope, ...]
    created_at: str
    expires_at: str = ""
    last_used_at: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether it opens what needs ``scope``; ``admin`` opens everything."""
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment when it can be read."""

    key: ApiKey
    secret: str = field(repr=False)
