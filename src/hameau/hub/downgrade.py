"""The way back from an upgrade, so that an older Hameau can be installed again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hameau.hub.locking import DATABASE
from hameau.kit import N_, NotFound
from hameau.storage import alone, fold, go_back_to, keep_copy, kept_copies, settle, version_of, version_there


@dataclass(frozen=True, slots=True)
class Downgraded:
    """What was done."""

    version: int
    """Of the tables now."""
    kept: Path
    """The library as it was before this."""


def downgrade(home: Path, key: bytes | None, *, to: int = 0, exactly: bool = False) -> Downgraded:
    """Brings the library of ``home`` back to version ``to`` of its tables, by default the one before. What was read and
    asked since the upgrade stays; ``exactly``: the very file as it was then, without what came since.

    Raises ``Conflict`` while Hameau runs, ``NotFound`` when there is no way or no such copy.
    """
    path = home / DATABASE
    wanted = to or version_there(path, key) - 1
    if not exactly:
        return Downgraded(wanted, go_back_to(path, wanted, key))
    with alone(home):
        found = next((copied for copied in kept_copies(path) if version_of(copied) == wanted), None)
        if found is None:
            raise NotFound(
                N_("No copy of version {version} was kept."),
                hint=N_("Without --exactly the way back needs none."),
                version=wanted,
            )
        kept = keep_copy(path, version_there(path, key), key, found)
        fold(path, key)  # a log that is taken away may hold half of the file
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        found.replace(path)
        settle(home)
    return Downgraded(wanted, kept)
