"""Whole copies of the file: made beside, put on the disk, and only then given their name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from hameau.kit import N_, NotEnough
from hameau.storage.connecting import connect

_STEP = 1000
_ALONE = "pragma journal_mode = delete; pragma temp_store = memory;"
"""For a file that nobody else opens: no log that would have to be kept beside it."""


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A name beside ``target`` to write to. After the block the file is on the disk and called ``target``, readable by its
    owner alone; after an error it is gone."""
    partial = target.with_name(target.name + ".partial")
    _remove(partial)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield partial
        partial.chmod(0o600)
        settle(partial)
        partial.replace(target)
    except BaseException:
        _remove(partial)
        raise
    settle(target.parent)


def copy(source: apsw.Connection, target: Path, key: bytes | None) -> None:
    """What ``source`` sees, page by page, into the file ``target``, with the same key. Others may write meanwhile."""
    made = connect(target, key, setup="")
    try:
        with made.backup("main", source, "main") as progress:
            while not progress.done:
                progress.step(_STEP)
        for _ in made.execute(_ALONE):
            pass
    finally:
        made.close()


def room_for(path: Path, folder: Path) -> None:
    """Raises ``NotEnough`` when the disk of ``folder`` has no room for another ``path``."""
    wanted, free = path.stat().st_size + 10_000_000, shutil.disk_usage(folder).free
    if free < wanted:
        raise NotEnough(
            N_("There is no room for a copy of the library: {wanted} MB are needed, {free} MB are free."),
            hint=N_("Free some space, then try again. Nothing was changed."),
            wanted=-(-wanted // 1_000_000),
            free=free // 1_000_000,
        )


def settle(path: Path) -> None:
    """Waits until ``path``, a file or the names in a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))):
        each.unlink(missing_ok=True)
