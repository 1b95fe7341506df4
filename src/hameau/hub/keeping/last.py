"""When the last backup was made, and where: kept with the library, so that somebody can be reminded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hameau.storage import Database, Queries

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The last backup that was made and read back."""

    made_at: str
    """RFC 3339, UTC."""
    path: str

    @property
    def days(self) -> int:
        """How long ago."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.made_at)).days


def last_backup(database: Database) -> LastBackup | None:
    """The last one; ``None`` when none was made."""
    with database.read() as session:
        told = session.value(_QUERIES["last_backup"])
    return LastBackup(**json.loads(told)) if told else None


def note_backup(database: Database, made_at: str, path: Path) -> None:
    """Remembers that one was made."""
    with database.transaction() as session:
        session.run(_QUERIES["note_backup"], {"value": json.dumps({"made_at": made_at, "path": str(path)})})
