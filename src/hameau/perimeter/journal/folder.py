"""The folder of a journal on the disk: made for its owner alone, locked by the kernel, with the key pair in it."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hameau.kit import N_, Corrupt, NotEnough, Unavailable
from hameau.perimeter.journal.keys import PrivateKey
from hameau.perimeter.journal.lines import Head, head_line
from hameau.perimeter.journal.segments import segments

HEAD, KEY, PUBLIC = "head", "key", "key.pub"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PATIENCE = 10.0
"""Seconds to wait for the lock. It is held for less than a millisecond; a program that keeps it must not stop us for good."""


@contextmanager
def locked(descriptor: int, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Holds the lock of the folder that is open as ``descriptor``; :class:`Unavailable` when it can't be had."""
    waited, pause = 0.0, 0.000_05
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if waited > _PATIENCE:
                raise Unavailable(
                    N_("Another program holds the journal."),
                    hint=N_("Wait a moment and try again; if it stays so, restart Hameau."),
                ) from None
            time.sleep(pause)
            waited += pause
            pause = min(pause * 1.5, 0.001)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Nothing is appended meanwhile. Hold it briefly. Does nothing when there is no folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        with locked(descriptor, fcntl.LOCK_SH):
            yield
    finally:
        os.close(descriptor)


def ours(folder: Path) -> PrivateKey:
    """The key of the journal in ``folder``; a folder without a journal gets a new one. Under the lock.

    Raises :class:`Corrupt` when the key is gone or unreadable, :class:`NotEnough` on a full disk.
    """
    path = folder / KEY
    try:
        key = PrivateKey.read(path.read_bytes())
    except FileNotFoundError:
        if segments(folder):
            raise _unusable(N_("The key of the journal is gone."), folder) from None
        return _new(folder)
    except PermissionError:
        key = None
    if key is None:
        raise _unusable(N_("The key of the journal can't be read."), folder)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    if not (folder / PUBLIC).exists():
        write_whole(folder / PUBLIC, key.public.pem)
    return key


def foreign(folder: Path) -> Corrupt:
    """The error for a journal that was written with another key than the one beside it."""
    return _unusable(N_("The key of the journal does not belong to it."), folder)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is there as a whole, on the disk, or not at all; readable by its owner alone."""
    beside = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(descriptor)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise told(error) from error
    settle(path.parent)


def settle(folder: Path) -> None:
    """Waits until the names in ``folder`` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def told(error: OSError) -> Exception:
    """``error``, in plain words when the disk is full."""
    if error.errno not in _FULL:
        return error
    return NotEnough(
        N_("The disk is full: the journal can't be written."), hint=N_("Free some space; nothing was half-written.")
    )


def _new(folder: Path) -> PrivateKey:
    """The head is written first and the key last: a key without a head is never natural."""
    key = PrivateKey.new()
    write_whole(folder / HEAD, head_line(key, Head(0, key.public.first)))
    write_whole(folder / PUBLIC, key.public.pem)
    write_whole(folder / KEY, key.pem)
    return key


def _unusable(message: str, folder: Path) -> Corrupt:
    return Corrupt(
        message,
        hint=N_(
            "Give the folder {path} another name: Hameau then begins a new journal, and the old one can still be read."
        ),
        path=folder,
    )
