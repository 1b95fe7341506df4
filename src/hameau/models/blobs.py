"""Files that a program sends before it says what to make of them: each is known by its SHA-256, and checked as it comes."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hameau.kit import N_, BadInput, new_id
from hameau.models.disk import check_disk, disk_error

logger = logging.getLogger(__name__)

_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_KEPT = 24 * 3600.0  # seconds that a file waits to be used
_PART = ".part"
_LOOK = 64 << 20  # bytes between two looks at the free space


class Blobs:
    """The files in one folder, ``sha256-…`` each. They go when a model has been made of them, or after a day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, digest: str) -> Path | None:
        """The file of that digest (``sha256:…``), if it is here. Raises :class:`BadInput` for what is no digest."""
        path = self.folder / f"sha256-{hexadecimal(digest)}"
        return path if path.is_file() else None

    @contextmanager
    def receiving(self, digest: str, announced: int = 0) -> Iterator[Receiving]:
        """Takes a file in; it is here when the block ends well. ``announced`` is its size, where the sender says it.

        Raises :class:`BadInput` when it is not what its digest says, :class:`NotEnough` when it doesn't fit.
        """
        wanted = hexadecimal(digest)
        target = self.folder / f"sha256-{wanted}"
        part = self.folder / f"{new_id('blob')}{_PART}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.tidy()
            check_disk(self.folder, announced)
            with part.open("xb") as stream:
                receiving = Receiving(stream.write, self.folder)
                yield receiving
                stream.flush()
                os.fsync(stream.fileno())
            if receiving.digest() != wanted:
                raise BadInput(
                    N_("What arrived is not what its digest says: {digest}."),
                    hint=N_("Send the file again."),
                    digest=digest[:80],
                )
            part.replace(target)
        except OSError as error:
            raise disk_error(error, self.folder) from error
        finally:
            part.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Throws away what nobody used for a day."""
        for path in self.folder.glob("*"):
            try:
                if time.time() - path.stat().st_mtime > _KEPT:
                    path.unlink()
            except FileNotFoundError:  # used or thrown away meanwhile
                logger.debug("%s went", path)


class Receiving:
    """A file on its way."""

    def __init__(self, write: Callable[[bytes], object], folder: Path) -> None:
        self._write = write
        self._folder = folder
        self._digest = hashlib.sha256()
        self._unlooked = 0

    def add(self, data: bytes) -> None:
        """Takes the next bytes. Raises :class:`NotEnough` before the disk is full, or ``OSError``."""
        self._unlooked += len(data)
        if self._unlooked >= _LOOK:
            check_disk(self._folder, 0)
            self._unlooked = 0
        self._digest.update(data)
        self._write(data)

    def digest(self) -> str:
        """Of what came so far."""
        return self._digest.hexdigest()


def hexadecimal(digest: str) -> str:
    """The 64 digits of ``sha256:…``. Raises :class:`BadInput` for anything else."""
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise BadInput(N_("“{digest}” is no SHA-256 digest."), digest=digest[:80])
    return found[1]
