"""Locks the process that reads strangers' files in, before it reads the first byte. Linux; standard library only.

Knows nothing of documents. :func:`lock_in` is called once, first thing, while the process has a single thread. What each
wall holds back, and what is not claimed, is written in ``docs/decisions/0005-extraction-sandbox.md``.

Sources: ``landlock(7)``, ``user_namespaces(7)``, ``capabilities(7)``, ``prctl(2)``, ``setrlimit(2)``.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

LANDLOCK, SECCOMP, NAMESPACE, LIMITS = "landlock", "seccomp", "namespace", "limits"
WALLS = (LIMITS, NAMESPACE, LANDLOCK, SECCOMP)
"""The names of the walls, as a worker reports those that hold."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # on every processor
_CAP_VERSION, _CAP_DAC_READ_SEARCH = 0x2008_0522, 2
_LOOK = 0b1100  # LANDLOCK_ACCESS_FS_READ_FILE, _READ_DIR
_WORK = 0b100_0001_1011_1110  # files and folders made, written, cut and removed; no devices, sockets, pipes or links
_OF_A_FILE = 0b1100_0000_0000_0111
_THREADS = 64
_COUNTED_APART = (5, 14)  # since this Linux a user namespace counts its processes by itself


def lock_in(
    readable: Iterable[str], scratch: str, memory_bytes: int, filter_calls: Callable[[], bool]
) -> tuple[str, ...]:
    """Locks this process in and returns the names of the walls that hold here.

    ``readable`` are the folders and files it may still read (its own program), ``scratch`` the one folder it may write in,
    ``memory_bytes`` the most private memory it may hold; ``filter_calls`` puts up the last wall. A wall that this kernel
    lacks is left out, never fatal: the parent says which ones hold.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    holds = []
    _die_with_parent(libc)
    _limit(memory_bytes)
    holds.append(LIMITS)
    if not sys.platform.startswith("linux"):
        return tuple(holds)
    if _leave_the_network(libc):
        holds.append(NAMESPACE)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    fenced = _fence_files(libc, readable, scratch)
    if fenced:
        holds.append(LANDLOCK)
    _drop_privileges(libc, keep_reading=fenced)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody of the same user looks into the document being read
    if filter_calls():
        holds.append(SECCOMP)
    return tuple(holds)


def bound_processor_time(seconds: int) -> None:
    """Ends this process (SIGXCPU) after ``seconds`` more of processor time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _die_with_parent(libc: ctypes.CDLL) -> None:
    parent = os.getppid()
    if sys.platform.startswith("linux"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent or parent == 1:  # it died before we asked
            os._exit(0)


def _limit(memory_bytes: int) -> None:
    """Memory is bounded as private data (RLIMIT_DATA, which counts every private writable mapping since Linux 4.7): the
    address space itself also holds the read-only program and says little, so it only gets a loose bound."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_AS: memory_bytes * 4,
        resource.RLIMIT_FSIZE: max(memory_bytes // 2, 1),
        resource.RLIMIT_NOFILE: 128,
    }
    for kind, value in wanted.items():
        _bound(kind, value)


def _bound(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


def _leave_the_network(libc: ctypes.CDLL) -> bool:
    """Moves into an empty network namespace. Whoever may not make one as it is (an ordinary user, a root without rights)
    makes a user namespace around it, where the kernel allows that."""
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        try:
            Path(f"/proc/self/{name}").write_text(content, encoding="ascii")
        except OSError:
            continue  # unmapped, we are "nobody" to the kernel: even less to fear, and the namespace still holds
    if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= _COUNTED_APART:
        _bound(resource.RLIMIT_NPROC, _THREADS)  # elsewhere it would count everything that the person runs
    return True


def _fence_files(libc: ctypes.CDLL, readable: Iterable[str], scratch: str) -> bool:
    """Only ``readable`` may be read, only ``scratch`` written, and nothing run, by Landlock (Linux 5.13)."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    attributes = struct.pack("QQQ", (1 << bits) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    everything = (1 << bits) - 1
    for path, rights in [*((path, _LOOK) for path in readable), (scratch, everything & _WORK)]:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            allowed = rights if Path(path).is_dir() else rights & _OF_A_FILE
            libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, handle), 0)
        finally:
            os.close(handle)
    done = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _drop_privileges(libc: ctypes.CDLL, *, keep_reading: bool) -> None:
    """Gives back what root, or the owner of a user namespace, may do above others. ``keep_reading`` keeps the right to read
    whatever Landlock left: root may run a program that lies in somebody else's closed folder."""
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without rights, and then there is nothing to drop
    kept = 1 << _CAP_DAC_READ_SEARCH if keep_reading and os.geteuid() == 0 else 0
    libc.capset(struct.pack("Ii", _CAP_VERSION, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0))
