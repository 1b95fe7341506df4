"""The first steps of a worker process: die with the parent, shut itself in, and keep the pipe to the parent clean of an
engine's chatter."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

PARENT = "HAMEAU_PARENT_PID"
NAMESPACE, LANDLOCK, NO_NEW_PRIVILEGES = "namespace", "landlock", "no_new_privs"
WALLS = (NO_NEW_PRIVILEGES, NAMESPACE, LANDLOCK)
"""The names of the walls around an engine, as :func:`shut_in` reports those that hold."""

# prctl(2), unshare(2), capabilities(7), landlock(7)
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_CAP_VERSION, _CAP_DAC_READ_SEARCH = 0x2008_0522, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # on every processor
_READ = 0b1100  # files, and what is in a folder
_USE = 0b1000_0000_0000_1110  # also write, and speak to a device
_PLACE = 0b10_0011_1000  # look into a folder, remove what is in it, make a socket
_SCRATCH = 0b0100_0001_1000_0110  # make files and folders, write and read them
_LEAVE = 0b1_0000  # remove an empty folder
_OF_A_FILE = 0b1100_0000_0000_0111
_SYSTEM = (
    "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/sys", "/dev/urandom", "/dev/random", "/opt/rocm",
    "/usr/local/cuda",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/dri", "/dev/kfd", *map(str, Path("/dev").glob("nvidia*")))
"""What an engine may use: graphics cards, where a person has put in an engine that computes there."""


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent is gone, even while it is stopped (Linux; elsewhere the
    closed pipe ends it). The signal follows the parent's *thread*: :mod:`hameau.models.worker` starts us from one
    that stays."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if (parent := os.environ.get(PARENT)) and os.getppid() != int(parent):
        os._exit(1)  # it died before we could ask


def shut_in(
    readable: Iterable[str | Path] = (), folder: str | Path | None = None, *, scratch: bool = False
) -> tuple[str, ...]:
    """Leaves an engine nothing but its program, ``readable`` and the means to compute; returns the walls that hold.

    An empty network, no new rights, and no file of the person's but those named. ``folder`` is the one place where it may
    make a socket (with ``scratch`` also files), and take it and the folder away again. What this kernel forbids or lacks is
    left out: the perimeter around the whole of Hameau holds anyway. Call it before the engine is loaded, while there is
    one thread.
    """
    if sys.platform != "linux":
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    holds = [NO_NEW_PRIVILEGES] if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 else []
    if len(list(Path("/proc/self/task").iterdir())) == 1 and _leave_the_network(libc):
        holds.append(NAMESPACE)
    fenced = _fence_files(libc, [*_rules(readable), *_place(folder, scratch=scratch)])
    if fenced:
        holds.append(LANDLOCK)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    kept = 1 << _CAP_DAC_READ_SEARCH if fenced and os.geteuid() == 0 else 0  # root may run what lies in a closed folder
    libc.capset(struct.pack("Ii", _CAP_VERSION, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0))
    return tuple(holds)


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to the parent. Standard input becomes empty and standard output joins standard error, so that
    a library that prints can't break the conversation."""
    incoming, outgoing = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    os.close(empty)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


def _leave_the_network(libc: ctypes.CDLL) -> bool:
    """Into an empty network namespace; whoever may not make one as it is makes a user namespace around it."""
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        try:
            Path("/proc/self", name).write_text(content, encoding="ascii")
        except OSError:
            continue  # unmapped, we are nobody to the kernel: the namespace holds all the same
    return True


def _fence_files(libc: ctypes.CDLL, rules: Iterable[tuple[str | Path, int]]) -> bool:
    """Only the places that ``rules`` name can be opened, and only so, by Landlock (Linux 5.13)."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    everything = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    attributes = struct.pack("QQQ", everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    for path, rights in rules:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # not on this machine
        allowed = (rights if Path(path).is_dir() else rights & _OF_A_FILE) & everything
        libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, handle), 0)
        os.close(handle)
    done = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _rules(readable: Iterable[str | Path]) -> list[tuple[str | Path, int]]:
    """The program, ``readable`` and the means to compute."""
    program = [sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(os.path.isabs, sys.path)]
    libraries = filter(os.path.isabs, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    rules: list[tuple[str | Path, int]] = [(path, _READ) for path in (*program, *libraries, *_SYSTEM, *readable)]
    return rules + [(path, _USE) for path in _DEVICES]


def _place(folder: str | Path | None, *, scratch: bool) -> list[tuple[str | Path, int]]:
    if folder is None:
        return []
    return [(folder, _PLACE | (_SCRATCH if scratch else 0)), (Path(folder).parent, _LEAVE)]
