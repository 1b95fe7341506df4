"""What SQLite can complain of, said in the words of the house."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from hameau.kit import N_, Corrupt, HameauError, NotEnough, Refused, Unavailable

_FULL_BYTES = 1_000_000
"""With less room than this, a file that can't be opened or written is the fault of a full disk: the log needs room at once."""


def explained(error: apsw.Error, path: Path) -> HameauError | None:
    """The error a person can understand, or ``None`` when it is a mistake of ours (bad SQL, a broken constraint)."""
    if isinstance(error, (apsw.FullError, apsw.IOError, apsw.CantOpenError)) and (full := _full(path)) is not None:
        return full
    if isinstance(error, apsw.FullError):
        return NotEnough(
            N_("The disk is full: this could not be written to {path}."),
            hint=N_("Nothing was lost. Free some space, then try again."),
            path=str(path),
        )
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return Corrupt(
            N_("The file {path} is damaged, or is not a Hameau library."),
            hint=N_(
                "Restore a backup, or move this file elsewhere: Hameau will make a new one and read your documents again."
            ),
            path=str(path),
        )
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError, apsw.AuthError)):
        return Refused(
            N_("Hameau may not write to {path}."),
            hint=N_("Check that the folder exists and belongs to you, and that the disk is not read-only."),
            path=str(path),
        )
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Unavailable(
            N_("Another program has been writing to {path} for too long."),
            hint=N_("Wait a moment and try again."),
            path=str(path),
        )
    if isinstance(error, apsw.IOError):
        return Unavailable(
            N_("The disk does not answer as it should: {path} can't be read or written."),
            hint=N_("Check the disk, or the stick if the library is on one, then try again."),
            path=str(path),
        )
    return None


def _full(path: Path) -> NotEnough | None:
    """SQLite says of some writes on a full disk only that they failed, those of a file it opens among them."""
    try:
        disk = shutil.disk_usage(path.parent)
    except OSError:
        return None  # a disk that does not even tell its size has another trouble
    if disk.free >= _FULL_BYTES:
        return None
    return NotEnough(
        N_("The disk that holds {path} is full: {free} KB are free of {total} MB."),
        hint=N_("Nothing was lost. Free some space, then try again."),
        path=str(path),
        free=disk.free // 1000,
        total=disk.total // 1_000_000,
    )


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turns the driver's errors about the file ``path`` into ours."""
    try:
        yield
    except apsw.Error as error:
        told = explained(error, path)
        if told is None:
            raise
        raise told from error
