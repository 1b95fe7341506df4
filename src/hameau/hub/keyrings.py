"""The desktop's keyring as the house sees it. The one that speaks to it stands outside the perimeter, in ``cli``."""

from __future__ import annotations

from typing import Protocol

from hameau.kit import N_, Unavailable


class Keyring(Protocol):
    """Keeps secrets by name."""

    def there(self) -> bool:
        """Whether it can be asked at all in this process."""
        ...

    def get(self, name: str) -> str:
        """The secret called ``name``; empty when it can't be had."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Keeps ``secret``; an empty one is forgotten. Raises ``Missing`` or ``Unavailable``."""
        ...


class NoKeyring:
    """Where no desktop is."""

    def there(self) -> bool:
        return False

    def get(self, name: str) -> str:
        return ""

    def put(self, name: str, secret: str) -> None:
        if secret:
            raise Unavailable(
                N_("No keyring can be reached from here."),
                hint=N_("Start « hameau serve » in your desktop session, or let Hameau keep the password itself."),
            )


NO_KEYRING = NoKeyring()
