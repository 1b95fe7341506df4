"""Puts a backup back: onto an empty home, or in the place of another, which is kept aside.

Everything is written and proved beside the home's files first. Only then is it decided (``hub/swap.py``), and from then on
the restored home is there, however this process ends.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hameau.hub.keeping import shelf as shelves
from hameau.hub.keeping.chunks import Codec
from hameau.hub.keeping.manifest import KeptFile, Manifest, decode
from hameau.hub.keeping.progress import Progress, silent
from hameau.hub.keeping.shelf import Shelf
from hameau.hub.locking import DATABASE
from hameau.hub.presence import Presence
from hameau.hub.settings import prepare_home
from hameau.hub.swap import STAGED, begin, decide, finish, left_out, occupied
from hameau.hub.vault import Vault
from hameau.kit import N_, Conflict, Corrupt, NotEnough, NotFound, Refused
from hameau.storage import BACKUPS, alone, newest_version, proved

Unlock = Callable[[Vault], bytes]
_ROOM = 50_000_000


@dataclass(frozen=True, slots=True)
class Restored:
    """A home that was put back."""

    name: str
    manifest: Manifest
    aside: Path | None
    """Where the home that was there lies now."""
    key: bytes | None
    """Of an encrypted one."""


def restore(
    home: Path,
    source: Path,
    unlock: Unlock,
    *,
    name: str = "",
    replace: bool = False,
    progress: Progress = silent,
) -> Restored:
    """Puts the backup ``name`` (the latest) of ``source`` into ``home``. With ``replace`` it takes the place of what is there.

    Raises ``Conflict`` for a home that holds something or is in use, ``NotFound``, ``BadInput`` or ``Corrupt`` for a source
    that can't be restored, ``Refused`` for a backup of a newer Hameau or a wrong passphrase, ``NotEnough`` without room.
    Nothing has changed then.
    """
    with shelves.opened_to_read(source) as shelf:
        codec, key = _opened(shelf, unlock)
        chosen = _chosen(shelf, name)
        manifest = decode(codec.unseal(shelves.get_list(shelf, chosen)))
        if manifest.schema > newest_version():
            raise Refused(
                N_("This backup was made by a newer Hameau than this one."),
                hint=N_("Install the newer version, then restore it."),
            )
        prepare_home(home)
        if Presence(home).taken():
            raise Conflict(N_("Hameau is running on this home folder."), hint=N_("Stop it, then restore."))
        with alone(home):
            there = _unfinished(home)
            if there and not replace:
                raise Conflict(
                    N_("The home folder {home} is not empty."),
                    hint=N_("With --replace the backup takes its place; what is there now is kept in {home}/backups."),
                    home=home,
                )
            _need_room(home, manifest)
            _check_paths(manifest)
            _stage(home, shelf, codec, manifest, key, progress)
            aside = f"{BACKUPS}/replaced-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
            decide(home, aside)
            finish(home)
    return Restored(chosen, manifest, home / aside if there else None, key)


def check_backup(source: Path, unlock: Unlock, *, progress: Progress = silent) -> tuple[tuple[str, Manifest], ...]:
    """Reads every piece of every backup at ``source``; returns them, the earliest first. Raises ``Corrupt``."""
    with shelves.opened_to_read(source) as shelf:
        codec, _ = _opened(shelf, unlock)
        found = tuple((name, decode(codec.unseal(shelves.get_list(shelf, name)))) for name in shelves.lists(shelf))
        wanted = sorted({piece for _, manifest in found for piece in manifest.pieces})
        for done, piece in enumerate(wanted, 1):
            codec.unpack(shelf.get(shelves.piece_name(piece)), piece)
            progress(done, len(wanted))
    return found


def list_backups(source: Path, unlock: Unlock) -> tuple[tuple[str, Manifest], ...]:
    """The backups at ``source``, the earliest first."""
    with shelves.opened_to_read(source) as shelf:
        codec, _ = _opened(shelf, unlock)
        return tuple((name, decode(codec.unseal(shelves.get_list(shelf, name)))) for name in shelves.lists(shelf))


def _opened(shelf: Shelf, unlock: Unlock) -> tuple[Codec, bytes | None]:
    if not shelves.key_of(shelf):
        return Codec(), None
    key = unlock(Vault.read(shelf.get(shelves.VAULT)))
    return Codec(key), key


def _chosen(shelf: Shelf, name: str) -> str:
    names = shelves.lists(shelf)
    found = [each for each in names if each.startswith(name)] if name else names
    if not found or (name and len(found) > 1 and name not in found):
        raise NotFound(
            N_("There is no backup {name} here."), hint=N_("See them with: hameau restore --list"), name=name or ""
        )
    return name if name in found else found[-1]


def _unfinished(home: Path) -> list[str]:
    """What lies in the home; an earlier restore that was cut off is finished first."""
    finish(home)
    return occupied(home)


def _need_room(home: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(home).free
    if free < manifest.size + _ROOM:
        raise NotEnough(
            N_("There is not enough room: the backup needs {wanted} MB, {free} MB are free."),
            hint=N_("Free some space, then try again. Nothing was changed."),
            wanted=-(-(manifest.size + _ROOM) // 1_000_000),
            free=free // 1_000_000,
        )


def _check_paths(manifest: Manifest) -> None:
    """A list that somebody else wrote may name what a backup never holds, or nothing to begin with. Raises ``Corrupt``."""
    paths = [file.path for file in manifest.files]
    foreign = any(path != DATABASE and left_out(path.partition("/")[0]) for path in paths)
    if foreign or DATABASE not in paths or len({*paths}) < len(paths) or any(file.size < 0 for file in manifest.files):
        raise shelves.damaged()


def _stage(home: Path, shelf: Shelf, codec: Codec, manifest: Manifest, key: bytes | None, progress: Progress) -> None:
    staged = begin(home)
    try:
        done = 0
        for file in manifest.files:
            for written in _written(staged, file, shelf, codec):
                done += written
                progress(done, manifest.size)
        if key is not None:
            (staged / shelves.VAULT).write_bytes(shelf.get(shelves.VAULT))
            (staged / shelves.VAULT).chmod(0o600)
        if wrong := proved(staged / DATABASE, key):
            raise Corrupt(
                N_("The library in this backup is damaged: {reason}"),
                hint=N_("Restore an earlier one, or another copy of it."),
                reason="; ".join(wrong[:3]),
            )
    except BaseException:
        shutil.rmtree(home / STAGED, ignore_errors=True)
        raise


def _written(staged: Path, file: KeptFile, shelf: Shelf, codec: Codec) -> Iterator[int]:
    """Writes one file; yields how many bytes each step added."""
    target = staged / file.path
    if staged.resolve() not in target.resolve().parents:
        raise shelves.damaged()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        for name in file.pieces:
            yield stream.write(codec.unpack(shelf.get(shelves.piece_name(name)), name))
            if stream.tell() > file.size:  # before a list that lies has filled the disk
                raise shelves.damaged()
        if stream.tell() != file.size:
            raise shelves.damaged()
