"""Models that lie somewhere on this machine and could be added: on a stick, or in the folder of another program.

Looks only where people and programs put models, not far down and not for long, and follows no link.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import psutil

from hameau.models.types import Nearby

logger = logging.getLogger(__name__)

STICKS = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
"""Where systems put what is plugged in (Filesystem Hierarchy Standard 3.0, 3.11 and 3.12; udisks2; macOS)."""
FOLDERS = (
    "Downloads",
    "Téléchargements",
    ".lmstudio/models",
    ".cache/lm-studio/models",
    ".local/share/nomic.ai/GPT4All",
    "jan/models",
)
"""Where else models often are, inside a person's own folder."""
SHOWN = 50
_DEPTH = 4
_ENTRIES = 20_000
_SECONDS = 2.0


def places() -> list[Path]:
    """The folders that are looked into: mounted sticks and disks first."""
    try:
        mounts = [part.mountpoint for part in psutil.disk_partitions(all=False)]
    except (OSError, NotImplementedError) as error:  # no list of mounts on this system
        logger.debug("mounts can't be listed: %s", error)
        mounts = []
    plugged = sorted({Path(mount) for mount in mounts if mount.startswith(STICKS)})
    own = [folder for name in FOLDERS if (folder := Path.home() / name).is_dir()]
    return plugged + own


def nearby(folders: Collection[Path], known: Collection[int] = ()) -> tuple[Nearby, ...]:
    """The GGUF files and the folders in the form of Hugging Face below ``folders``, the first ones by place and name.

    ``known`` are the sizes of models that are here already: a file of exactly that size is one of them.
    """
    end = time.monotonic() + _SECONDS
    found: list[Nearby] = []
    for folder in folders:
        for one in _below(folder, end):
            if one.size_bytes not in known:
                found.append(one)
            if len(found) == SHOWN:
                return tuple(found)
    return tuple(found)


def _below(top: Path, end: float) -> Iterator[Nearby]:
    depth, entries = len(top.parts), 0
    for parent, folders, names in os.walk(top, onerror=lambda error: logger.debug("not listed: %s", error)):
        entries += len(names) + len(folders)
        if entries > _ENTRIES or time.monotonic() > end:
            return
        here = Path(parent)
        weights = [name for name in names if name.endswith(".safetensors")]
        if weights and "config.json" in names:
            folders.clear()
            yield Nearby(str(here), here.name, sum(_size(here / name) for name in weights), top.name)
            continue
        folders[:] = (
            sorted(name for name in folders if not name.startswith(".")) if len(here.parts) - depth < _DEPTH else []
        )
        for name in sorted(names):
            if name.lower().endswith(".gguf") and not name.startswith((".", "mmproj")):
                yield Nearby(str(here / name), name[: -len(".gguf")], _size(here / name), top.name)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # gone meanwhile
        return 0
