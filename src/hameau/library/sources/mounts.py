"""Which disks and shares are mounted, and where. Reads Linux's own list; elsewhere nothing is known of mounts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

LIST = Path("/proc/self/mountinfo")
"""A line for each mount; whoever polls it for priority events hears when one comes or goes (proc(5))."""
_OCTAL = re.compile(rb"\\([0-7]{3})")
_REMOTE = frozenset(
    (
        "nfs nfs4 cifs smb3 smbfs 9p afs ceph coda davfs glusterfs lustre ncpfs beegfs orangefs gfs2 ocfs2 "
        "prl_fs vboxsf vmhgfs virtiofs"
    ).split()
)


class Mounts:
    """The mounts of one moment: the folder of each and the kind of its file system."""

    def __init__(self, points: Mapping[str, str] | None = None) -> None:
        self._points = dict(points or {})
        self._some_remote = any(map(_is_remote, self._points.values()))

    @property
    def points(self) -> frozenset[str]:
        """The folders on which something is mounted."""
        return frozenset(self._points)

    def inside(self, folder: str) -> list[str]:
        """The mounts below ``folder``, itself left out."""
        start = folder.rstrip("/") + "/"
        return sorted(point for point in self._points if point.startswith(start) and point != folder)

    def remote(self, path: str) -> bool:
        """Whether ``path`` lies where another machine, or a program, may change files without the kernel telling us."""
        return self._some_remote and _is_remote(self._points.get(_longest(path, self._points), ""))


def mounted(list_of_mounts: Path = LIST) -> Mounts:
    """What is mounted now, as this process sees it."""
    try:
        lines = list_of_mounts.read_bytes().splitlines()
    except OSError:
        return Mounts()
    points: dict[str, str] = {}
    for line in lines:
        place, _, kind = line.partition(b" - ")
        fields = place.split(b" ")
        if len(fields) >= 5 and kind:  # mountinfo of proc(5): the fifth is the folder, then options, a dash, the kind
            path = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), fields[4])
            points[os.fsdecode(path)] = kind.split(b" ")[0].decode("ascii", "replace")
    return Mounts(points)


def _is_remote(kind: str) -> bool:
    return kind in _REMOTE or kind.startswith("fuse.") or kind == "fuse"


def _longest(path: str, points: Iterable[str]) -> str:
    above = (point for point in points if point in ("/", path) or path.startswith(point.rstrip("/") + "/"))
    return max(above, key=len, default="")
