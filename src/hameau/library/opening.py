"""Opens a file that a source listed, though it may have become something else since. Reads nothing."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLAINLY = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)
_UNFOLLOWED = getattr(os, "O_NOFOLLOW", 0)
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def open_document(path: Path, beneath: Path | None = None) -> int:
    """A descriptor to read the file at ``path`` with. Never waits for the other end of a pipe, never follows a link.

    With ``beneath``, a folder above it, no folder on the way from there may be a link either, so that nobody leads the
    reader out of a source (where the system can open a file relative to a folder; not on Windows). Raises ``OSError``, with
    ``ELOOP`` for a link and ``EINVAL`` for what is no regular file.
    """
    flags = _PLAINLY | _UNFOLLOWED | _WITHOUT_WAITING
    steps, top = path.parts, beneath.parts if beneath is not None else ()
    inside = beneath is not None and steps[: len(top)] == top and len(steps) - len(top) > 1
    if beneath is None or not inside or os.open not in os.supports_dir_fd:
        descriptor = os.open(path, flags)
    else:
        descriptor = _step_by_step(beneath, steps[len(top) :], flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return descriptor


@contextmanager
def held(data: bytes, scratch: Path | None = None) -> Iterator[int]:
    """A descriptor to read ``data`` from, for whoever wants a file: in memory, or without a name in ``scratch``."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("hameau", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile(dir=scratch) as file:
            descriptor = os.dup(file.fileno())
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _step_by_step(top: Path, steps: tuple[str, ...], flags: int) -> int:
    folder = os.open(top, _PLAINLY | os.O_DIRECTORY)
    try:
        for step in steps[:-1]:
            inner = os.open(step, _PLAINLY | _UNFOLLOWED | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(steps[-1], flags, dir_fd=folder)
    finally:
        os.close(folder)
