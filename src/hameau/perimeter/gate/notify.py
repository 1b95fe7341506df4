"""The supervisor's end of the filter: calls that were stopped come in here, answers go out. Judges nothing.

Sources: ``seccomp_unotify(2)``, ``linux/seccomp.h``.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from dataclasses import dataclass

from hameau.perimeter.gate import calls
from hameau.perimeter.gate.filter import NOTIFY

_SET_FILTER, _ACTION_AVAILABLE, _SIZES = 1, 2, 3
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5  # SECCOMP_FILTER_FLAG_…
_READ_WRITE, _WRITE = 3, 1
_HEAD = struct.Struct("=QII")  # id, pid, flags
_DATA = struct.Struct("=iIQ6Q")  # nr, arch, instruction pointer, arguments
_ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
GONE = (errno.ENOENT, errno.EINPROGRESS)
"""The caller was killed, or went on because of a signal, before it was answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that waits for an answer. ``thread`` is the thread that made it, 0 when we can't see it."""

    id: int
    thread: int
    number: int
    arguments: tuple[int, ...]

    def integer(self, argument: int) -> int:
        """An argument as the ``int`` that the kernel sees."""
        low = self.arguments[argument] & 0xFFFF_FFFF
        return low - (1 << 32) if low >> 31 else low


def available() -> str:
    """Why this kernel has no user notification; empty when it has."""
    try:
        calls.system("seccomp", _ACTION_AVAILABLE, 0, struct.pack("=I", NOTIFY))
        _sizes()
    except OSError as error:
        return str(error)
    return ""


def install(program: bytes) -> int:
    """Puts this process behind ``program`` for ever and returns the listener's descriptor. No new privileges must be set."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    try:  # Linux 5.19: once the supervisor has taken a call up, only a deadly signal interrupts the caller
        return calls.system("seccomp", _SET_FILTER, _NEW_LISTENER | _WAIT_KILLABLE, header)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return calls.system("seccomp", _SET_FILTER, _NEW_LISTENER, header)


class Listener:
    """The listener of one tree. :meth:`receive` is for one thread, the rest is safe from many."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        question, answer, _ = _sizes()
        self._buffer = bytearray(question)
        self._answer_size = answer
        self._receive = _code(_READ_WRITE, question, 0)
        self._send = _code(_READ_WRITE, answer, 1)
        self._valid = _code(_WRITE, 8, 2)

    def fileno(self) -> int:
        return self._descriptor

    def receive(self) -> Call | None:
        """The next call; ``None`` when its caller is gone by now. Waits when there is none."""
        self._buffer[:] = bytes(len(self._buffer))
        try:
            fcntl.ioctl(self._descriptor, self._receive, self._buffer)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return None
            raise
        number_of_call, thread, _ = _HEAD.unpack_from(self._buffer)
        found = _DATA.unpack_from(self._buffer, _HEAD.size)
        return Call(number_of_call, thread, found[0], found[3:])

    def waits(self, call: Call) -> bool:
        """Whether the caller still waits. What was read of it before this question was really its own."""
        try:
            fcntl.ioctl(self._descriptor, self._valid, struct.pack("=Q", call.id))
        except OSError:
            return False
        return True

    def answer(self, call: Call, error: int) -> bool:
        """Lets the call return 0, or fail with ``error``. False when nobody waits any more."""
        response = _ANSWER.pack(call.id, 0, -error, 0).ljust(self._answer_size, b"\0")
        try:
            fcntl.ioctl(self._descriptor, self._send, response)
        except OSError as problem:
            if problem.errno in GONE:
                return False
            raise
        return True

    def close(self) -> None:
        """From now on every stopped call of the tree fails."""
        os.close(self._descriptor)


def _sizes() -> tuple[int, int, int]:
    """The sizes of the kernel's structures, which may grow: question, answer, data."""
    buffer = ctypes.create_string_buffer(6)
    calls.system("seccomp", _SIZES, 0, buffer)
    question, answer, data = struct.unpack("=3H", buffer.raw)
    return max(question, 80), max(answer, 24), data


def _code(direction: int, size: int, number: int) -> int:
    """An ioctl's number (``asm-generic/ioctl.h``), of the group ``!``."""
    return direction << 30 | size << 16 | ord("!") << 8 | number
