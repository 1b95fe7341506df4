"""Where backups lie: a folder, to which each adds only what changed, or one file, which holds one of them whole.

Both hold the same names: ``hameau-backup.toml`` (what this is), ``vault.toml`` (of an encrypted home), ``pieces/…`` and
``backups/…``, one list for each backup, whose name ends with the beginning of its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hameau.kit import N_, BadInput, Conflict, Corrupt, NotFound, locked
from hameau.storage import settle, whole

HEAD, VAULT = "hameau-backup.toml", "vault.toml"
_MANY = 100
"""More new files than this are put on the disk with all others of the machine, which then is quicker than one by one."""
_LISTS, _PIECES = "backups", "pieces"
_WORDS = "# A backup of Hameau (hameau restore reads it). Nothing in here is to be changed by hand.\n"


class Shelf(Protocol):
    """A place that keeps bytes by name."""

    def get(self, name: str) -> bytes:
        """What is kept as ``name``. Raises ``NotFound``."""

    def put(self, name: str, content: bytes) -> None:
        """Keeps ``content``, whole or not at all."""

    def has(self, name: str) -> bool:
        """Whether something is kept as ``name``."""

    def names(self, below: str) -> list[str]:
        """The names that begin with the folder ``below``, sorted."""

    def remove(self, name: str) -> None:
        """Forgets ``name``."""

    def settle(self) -> None:
        """Waits until all of it is on the disk."""


class FolderShelf:
    """A folder, on any disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fresh: list[Path] = []

    def get(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise _gone(name) from None

    def put(self, name: str, content: bytes) -> None:
        target = self._folder / name
        for folder in reversed([each for each in target.parents if each.is_relative_to(self._folder)]):
            folder.mkdir(mode=0o700, exist_ok=True)  # each of them: those between would get other rights
        beside = target.with_name(f".{target.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        beside.replace(target)
        self._fresh.append(target)

    def has(self, name: str) -> bool:
        return (self._folder / name).exists()

    def names(self, below: str) -> list[str]:
        found = (path for path in (self._folder / below).rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def settle(self) -> None:
        if len(self._fresh) > _MANY:
            os.sync()
        else:
            for path in {*self._fresh, *(path.parent for path in self._fresh)}:
                settle(path)
        settle(self._folder)
        self._fresh.clear()


class FileShelf:
    """One file: a ZIP archive without compression of its own, which any tool can look into."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._there = set(archive.namelist())

    def get(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except KeyError:
            raise _gone(name) from None
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise damaged() from error

    def put(self, name: str, content: bytes) -> None:
        self._archive.writestr(name, content)
        self._there.add(name)

    def has(self, name: str) -> bool:
        return name in self._there

    def names(self, below: str) -> list[str]:
        return sorted(name for name in self._there if name.startswith(f"{below}/"))

    def remove(self, name: str) -> None:
        raise NotImplementedError("a file holds one backup: nothing in it grows old")

    def settle(self) -> None:
        """The file is put on the disk when it gets its name."""


@contextmanager
def opened_to_write(target: Path, home: Path) -> Iterator[Shelf]:
    """The shelf at ``target``, made if there is none. One backup at a time. Raises ``BadInput`` or ``Conflict``."""
    if target.resolve().is_relative_to(home.resolve()) and not target.resolve().is_relative_to(
        home.resolve() / "backups"
    ):
        raise BadInput(
            N_("A backup can’t lie in the home folder that it is of: {target}"),
            hint=N_("Choose a place outside it, best on another disk."),
            target=target,
        )
    if is_file(target):
        if target.exists() and not _is_archive(target):
            raise _not_ours(target)
        with whole(target) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            yield FileShelf(archive)
        return
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (target / HEAD).exists() and any(name.name != ".lock" for name in target.iterdir()):
        raise _not_ours(target)
    with locked(target / ".lock", _taken):
        yield FolderShelf(target)


@contextmanager
def opened_to_read(target: Path) -> Iterator[Shelf]:
    """The shelf at ``target``. Raises ``NotFound``, or ``BadInput`` for what is no backup."""
    if not target.exists():
        raise NotFound(N_("There is no backup at {target}."), target=target)
    if target.is_dir():
        if not (target / HEAD).exists():
            raise _no_backup(target)
        yield FolderShelf(target)
        return
    if not _is_archive(target):
        raise _no_backup(target)
    with zipfile.ZipFile(target) as archive:
        yield FileShelf(archive)


def is_file(target: Path) -> bool:
    """Whether a backup to ``target`` is one file: it has an ending such as ``.hameau``, and is no folder."""
    return target.is_file() or (bool(target.suffix) and not target.is_dir())


def begin(shelf: Shelf, key_id: str, vault: bytes | None) -> None:
    """Says what the shelf is. Raises ``Conflict`` when it holds backups with another key."""
    if shelf.has(HEAD):
        if key_of(shelf) != key_id:
            raise Conflict(
                N_("This folder holds backups of a home with another key, or with none."),
                hint=N_("Choose another folder: what is encrypted and what is not are kept apart."),
            )
    else:
        shelf.put(".hameauignore", b"*\n")  # a backup among one's documents is not read as documents
        shelf.put(HEAD, f'{_WORDS}format = 1\nkey = "{key_id}"\n'.encode())
    if vault is not None:
        shelf.put(VAULT, vault)  # a passphrase that was changed since opens it


def key_of(shelf: Shelf) -> str:
    """The name of the key that opens the shelf; empty when it is not encrypted."""
    try:
        head = tomllib.loads(shelf.get(HEAD).decode())
    except (NotFound, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise damaged() from error
    return str(head.get("key", ""))


def piece_name(name: str) -> str:
    """Where the piece ``name`` lies."""
    return f"{_PIECES}/{name[:2]}/{name}"


def pieces(shelf: Shelf) -> list[str]:
    """Where all pieces lie."""
    return shelf.names(_PIECES)


def put_list(shelf: Shelf, made_at: str, content: bytes) -> str:
    """Keeps the list of a backup; returns the backup's name."""
    name = f"{made_at.replace(':', '').replace('.', '')}-{hashlib.sha256(content).hexdigest()[:16]}"
    shelf.put(f"{_LISTS}/{name}", content)
    return name


def lists(shelf: Shelf) -> list[str]:
    """The names of the backups, the earliest first."""
    return [name.removeprefix(f"{_LISTS}/") for name in shelf.names(_LISTS)]


def get_list(shelf: Shelf, name: str) -> bytes:
    """The list of the backup ``name``. Raises ``NotFound``, or ``Corrupt`` when it is not what was written."""
    content = shelf.get(f"{_LISTS}/{name}")
    if not name.endswith(hashlib.sha256(content).hexdigest()[:16]):
        raise damaged()
    return content


def remove_list(shelf: Shelf, name: str) -> None:
    """Forgets the backup ``name``; its pieces stay."""
    shelf.remove(f"{_LISTS}/{name}")


def damaged() -> Corrupt:
    """What is said of a backup that is not as it was written."""
    return Corrupt(N_("This backup is damaged."), hint=N_("Restore an earlier one, or another copy of it."))


def _is_archive(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return HEAD in archive.namelist()


def _taken() -> None:
    raise Conflict(
        N_("Another backup is being written to this folder."),
        hint=N_("Wait until it is done, or choose another folder."),
    )


def _gone(name: str) -> NotFound:
    return NotFound(
        N_("This backup lacks a part: {name}"), hint=N_("Restore an earlier one, or another copy of it."), name=name
    )


def _not_ours(target: Path) -> Conflict:
    return Conflict(
        N_("{target} holds something else than backups."),
        hint=N_("Choose an empty folder, a new name, or the place of an earlier backup."),
        target=target,
    )


def _no_backup(target: Path) -> BadInput:
    return BadInput(
        N_("{target} is no backup of Hameau."),
        hint=N_("Name the folder or the file that hameau backup wrote."),
        target=target,
    )
