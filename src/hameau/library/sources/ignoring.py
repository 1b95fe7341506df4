"""The files ``.hameauignore``: what a person keeps out of the library, in the syntax of ``.gitignore`` (gitignore(5)).

One may stand in any folder of a source and holds for what lies below it; a deeper one weighs more, and in one file the last
pattern that fits. What a folder left out holds can't be let in again.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import pathspec

logger = logging.getLogger(__name__)

FILE = ".hameauignore"
_LONGEST = 100_000
"""Bytes of one such file: thousands of patterns, each of which every name is held against."""


@dataclass(frozen=True, slots=True)
class Ignoring:
    """What one folder's file says, on top of what the folders above say."""

    start: str = ""
    """The folder below the source, with a slash at its end; empty for the source itself."""
    spec: pathspec.GitIgnoreSpec | None = None
    above: Ignoring | None = None

    def leaves_out(self, relative: str) -> bool:
        """Whether the file at ``relative``, or the folder when it ends with a slash, is left out."""
        level: Ignoring | None = self
        while level is not None:
            if level.spec is not None:
                said = level.spec.check_file(relative[len(level.start) :]).include
                if said is not None:
                    return said
            level = level.above
        return False

    def within(self, folder: Path, start: str) -> Ignoring:
        """What holds in ``folder``, which lies at ``start`` below the source. Raises ``OSError`` when its file can't be read."""
        spec = _read(folder / FILE)
        return self if spec is None else Ignoring(start, spec, self)


def _read(path: Path) -> pathspec.GitIgnoreSpec | None:
    """The patterns of a file, lines that are none left out; ``None`` where there is no such file, or something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe has no end to wait for
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        lines = file.read(_LONGEST).decode("utf-8-sig", "replace").splitlines()
    good = []
    for line in lines:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error) as error:
            logger.warning("%s: the line %r says nothing: %s", path, line, error)
            continue
        good.append(line)
    return pathspec.GitIgnoreSpec.from_lines(good)
