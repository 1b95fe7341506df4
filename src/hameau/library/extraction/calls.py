"""The system calls that reading a document needs, and a filter that refuses all others. Linux; standard library only.

A list of what is allowed, for what is forbidden can't be listed: every new kernel brings more. Nothing here makes a socket,
a program, a process or a file, changes a file's name, rights or times, or reaches another process in any way. Calls older
than Linux 5.1 answer "not permitted"; younger ones "no such call", so that a library takes the older way.

The filter comes in two steps, since the engine unpacks a library of its own into the worker's folder when it starts:
:func:`forbid_reaching_out` before anything is loaded, :func:`forbid_writing` before the first document.

Sources: ``seccomp(2)``; numbers from the kernel's ``asm/unistd_64.h`` (x86-64) and ``asm-generic/unistd.h`` (aarch64).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence

_SECCOMP, _SET_MODE_FILTER, _FOR_ALL_THREADS = {"x86_64": 317, "aarch64": 277}, 1, 1
_AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_FREE: dict[str, tuple[int, ...]] = {
    "x86_64": (
        0, 1, 3, 4, 5, 6, 8, 262, 332, 202,  # read write close stat fstat lstat lseek newfstatat statx futex
        19, 20, 17, 18, 295, 296, 327, 328,  # readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2
        436, 32, 33, 292, 22, 293,  # close_range dup dup2 dup3 pipe pipe2
        7, 271, 23, 270, 213, 291, 233, 232, 281, 441, 284, 290,  # poll ppoll select pselect6 epoll_* eventfd eventfd2
        77, 74, 75, 221,  # ftruncate fsync fdatasync fadvise64
        21, 269, 439, 89, 267, 78, 217, 79, 137, 138, 95,  # access* readlink* getdents* getcwd statfs fstatfs umask
        12, 11, 10, 25, 28, 27, 26, 324, 334,  # brk munmap mprotect mremap madvise mincore msync membarrier rseq
        449, 273, 274, 218, 186, 60, 231,  # futex_waitv set/get_robust_list set_tid_address gettid exit exit_group
        24, 204, 143, 145, 146, 147, 140, 158, 309,  # sched_yield sched_get* getpriority arch_prctl getcpu
        13, 14, 15, 127, 128, 130, 131, 219, 34,  # rt_sig(action procmask return pending timedwait suspend)… pause
        228, 229, 230, 35, 96, 201, 100, 98, 99, 63, 318,  # clocks times getrusage sysinfo uname getrandom
        44, 45, 46, 47, 48, 55, 51, 52,  # send* recv* shutdown getsockopt getsockname getpeername
        39, 110, 102, 107, 104, 108, 115, 111, 121, 124, 118, 120, 125, 97, 160,  # get*id capget getrlimit setrlimit
    ),
    "aarch64": (
        63, 64, 57, 79, 80, 62, 291, 98, 65, 66, 67, 68, 69, 70, 286, 287, 436, 23, 24, 59,
        73, 72, 20, 21, 22, 441, 19, 46, 82, 83, 223, 48, 439, 78, 61, 17, 43, 44, 166,
        214, 215, 226, 216, 233, 232, 227, 283, 293, 449, 99, 100, 96, 178, 93, 94,
        124, 123, 121, 120, 125, 126, 141, 168, 134, 135, 139, 136, 137, 133, 132, 128,
        113, 114, 115, 101, 169, 153, 165, 179, 160, 278, 206, 207, 211, 212, 210, 209, 204, 205,
        172, 173, 174, 175, 176, 177, 158, 155, 156, 148, 150, 90, 163, 164,
    ),
}  # fmt: skip
"""Calls that touch only this process, what it has open, and what it may read. aarch64's in the same order."""

_MAKING: dict[str, tuple[int, ...]] = {
    "x86_64": (83, 258, 87, 263, 84, 82, 264, 316, 90, 91, 268, 85),  # mkdir* unlink* rmdir rename* chmod* creat
    "aarch64": (34, 35, 38, 276, 52, 53),
}
"""Calls that make, name and remove files: of use only until the engine is ready."""

_WEIGHED: dict[str, dict[str, int]] = {
    "x86_64": {
        "open": 2, "openat": 257, "mmap": 9, "clone": 56, "tgkill": 234, "prlimit64": 302, "prctl": 157, "fcntl": 72,
        "ioctl": 16, "socketpair": 53,
    },
    "aarch64": {
        "openat": 56, "mmap": 222, "clone": 220, "tgkill": 131, "prlimit64": 261, "prctl": 167, "fcntl": 25, "ioctl": 29,
        "socketpair": 199,
    },
}  # fmt: skip
"""Calls that are allowed for some arguments, see :func:`_weighed`."""

_CLONE3 = 435  # its flags lie where a filter can't look; glibc then makes its threads by clone
_MODERN = 424  # the first number that all processors share, Linux 5.1
_OPENS_FOR_MORE = 0o3 | 0o100 | 0o1000  # O_WRONLY and O_RDWR, O_CREAT, O_TRUNC
_MAP_KIND, _MAP_SHARED_NOWHERE = (
    0x2F,
    0x21,
)  # MAP_TYPE|MAP_ANONYMOUS; shared memory without a file is counted by no limit
_CLONE_THREAD = 0x0001_0000
_PRCTL = (15, 16, 3, 23, 27, 39, 38, 22, 0x5356_4D41)  # names of threads and maps, questions, more walls
_FCNTL = (0, 1, 2, 3, 4, 1030)  # duplicates and flags; not locks, leases, nor owners that get signals
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, how much is there, block or not
_STREAM, _SEQPACKET, _KIND = 1, 5, 0xF  # a datagram socket could write to any other of this machine, by its path


def forbid_reaching_out() -> bool:
    """Leaves this process its own memory and its files; whether the filter holds.

    Call it with ``no_new_privs`` set. False on processors whose numbers are not known here, and on kernels without seccomp.
    """
    return _install(writing=True)


def forbid_writing() -> bool:
    """Takes away, from all threads, what makes, opens for writing, names or removes a file. Files open by now stay open."""
    return _install(writing=False)


def _install(*, writing: bool) -> bool:
    machine = platform.machine()
    if machine not in _AUDIT or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    program = _program(machine, os.getpid(), writing=writing)
    code = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _FOR_ALL_THREADS, ctypes.byref(header)) == 0)


# A classic BPF program over ``struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6]}``, little endian.


def _load(offset: int) -> bytes:
    return struct.pack("HBBI", 0x20, 0, 0, offset)


def _and(mask: int) -> bytes:
    return struct.pack("HBBI", 0x54, 0, 0, mask)


def _same(value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("HBBI", 0x15, then, otherwise, value)


def _at_least(value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("HBBI", 0x35, then, otherwise, value)


def _answer(value: int) -> bytes:
    return struct.pack("HBBI", 0x06, 0, 0, value)


_KILL, _ALLOW = _answer(0x8000_0000), _answer(0x7FFF_0000)
_NO, _ABSENT = _answer(0x0005_0000 | errno.EPERM), _answer(0x0005_0000 | errno.ENOSYS)
_NO_TERMINAL = _answer(0x0005_0000 | errno.ENOTTY)


def _program(machine: str, own: int, *, writing: bool) -> Sequence[bytes]:
    program = [_load(4), _same(_AUDIT[machine], 1, 0), _KILL, _load(0)]
    program += [_at_least(0x4000_0000, 0, 1), _KILL]  # the x32 numbers of x86-64 would go round the list
    for number in _FREE[machine] + ((*_MAKING[machine], _SECCOMP[machine]) if writing else ()):
        program += [_same(number, 0, 1), _ALLOW]
    for name, number in _WEIGHED[machine].items():
        if writing and name in ("open", "openat"):
            program += [_same(number, 0, 1), _ALLOW]
            continue
        steps = _weighed(name, own)
        program += [_same(number, 0, len(steps)), *steps]
    return [*program, _same(_CLONE3, 0, 1), _ABSENT, _at_least(_MODERN, 0, 1), _ABSENT, _NO]


def _weighed(name: str, own: int) -> list[bytes]:
    """What decides a call by its arguments; ends in an answer on every way."""
    match name:
        case "open" | "openat":  # reading only: the one file that a worker writes is open already
            return [_argument(1 if name == "open" else 2), _and(_OPENS_FOR_MORE), _same(0, 0, 1), _ALLOW, _NO]
        case "mmap":
            return [_argument(3), _and(_MAP_KIND), _same(_MAP_SHARED_NOWHERE, 0, 1), _NO, _ALLOW]
        case "clone":
            return [_argument(0), struct.pack("HBBI", 0x45, 0, 1, _CLONE_THREAD), _ALLOW, _NO]  # any of these bits set
        case "tgkill":
            return [_argument(0), _same(own, 0, 1), _ALLOW, _NO]  # abort() may end itself
        case "prlimit64":
            return [_argument(0), _same(0, 0, 1), _ALLOW, _NO]  # not the limits of the server
        case "prctl":
            return [_argument(0), *_one_of(_PRCTL), _NO]
        case "fcntl":
            return [_argument(1), *_one_of(_FCNTL), _NO]
        case "ioctl":
            return [_argument(1), *_one_of(_IOCTL), _NO_TERMINAL]
        case _:  # socketpair
            kinds = [_argument(1), _and(_KIND), *_one_of((_STREAM, _SEQPACKET)), _NO]
            return [_argument(0), _same(1, 1, 0), _NO, *kinds]  # AF_UNIX


def _argument(index: int) -> bytes:
    """The lower half of an argument: these are all of the kernel's type int, or flags that fit in it."""
    return _load(16 + 8 * index)


def _one_of(values: Iterable[int]) -> list[bytes]:
    return [step for value in values for step in (_same(value, 0, 1), _ALLOW)]
