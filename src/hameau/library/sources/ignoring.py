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
from typing import Any

import pathspec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

logger = logging.getLogger(__name__)

FILE = ".hameauignore"
LONGEST = 100_000
"""Bytes of one such file: thousands of patterns, each of which every name is held against."""
_STAR = "[^/]*"
"""How the library writes a ``*``."""
_BEFORE_ANOTHER = re.compile(r"\[\^/\]\*((?:\\.|(?!\[\^/\]\*)[^()\\])*)(?=\[\^/\]\*)", re.DOTALL)
_MOST_STARS, _MOST_DEPTHS = 2, 3
"""Of those that must be tried in every way, and of ``**``: a name that a stranger chose must not keep us for ever."""


class _Quick(GitIgnoreSpecPattern):
    """A pattern in which what stands between two ``*`` is taken where it is found first: what fits at all fits so too, and
    nothing is tried twice."""

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: Any) -> tuple[Any, bool | None]:
        """As the library has it. Raises ``ValueError`` for what would take too long."""
        made, include = super().pattern_to_regex(pattern)
        if not isinstance(made, str):
            return made, include
        quick = _BEFORE_ANOTHER.sub(r"(?>[^/]*?\1)", made)
        if quick.count(_STAR) - quick.count(_STAR + "?") > _MOST_STARS or quick.count(".+") > _MOST_DEPTHS:
            raise ValueError("too many stars")
        return quick, include


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
        said = _read(folder / FILE)
        return self if said is None else self.saying(said, start)

    def saying(self, said: bytes, start: str) -> Ignoring:
        """What holds at ``start`` below the source, where a file says ``said``."""
        return Ignoring(start, _patterns(said, start), self)


def _read(path: Path) -> bytes | None:
    """The beginning of a file; ``None`` where there is no such file, or something else."""
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
        return file.read(LONGEST)


def _patterns(said: bytes, start: str) -> pathspec.GitIgnoreSpec:
    """The patterns of a file, lines that are none left out."""
    good = []
    for line in said[:LONGEST].decode("utf-8-sig", "replace").splitlines():
        try:
            pathspec.GitIgnoreSpec.from_lines([line], _Quick)
        except (ValueError, re.error) as error:
            logger.warning("%s%s: the line %r says nothing: %s", start, FILE, line, error)
            continue
        good.append(line)
    return pathspec.GitIgnoreSpec.from_lines(good, _Quick)
