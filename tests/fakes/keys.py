"""Keys without a database: as real ones, but for where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hameau.accounts import PREFIX, ApiKey, NewKey, Scope
from hameau.accounts.keys import checked_name, checked_scopes
from hameau.kit import Conflict, NotFound

MADE = "2026-07-14T10:30:00.000Z"


class KeysInMemory:
    """Keys are ``hameau-NAME``; :attr:`over` names those whose time is over."""

    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}
        self.over: set[str] = set()
        self.written: list[tuple[str, str]] = []
        """The refusals that were written down: where from, and why."""

    def all(self) -> tuple[ApiKey, ...]:
        return tuple(reversed(self.kept.values()))

    def make(self, name: str, scopes: Sequence[Scope], *, expires_at: str = "") -> NewKey:
        called = checked_name(name)
        if any(key.name == called for key in self.kept.values()):
            raise Conflict("There is already a key called “{name}”.", hint="Choose another.", name=called)
        secret = f"{PREFIX}{called}"
        key = ApiKey(f"key_{len(self.kept) + 1}", called, secret[:11], checked_scopes(scopes), MADE, expires_at)
        self.kept[secret] = key
        return NewKey(key, secret)

    def revoke(self, name: str) -> ApiKey:
        for secret, key in self.kept.items():
            if name in (key.id, key.name):
                return self.kept.pop(secret)
        raise NotFound("There is no key called “{name}”.", hint="See the list.", name=name)

    def check(self, secret: str) -> ApiKey | None:
        key = self.kept.get(secret)
        if key is None or key.name in self.over:
            return None
        self.kept[secret] = replace(key, last_used_at=MADE)
        return key

    def why_not(self, secret: str) -> str:
        return "The time of this key is over." if secret in self.kept else "This is not a key of this Hameau."

    def refused(self, address: str, why: str) -> None:
        self.written.append((address, why))
