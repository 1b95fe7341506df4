"""Locks the process that reads strangers' files in, before it reads the first byte. Linux; standard library only.

Knows nothing of documents. :func:`lock_in` is called once, first thing, while the process has a single thread. What each
wall holds back, and what is not claimed, is written in ``docs/decisions/0005-extraction-sandbox.md``.

Sources: ``seccomp(2)``, ``landlock(7)``, ``user_namespaces(7)``, ``prctl(2)``, ``setrlimit(2)``; system call numbers from the
kernel's ``asm/unistd_64.h`` (x86-64) and ``asm-generic/unistd.h`` (aarch64).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

LANDLOCK, SECCOMP, NAMESPACE, LIMITS = "landlock", "seccomp", "namespace", "limits"
WALLS = (LIMITS, NAMESPACE, LANDLOCK, SECCOMP)
"""The names of the walls, as a worker reports those that hold."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x1000_0000, 0x4000_0000, 0x0001_0000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

# What reading a document never needs: sockets of any kind (the one to the parent exists already), new programs, other
# processes' memory, new namespaces, kernel doors. Each answers "not permitted"; io_uring answers "no such call", so that a
# library falls back instead of failing.
_NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "audit": 0xC000_003E, "clone": 56, "tgkill": 234, "clone3": 435, "io_uring_setup": 425,
        "socket": 41, "connect": 42, "bind": 49, "listen": 50, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
        "ptrace": 101, "mount": 165, "tkill": 200, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321,
        "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424, "pidfd_getfd": 438, "rt_sigqueueinfo": 129,
        "rt_tgsigqueueinfo": 297,
    },
    "aarch64": {
        "audit": 0xC000_00B7, "clone": 220, "tgkill": 131, "clone3": 435, "io_uring_setup": 425,
        "socket": 198, "connect": 203, "bind": 200, "listen": 201, "execve": 221, "kill": 129,
        "ptrace": 117, "mount": 40, "tkill": 130, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97,
        "perf_event_open": 241, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280,
        "execveat": 281, "userfaultfd": 282, "pidfd_send_signal": 424, "pidfd_getfd": 438, "rt_sigqueueinfo": 138,
        "rt_tgsigqueueinfo": 240,
    },
}  # fmt: skip
_SPECIAL = ("audit", "clone", "tgkill", "clone3", "io_uring_setup")


def lock_in(readable: Iterable[str], scratch: str, memory_bytes: int) -> tuple[str, ...]:
    """Locks this process in and returns the names of the walls that hold here.

    ``readable`` are the folders and files it may still read (its own program), ``scratch`` the one folder it may write in,
    ``memory_bytes`` the most private memory it may hold. A wall that this kernel lacks is left out, never fatal: the parent
    says which ones hold.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    holds = []
    _die_with_parent(libc)
    _limit(memory_bytes, scratch)
    holds.append(LIMITS)
    if not sys.platform.startswith("linux"):
        return tuple(holds)
    if _leave_the_network(libc):
        holds.append(NAMESPACE)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody of the same user looks into the document being read
    if _fence_files(libc, readable, scratch):
        holds.append(LANDLOCK)
    if _filter_calls(libc):
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


def _limit(memory_bytes: int, scratch: str) -> None:
    """Memory is bounded as private data (RLIMIT_DATA, which counts every private writable mapping since Linux 4.7): the
    address space itself also holds the read-only program and says little, so it only gets a loose bound."""
    disk = max(memory_bytes // 2, 1) if scratch else 0
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_AS: memory_bytes * 4,
        resource.RLIMIT_FSIZE: disk,
        resource.RLIMIT_NOFILE: 128,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _leave_the_network(libc: ctypes.CDLL) -> bool:
    """Moves into an empty network namespace; an ordinary user needs a user namespace of their own for it."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNET | (_CLONE_NEWUSER if user else 0)) != 0:
        return False
    if user:
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            try:
                Path(f"/proc/self/{name}").write_text(content, encoding="ascii")
            except OSError:
                continue  # unmapped, we are "nobody" to the kernel: even less to fear, and the namespace still holds
    return True


def _fence_files(libc: ctypes.CDLL, readable: Iterable[str], scratch: str) -> bool:
    """Only ``readable`` may be read and only ``scratch`` written, by Landlock (Linux 5.13)."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    everything = (1 << bits) - 1
    attributes = struct.pack("QQQ", everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    look, of_a_file = 0b1101, everything & 0b1100_0000_0000_0111
    for path, rights in [*((path, look) for path in readable), (scratch, everything), ("/dev/null", look | 2)]:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            allowed = rights if Path(path).is_dir() else rights & of_a_file
            libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, handle), 0)
        finally:
            os.close(handle)
    done = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """Installs the system call filter for this process and all its future threads."""
    numbers = _NUMBERS.get(platform.machine())
    if numbers is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    program = _program(numbers, os.getpid())
    code = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(header), 0, 0) == 0)


def _program(numbers: dict[str, int], own: int) -> Sequence[bytes]:
    """A classic BPF program over ``struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6]}``, little endian."""

    def load(offset: int) -> bytes:
        return struct.pack("HBBI", 0x20, 0, 0, offset)

    def same(value: int, then: int, otherwise: int) -> bytes:
        return struct.pack("HBBI", 0x15, then, otherwise, value)

    def answer(value: int) -> bytes:
        return struct.pack("HBBI", 0x06, 0, 0, value)

    kill, allow = answer(0x8000_0000), answer(0x7FFF_0000)
    no, absent = answer(0x0005_0000 | errno.EPERM), answer(0x0005_0000 | errno.ENOSYS)
    program = [load(4), same(numbers["audit"], 1, 0), kill, load(0)]
    program += [struct.pack("HBBI", 0x35, 0, 1, 0x4000_0000), kill]  # the x32 numbers of x86-64 would go round the list
    for name, number in numbers.items():
        if name not in _SPECIAL:
            program += [same(number, 0, 1), no]
    for name in ("clone3", "io_uring_setup"):  # glibc then makes its threads by clone, whose flags can be read here
        program += [same(numbers[name], 0, 1), absent]
    threads_only = struct.pack("HBBI", 0x45, 0, 1, _CLONE_THREAD)  # jump when any of these bits is set
    program += [same(numbers["clone"], 0, 4), load(16), threads_only, allow, no]
    program += [same(numbers["tgkill"], 0, 4), load(16), same(own, 0, 1), allow, no]  # abort() may end itself
    return [*program, allow]
