"""The system calls that Python 3.11 does not have: ``unshare``, ``setns``, ``bpf``. Errors are :class:`OSError`."""

from __future__ import annotations

import ctypes
import os
import platform

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

_BPF_NUMBERS = {"x86_64": 321, "aarch64": 280}  # asm/unistd_64.h, asm-generic/unistd.h
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Gives the calling thread new namespaces (unshare(2))."""
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Moves the calling thread into the namespace that ``descriptor`` stands for (setns(2))."""
    _checked(_libc.setns(descriptor, flags), "setns")


def bpf(command: int, attributes: ctypes.Array[ctypes.c_char]) -> int:
    """The system call bpf(2) with ``attributes`` as the kernel's ``union bpf_attr``; returns its result."""
    number = _BPF_NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(38, f"bpf is not known on {platform.machine()}")
    return _checked(_libc.syscall(number, command, attributes, len(attributes)), "bpf")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
