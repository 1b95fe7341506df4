"""The walls that stand beside the filter: no inherited sockets, Landlock, no dangerous capabilities. Each is put up by
the process that goes behind them, while it has one thread. What can't be had is left out, and its name with it.

Sources: ``landlock(7)``, ``capabilities(7)``, ``prctl(2)``.
"""

# ruff: noqa: PTH115, PTH123, PTH208 - on the way of every call: paths stay plain texts
from __future__ import annotations

import ctypes
import os
import signal
import socket
import stat
import struct

from hameau.perimeter.gate import calls

SECCOMP, LANDLOCK, CAPABILITIES = "seccomp", "landlock", "capabilities"

_CONNECT_TCP = 1 << 1
_ABSTRACT_UNIX, _SIGNALS = 1 << 0, 1 << 1
_REFER, _MAKE_BLOCK = 1 << 13, 1 << 11
_KEPT = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 15, 23, 24, 28)
"""Files and users (CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP), low ports
(NET_BIND_SERVICE), IPC_LOCK, IPC_OWNER, SYS_NICE, SYS_RESOURCE, LEASE. Without them: the network's settings, raw packets,
modules, other processes' memory, mounts, devices, the clock, and what the kernel will yet add."""
_V3 = 0x2008_0522


def die_with(parent: int) -> None:
    """This process gets SIGKILL when ``parent`` dies."""
    calls.prctl(calls.SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def close_sockets() -> None:
    """Closes what was opened outside and could lead there: sockets from descriptor 3 on, rings of io_uring; and puts
    « nothing » in the place of a standard stream that is a network socket, or one for datagrams, which sends anywhere."""
    for name in os.listdir("/proc/self/fd"):
        descriptor = int(name)
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
            is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
        except OSError:
            continue
        if descriptor > 2 and (is_socket or "io_uring" in target):
            os.close(descriptor)
        elif is_socket and not _leads_to_one_program(descriptor):
            nothing = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
            os.dup2(nothing, descriptor)
            os.close(nothing)


def drop_capabilities() -> bool:
    """Gives up what a user's program never needs, for ever; false when there was nothing to give up."""
    header = struct.pack("=Ii", _V3, 0)
    kept = sum(1 << each for each in _KEPT)
    found = ctypes.create_string_buffer(24)
    libc = ctypes.CDLL(None, use_errno=True)
    calls.checked(libc.capget(header, found), "capget")
    low = struct.unpack("=6I", found.raw)
    if not any(low):
        return False
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for each in range(last + 1):
        if each not in _KEPT:
            calls.prctl(calls.CAPBSET_DROP, each)
    calls.prctl(calls.CAP_AMBIENT, 4)  # PR_CAP_AMBIENT_CLEAR_ALL
    effective, permitted, inheritable = (low[0] | low[3] << 32), (low[1] | low[4] << 32), (low[2] | low[5] << 32)
    now = [each & kept for each in (effective, permitted, inheritable)]
    packed = struct.pack("=6I", *(each & 0xFFFF_FFFF for each in now), *(each >> 32 for each in now))
    calls.checked(libc.capset(header, packed), "capset")
    return True


def put_up_landlock() -> bool:
    """No TCP connection by this tree itself (the supervisor makes them), no signal to and no look into a process outside,
    no abstract unix socket of others; what of it this kernel knows."""
    version = calls.landlock_version()
    try:
        if version >= 6:
            calls.landlock(struct.pack("=QQQ", 0, _CONNECT_TCP, _ABSTRACT_UNIX | _SIGNALS))
        elif version >= 4:
            calls.landlock(struct.pack("=QQ", 0, _CONNECT_TCP))
        elif version >= 2:  # a domain as such already bars the way into processes outside it
            rights = _REFER | _MAKE_BLOCK
            root = os.open("/", os.O_PATH | os.O_CLOEXEC)
            try:
                calls.landlock(struct.pack("=Q", rights), (struct.pack("=Qi", rights, root),))
            finally:
                os.close(root)
    except OSError:
        return False
    return version >= 2


def _leads_to_one_program(descriptor: int) -> bool:
    line = socket.socket(fileno=descriptor)
    try:
        return line.family == socket.AF_UNIX and line.type != socket.SOCK_DGRAM
    finally:
        line.detach()
