"""What ``hameau doctor --repair`` puts right, each thing with a sentence about it. Nothing is thrown away: what was damaged is
kept in ``backups/``."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hameau.assistant import index_turns
from hameau.hub.locking import DATABASE
from hameau.hub.swap import STAGED, pending
from hameau.kit import N_, Corrupt
from hameau.library import mend
from hameau.storage import BACKUPS, Database, alone, is_encrypted, proved, salvage, settle, whole

_PRIVATE = 0o700
_MENDED = {
    "text index": N_("The search index is filled again from the stored texts, in the background."),
    "documents": N_("Documents were counted again; those that lost text will be read again ({count})."),
    "vectors": N_("Vectors were counted again ({count})."),
    "sources": N_("Sources whose documents were waiting will be read again ({count})."),
    "parts": N_("Documents inside others that are gone were taken out ({count})."),
    "conversations": N_("Conversations are found again ({count})."),
}


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that was put right. ``message`` is an English text id with the ``fields``."""

    name: str
    message: str
    fields: Mapping[str, object] = field(default_factory=dict)


def repair(home: Path, key: bytes | None) -> tuple[Repair, ...]:
    """Puts right what can be, while nobody else uses the home. Raises ``Conflict`` when somebody does."""
    with alone(home):
        done = [*_rights(home), *_tidied(home), *_saved(home, key)]
    return (*done, *_mended(home, key))


def leftovers(home: Path) -> list[Path]:
    """What was left by something that was cut off, and nobody will use again."""
    found = [*home.glob("*.partial*"), *(home / BACKUPS).glob("*.partial*"), *home.glob("*.new")]
    if (home / STAGED).exists() and not pending(home):
        found.append(home / STAGED)
    return sorted(found)


def _rights(home: Path) -> Iterator[Repair]:
    if home.stat().st_mode & 0o077:
        home.chmod(_PRIVATE)
        yield Repair("home", N_("The home folder is yours alone again."))


def _tidied(home: Path) -> Iterator[Repair]:
    left = leftovers(home)
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if left:
        yield Repair("leftovers", N_("Files that were left behind are gone: {count}."), {"count": len(left)})


def _saved(home: Path, key: bytes | None) -> Iterator[Repair]:
    """A damaged database: what can be read of it is put into a new one."""
    path = home / DATABASE
    if not path.exists() or not path.stat().st_size or not (wrong := proved(path, key)):
        return
    if key is None and is_encrypted(path):
        raise Corrupt(
            N_("The file {path} is encrypted, damaged, or not a library at all: nothing in it can be read."),
            hint=N_("Put vault.toml back beside it, if it was there; else restore a backup (hameau restore)."),
            path=path,
        )
    aside = home / BACKUPS / f"damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
    aside.mkdir(mode=_PRIVATE, parents=True)
    fresh = aside / "saved.db"
    saved = salvage(path, fresh, key)
    for end in ("-wal", "-shm", ""):
        if (old := path.with_name(path.name + end)).exists():
            shutil.copy2(old, aside / old.name)
    with whole(path) as partial:
        shutil.copyfile(fresh, partial)
        for end in ("-wal", "-shm"):  # before the new file has its name: a log of the old one would be read into it
            path.with_name(path.name + end).unlink(missing_ok=True)
    fresh.unlink()
    settle(home)
    fields = {"reason": wrong[0], "rows": sum(saved.rows.values()), "lost": saved.lost, "path": aside}
    yield Repair(
        "database",
        N_(
            "The database was damaged ({reason}). Saved: {rows} rows; {lost} places could not be read. The old one is in {path}."
        ),
        fields,
    )


def _mended(home: Path, key: bytes | None) -> Iterator[Repair]:
    database = Database(home / DATABASE, key)
    try:
        for name, count in mend(database).items():
            yield Repair("library", _MENDED[name], {"count": count})
        if turns := index_turns(database):
            yield Repair("library", _MENDED["conversations"], {"count": turns})
    finally:
        database.close()
