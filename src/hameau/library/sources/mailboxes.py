"""Which mailboxes of a store or a server are read: by their names, and by what a person wrote into the settings. Pure.

Settings: ``folders``, patterns of the only mailboxes to read; ``but``, patterns of those to leave out; ``since``, the first day.
A mailbox that is wanted brings those below it. Without ``folders``, what was thrown away, what is unwanted mail and what was
not sent yet is left out.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from hameau.kit import N_, BadInput
from hameau.library.sources.globs import Wanted, wanted

_LEFT_OUT = frozenset(
    [
        "trash", "junk", "spam", "bulk mail", "drafts", "templates", "outbox", "unsent messages", "deleted items",
        "deleted messages", "junk e-mail", "junk email", "bin", "corbeille", "indésirables", "courrier indésirable", "pourriel",
        "pourriels", "brouillons", "modèles", "boîte d'envoi", "éléments supprimés", "messages supprimés", "papierkorb",
        "gelöschte elemente", "entwürfe", "papelera", "borradores", "cestino", "bozze",
    ]
)  # fmt: skip
"""Names of mailboxes, as mail programs and servers give them."""
_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")


class Boxes:
    """What a source's settings say of its mailboxes. Raises ``BadInput`` for what can't be understood."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._wanted: Wanted = wanted(
            {"include": settings.get("folders") or None, "exclude": settings.get("but") or None}
        )
        self.chosen = bool(settings.get("folders"))
        self.since = _day(settings.get("since"))

    def wants(self, name: str, *, left_out: bool = False) -> bool:
        """Whether the mailbox called ``name`` (its levels parted by ``/``) is to be read. ``left_out``: it is known to hold
        what was thrown away."""
        levels = name.split("/")
        paths = ["/".join(levels[: depth + 1]) for depth in range(len(levels))]
        if any(not self._wanted.folder(path) for path in paths):
            return False
        if self.chosen:
            return any(self._wanted.file(path) for path in paths)
        return not left_out and not any(level.strip().lower().replace("’", "'") in _LEFT_OUT for level in levels)

    def might(self, name: str) -> bool:
        """Whether a wanted mailbox may be ``name`` or stand below it."""
        return self._wanted.folder(name) if self.chosen else self.wants(name)

    @property
    def signature(self) -> str:
        """What may not change for what is remembered to hold."""
        return self.since.isoformat() if self.since else ""


def plain_name(name: str) -> str:
    """A mailbox's name out of the modified UTF-7 of IMAP (RFC 3501, 5.1.3), which mail programs use on the disk as well."""
    return _ENCODED.sub(_letters, name) if "&" in name else name


def _letters(found: re.Match[str]) -> str:
    if not found[1]:
        return "&"
    packed = found[1].replace(",", "/")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return found[0]


def _day(value: object) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise BadInput(
            N_("The first day of the mail to read can't be understood."), hint=N_("Write it such as 2024-01-31.")
        ) from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
