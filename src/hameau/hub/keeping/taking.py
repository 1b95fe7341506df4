"""Makes a backup while everybody goes on working, and reads it back before it says that there is one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hameau import __version__
from hameau.hub.hub import Hub
from hameau.hub.keeping import shelf as shelves
from hameau.hub.keeping.chunks import PIECE_BYTES, Codec
from hameau.hub.keeping.last import note_backup
from hameau.hub.keeping.manifest import KeptFile, LeftModel, Manifest, decode, encode
from hameau.hub.keeping.progress import Progress, silent
from hameau.hub.keeping.shelf import Shelf
from hameau.hub.locking import DATABASE
from hameau.hub.swap import left_out
from hameau.kit import CAN_SHARE, N_, Corrupt, Unavailable, now, try_lock

_JOURNAL = "journal"
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and read back."""

    name: str
    manifest: Manifest
    written: int
    """Bytes that were added to the place where it lies."""
    new_pieces: int
    encrypted: bool


def back_up(hub: Hub, target: Path, *, keep: int = 0, progress: Progress = silent) -> Backup:
    """A backup of the home at ``target``, a folder to which it adds what changed, or a file. With ``keep``, only the
    latest so many backups stay in a folder.

    Raises ``BadInput`` or ``Conflict`` for a place that can't be used, ``NotEnough`` on a full disk, ``Corrupt`` when it
    can't be read back as it was written.
    """
    codec = Codec(hub.key)  # asks for the passphrase, if there is one
    vault = hub.vault
    with shelves.opened_to_write(target, hub.home) as shelf:
        shelves.begin(shelf, vault.id if vault else "", vault.content if vault else None)
        writer = _Writer(shelf, codec, progress)
        files, schema = _everything(hub, writer)
        models = tuple(
            LeftModel(model.card.id, model.card.sha256, model.card.size_bytes) for model in hub.models.installed()
        )
        manifest = Manifest(now(), __version__, schema, str(hub.home), tuple(files), models)
        if isinstance(shelf, shelves.FolderShelf):
            writer.read_back()
        sealed = codec.seal(encode(manifest))
        name = shelves.put_list(shelf, manifest.made_at, sealed)
        shelf.settle()
        if keep:
            _forget_old(shelf, codec, keep, name)
    if not isinstance(shelf, shelves.FolderShelf):
        _read_file_back(target, name, codec)
    note_backup(hub.database, manifest.made_at, target)
    return Backup(name, manifest, writer.written, writer.new, vault is not None)


class _Writer:
    """Puts pieces on a shelf, each once, and remembers which are new."""

    def __init__(self, shelf: Shelf, codec: Codec, progress: Progress) -> None:
        self._shelf = shelf
        self._codec = codec
        self._progress = progress
        self._seen: set[str] = set()
        self._fresh: list[str] = []
        self.total = self._done = self.written = 0

    @property
    def new(self) -> int:
        """How many pieces were not there before."""
        return len(self._fresh)

    def put(self, piece: bytes) -> str:
        """The name of ``piece``, which is kept from now on. One that was there is read and compared."""
        name = self._codec.name(piece)
        if name not in self._seen:
            self._seen.add(name)
            if not self._sound(name, piece):
                packed = self._codec.pack(piece, name)
                self._shelf.put(shelves.piece_name(name), packed)
                self.written += len(packed)
                self._fresh.append(name)
        self._done += len(piece)
        self._progress(self._done, max(self.total, self._done))
        return name

    def read_back(self) -> None:
        """Reads every new piece from the disk; those that were there have been read before. Raises ``Corrupt``."""
        self._shelf.settle()
        for name in self._fresh:
            self._codec.unpack(self._shelf.get(shelves.piece_name(name)), name)

    def _sound(self, name: str, piece: bytes) -> bool:
        """Whether the piece is there already, as it should be. A power cut may have left one that is not."""
        where = shelves.piece_name(name)
        if not self._shelf.has(where):
            return False
        try:
            return self._codec.unpack(self._shelf.get(where), name) == piece
        except Corrupt:
            return False


def _everything(hub: Hub, writer: _Writer) -> tuple[list[KeptFile], int]:
    """Every file of the home, the database as it stands at this moment first."""
    with ExitStack() as stack:
        snapshot = stack.enter_context(hub.database.snapshot())
        opened = stack.enter_context(_opened(hub.home))
        writer.total = snapshot.size + sum(size for _, _, size in opened)
        names = [
            writer.put(snapshot.read(at, min(PIECE_BYTES, snapshot.size - at)))
            for at in range(0, snapshot.size, PIECE_BYTES)
        ]
        files = [KeptFile(DATABASE, snapshot.size, tuple(names))]
        for path, descriptor, size in opened:
            pieces = (os.pread(descriptor, min(PIECE_BYTES, size - at), at) for at in range(0, size, PIECE_BYTES))
            there = 0  # one that is written anew in its place meanwhile may be shorter by now
            names = []
            for piece in pieces:
                there += len(piece)
                names.append(writer.put(piece))
            files.append(KeptFile(path, there, tuple(names)))
        return files, snapshot.version


@contextmanager
def _opened(home: Path) -> Iterator[list[tuple[str, int, int]]]:
    """Every other file as it is now: its path, an open descriptor and its size. The journal's belong together, so nobody
    writes to it while they are opened; what is appended later lies behind their sizes."""
    found: list[tuple[str, int, int]] = []
    try:
        with _still(home / _JOURNAL):
            found += _open_below(home, home / _JOURNAL)
        for entry in sorted(home.iterdir()):
            if entry.name != _JOURNAL and not left_out(entry.name):
                found += _open_below(home, entry)
        yield found
    finally:
        for _, descriptor, _ in found:
            os.close(descriptor)


def _open_below(home: Path, top: Path) -> list[tuple[str, int, int]]:
    paths = sorted(path for path in top.rglob("*")) if top.is_dir() and not top.is_symlink() else [top]
    found = []
    for path in paths:
        if path.is_symlink() or not path.is_file() or path.name.startswith(".") or path.suffix == ".partial":
            continue
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            continue  # deleted meanwhile
        found.append((path.relative_to(home).as_posix(), descriptor, os.fstat(descriptor).st_size))
    return found


@contextmanager
def _still(journal: Path) -> Iterator[None]:
    """Nothing is appended to the journal meanwhile: its writers lock its folder."""
    if not CAN_SHARE or not journal.is_dir():
        yield
        return
    handle = os.open(journal, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not try_lock(handle, shared=True):
            if time.monotonic() > deadline:
                raise Unavailable(
                    N_("Another program holds the journal."),
                    hint=N_("Wait a moment and try again; if it stays so, restart Hameau."),
                )
            time.sleep(0.005)
        yield
    finally:
        os.close(handle)


def _read_file_back(target: Path, name: str, codec: Codec) -> None:
    with shelves.opened_to_read(target) as shelf:
        manifest = decode(codec.unseal(shelves.get_list(shelf, name)))
        for piece in manifest.pieces:
            codec.unpack(shelf.get(shelves.piece_name(piece)), piece)


def _forget_old(shelf: Shelf, codec: Codec, keep: int, made: str) -> None:
    """Only the latest ``keep`` backups stay, ``made`` among them whatever the clock says, and the pieces they need."""
    others = [name for name in shelves.lists(shelf) if name != made]
    going = others[: max(0, len(others) - keep + 1)]
    for name in going:
        shelves.remove_list(shelf, name)
    wanted: set[str] = set()
    for name in {*others, made} - {*going}:
        wanted |= decode(codec.unseal(shelves.get_list(shelf, name))).pieces
    for where in shelves.pieces(shelf):
        if where.rpartition("/")[2] not in wanted:
            shelf.remove(where)
