"""Writing to a disk that may be full or vanish: whole files or none. Knows nothing of models."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hameau.kit import N_, HameauError, NotEnough, Refused

_NO_SPACE = 28  # errno.ENOSPC
_QUOTA = 122  # errno.EDQUOT on Linux
_MARGIN = 64 << 20  # bytes left free on the disk after all


def disk_error(error: OSError, path: Path) -> HameauError:
    """The error of ours for one of the disk's."""
    if error.errno in (_NO_SPACE, _QUOTA):
        return NotEnough(N_("The disk is full."), hint=N_("Make room, then run the same command again."))
    return Refused(N_("{path} can't be written: {reason}"), path=str(path), reason=error.strerror or str(error))


def sync_folder(folder: Path) -> None:
    """Makes renames inside ``folder`` survive a power cut (fsync(2): a directory needs its own)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> Path:
    """Writes ``text`` to ``path`` and waits until it is on the disk; the caller renames it into place."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return path


def check_disk(folder: Path, need: int) -> None:
    """Raises :class:`NotEnough`, with both numbers, when ``need`` bytes don't fit."""
    free = shutil.disk_usage(folder).free
    if free < need + _MARGIN:
        raise NotEnough(
            N_("There is not enough room on the disk: {need} MB are needed, {free} MB are free."),
            hint=N_("Make room, or keep the models elsewhere: set HAMEAU_MODELS_DIR to a folder on another disk."),
            need=(need + _MARGIN) // 1_000_000,
            free=free // 1_000_000,
        )
