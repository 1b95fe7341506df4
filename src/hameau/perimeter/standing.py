"""What the keeper tells Hameau: that the system's walls hold for this user, and which addresses the names stand for.

A file that only root can write, in a folder that only root can write. Who believes it checks that, and that the keeper
is alive; so nobody without root can pretend to be held.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

RUN = Path("/run/hameau")
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """One user's walls. ``since`` is seconds since the epoch; ``born`` the keeper's start in the kernel's clock ticks."""

    uid: int
    pid: int
    born: int
    since: float
    mechanisms: tuple[str, ...]
    network: int = 0
    """The network namespace (its inode) in which nftables holds."""
    cgroup: str = "/"
    """The cgroup, and all below it, in which the programs hold."""
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The addresses that are open, by the name they were found for."""


def publish(standing: Standing, group: int, folder: Path = RUN) -> None:
    """Writes the file of this user whole or not at all; readable by root and ``group``."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = path_of(standing.uid, folder)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchown(handle, 0, group)
        os.fchmod(handle, 0o640)
        json.dump(asdict(standing), file)
    beside.replace(path)


def withdraw(uid: int, folder: Path = RUN) -> None:
    """Nothing is said about this user any more."""
    path_of(uid, folder).unlink(missing_ok=True)


def path_of(uid: int, folder: Path = RUN) -> Path:
    """The file that tells about the user ``uid``."""
    return folder / f"perimeter-{uid}.json"


def held_for(uid: int, folder: Path = RUN) -> tuple[str, ...]:
    """The mechanisms of the system (``nftables``, ``cgroup``) that hold the user ``uid`` in *this* process's network
    and cgroup, kept up by a living keeper; empty when that can't be shown."""
    standing = read(uid, folder)
    if standing is None or not _alive(standing):
        return ()
    true_here = {"nftables": own_network() == standing.network, "cgroup": _within(_cgroup(), standing.cgroup)}
    return tuple(each for each in standing.mechanisms if true_here.get(each, False))


def addresses_for(uid: int, host: str, folder: Path = RUN) -> tuple[str, ...]:
    """The addresses of ``host`` that the walls of the user ``uid`` let through: the keeper asked the resolver, since
    the user may not. Empty when it has none (yet)."""
    standing = read(uid, folder)
    return standing.names.get(host, ()) if standing else ()


def read(uid: int, folder: Path = RUN) -> Standing | None:
    """What the file of this user says, when it is root's own; ``None`` otherwise."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        if not _roots_own(folder.stat()):
            return None
        handle = os.open(path_of(uid, folder), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not _roots_own(found) or not stat.S_ISREG(found.st_mode):
                return None
            told = json.loads(file.read(_LIMIT))
        names = {str(host): tuple(map(str, addresses)) for host, addresses in told.pop("names").items()}
        standing = Standing(**{**told, "mechanisms": tuple(told["mechanisms"]), "names": names})
        return standing if standing.uid == uid else None
    return None


def own_network() -> int:
    """The inode of this process's network namespace; 0 when it can't be seen."""
    with suppress(OSError):
        return Path("/proc/thread-self/ns/net").stat().st_ino
    return 0


def born(pid: int) -> int:
    """When the process began, in clock ticks since the machine's start; 0 when that can't be seen (proc(5), stat)."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def _roots_own(found: os.stat_result) -> bool:
    return found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _alive(standing: Standing) -> bool:
    """A process that belongs to another user (root) answers « not permitted » to signal 0; one's own would be a lie."""
    try:
        os.kill(standing.pid, 0)
        if os.geteuid() != 0:
            return False
    except PermissionError:
        pass
    except OSError:
        return False
    return born(standing.pid) in (0, standing.born)


def _cgroup() -> str:
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::"):
                return line[3:]
    return ""


def _within(inner: str, outer: str) -> bool:
    return bool(inner) and (outer == "/" or inner == outer or inner.startswith(outer + "/"))
