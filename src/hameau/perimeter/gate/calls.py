"""The system calls that Python does not have, as thin functions. Errors are :class:`OSError`. Decides nothing."""

# ruff: noqa: PTH123 - on the way of every call: paths stay plain texts
from __future__ import annotations

import ctypes
import fcntl
import os
import struct

from hameau.perimeter.gate.numbers import HERE

SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS, CAP_AMBIENT = 1, 4, 24, 36, 38, 47
"""Options of ``prctl(2)``, ``PR_…``."""
_PIDFD_THREAD = os.O_EXCL  # Linux 6.9
_BENEATH, _NO_SYMLINKS, _NO_MAGICLINKS = 0x08, 0x04, 0x02  # RESOLVE_…, openat2(2)

_libc = ctypes.CDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def checked(result: int, what: str) -> int:
    """``result``, or the error that ``errno`` holds."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system(call: str, *arguments: object) -> int:
    """The system call named ``call``."""
    number = HERE.get(call)
    if number is None:
        raise OSError(38, f"{call} is not known here")
    return checked(int(_libc.syscall(number, *arguments)), call)


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``; what is not given is 0."""
    filled = [ctypes.c_ulong(each) for each in (*arguments, 0, 0, 0, 0)[:4]]
    return checked(_libc.prctl(option, *filled), "prctl")


def memory(pid: int, address: int, length: int) -> bytes:
    """``length`` bytes of another process (``process_vm_readv(2)``)."""
    buffer = ctypes.create_string_buffer(length)
    ours = _Vector(ctypes.addressof(buffer), length)
    theirs = _Vector(address, length)
    one = ctypes.c_ulong(1)
    got = system("process_vm_readv", pid, ctypes.byref(ours), one, ctypes.byref(theirs), one, ctypes.c_ulong(0))
    if got != length:
        raise OSError(14, "Bad address")
    return buffer.raw


def thread_handle(thread: int) -> int:
    """A pidfd of the process of ``thread``. The caller asks the kernel afterwards whether it still waits."""
    try:
        return system("pidfd_open", thread, _PIDFD_THREAD)
    except OSError:
        return system("pidfd_open", group_of(thread), 0)


def group_of(thread: int) -> int:
    """The process that ``thread`` belongs to."""
    with open(f"/proc/{thread}/status", encoding="utf-8", errors="replace") as status:
        for line in status:
            if line.startswith("Tgid:"):
                return int(line.split()[1])
    raise ProcessLookupError(3, f"no process {thread}")


def borrowed(thread: int, descriptor: int) -> int:
    """A descriptor of ours for the file that ``descriptor`` is to ``thread`` (``pidfd_getfd(2)``, Linux 5.6)."""
    handle = thread_handle(thread)
    try:
        return system("pidfd_getfd", handle, descriptor, 0)
    finally:
        os.close(handle)


def connect(descriptor: int, address: bytes) -> int:
    """``connect(2)`` with the very bytes of ``address``; 0 or the error's number."""
    done = _libc.connect(descriptor, address, len(address))
    return ctypes.get_errno() if done != 0 else 0


def listen(descriptor: int, backlog: int) -> int:
    """``listen(2)``; 0 or the error's number."""
    return ctypes.get_errno() if _libc.listen(descriptor, backlog) != 0 else 0


def shutdown(descriptor: int) -> int:
    """``shutdown(2)`` both ways; 0 or the error's number."""
    return ctypes.get_errno() if _libc.shutdown(descriptor, 2) != 0 else 0


def is_blocking(descriptor: int) -> bool:
    """Whether a call on ``descriptor`` may wait."""
    return not fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_NONBLOCK


def inode_of(folder: int, path: str) -> int:
    """A handle (O_PATH) of the file at ``path`` beneath ``folder``, no link followed on the way (``openat2(2)``)."""
    how = struct.pack("=QQQ", os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW, 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    return system("openat2", folder, os.fsencode(path), how, ctypes.c_size_t(len(how)))


def landlock(attributes: bytes, rules: tuple[bytes, ...] = ()) -> None:
    """Restricts this thread, and its children to come, by a ruleset without exceptions but ``rules`` (paths)."""
    ruleset = system("landlock_create_ruleset", attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for rule in rules:
            system("landlock_add_rule", ruleset, 1, rule, 0)
        system("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def landlock_version() -> int:
    """The ABI version of Landlock, 0 without it (``landlock_create_ruleset(2)``, LANDLOCK_CREATE_RULESET_VERSION)."""
    try:
        return system("landlock_create_ruleset", None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def pointer_bytes() -> int:
    """The size of an address in this process."""
    return ctypes.sizeof(ctypes.c_void_p)


_SOMETHING = ctypes.create_string_buffer(b"hameau")


def somewhere() -> int:
    """An address of this process that another may be asked to read, to see whether it can."""
    return ctypes.addressof(_SOMETHING)
