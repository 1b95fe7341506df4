"""Asks the kernel about one TCP socket: who listens at a place, how much a connection has carried. Judges nothing.

One question of the kind ``INET_DIAG`` costs some microseconds whatever the number of sockets (``sock_diag(7)``,
``linux/inet_diag.h``). A kernel without it is asked by ``/proc/net/tcp``.
"""

# ruff: noqa: PTH123 - on the way of every call: paths stay plain texts
from __future__ import annotations

import errno
import socket
import struct
import threading
from dataclasses import dataclass

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR = (
    4,
    20,
    1,
    2,
)  # NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, NLMSG_ERROR
_LISTEN = 10
_INFO = 2  # INET_DIAG_INFO
_TCP = 6
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBxI2s2s16s16sIII")
_ANSWER = struct.Struct("=BBBB2s2s16s16sIIIIIIII")
_NO_COOKIE = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Socket:
    """A TCP socket as the kernel sees it. ``inode`` is 0 once no program holds it; bytes are only there when ``counted``."""

    inode: int
    state: int
    waiting: int = 0
    """Of a listener: how many wait to be accepted."""
    room: int = 0
    """Of a listener: how many may; 0 when not known."""
    sent: int = 0
    received: int = 0
    counted: bool = False


class Diagnosis:
    """One line to the kernel; safe from many threads."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._lock = threading.Lock()
        self._sequence = 0
        try:
            self._line = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _SOCK_DIAG)
        except OSError:
            return
        try:
            self._ask(socket.AF_INET, bytes(4), 1, bytes(4), 0)
        except OSError as error:
            if error.errno != errno.ENOENT:
                self._line = None

    @property
    def exact(self) -> bool:
        """Whether the kernel answers such questions."""
        return self._line is not None

    def fileno(self) -> int:
        """The line's descriptor; -1 without one."""
        return self._line.fileno() if self._line is not None else -1

    def listener(self, packed: bytes, port: int) -> Socket | None:
        """Who would be reached by a connection to ``port`` of the address ``packed`` (4 or 16 bytes) of this machine."""
        if self._line is None:
            return _listed(packed, port)
        family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
        try:
            found = self._ask(family, packed, port, packed, 0)
        except OSError:
            return None
        return found if found.state == _LISTEN else None

    def connection(self, local: tuple[bytes, int], remote: tuple[bytes, int]) -> Socket | None:
        """The connection between two places, while there is one."""
        if self._line is None:
            return None
        family = socket.AF_INET if len(local[0]) == 4 else socket.AF_INET6
        try:
            found = self._ask(family, local[0], local[1], remote[0], remote[1])
        except OSError:
            return None
        return found if found.state != _LISTEN else None

    def _ask(self, family: int, source: bytes, source_port: int, target: bytes, target_port: int) -> Socket:
        if self._line is None:
            raise OSError(errno.EOPNOTSUPP, "sock_diag")
        with self._lock:
            self._sequence += 1
            question = _QUESTION.pack(
                family, _TCP, 1 << (_INFO - 1), 0xFFFF_FFFF,
                source_port.to_bytes(2, "big"), target_port.to_bytes(2, "big"), source, target, 0, _NO_COOKIE, _NO_COOKIE,
            )  # fmt: skip
            length = _HEADER.size + len(question)
            self._line.send(_HEADER.pack(length, _BY_FAMILY, _REQUEST, self._sequence, 0) + question)
            while True:
                answer = self._line.recv(8192)
                _, kind, _, sequence, _ = _HEADER.unpack_from(answer)
                if sequence == self._sequence:
                    break
        if kind == _ERROR:
            number = -struct.unpack_from("=i", answer, _HEADER.size)[0]
            raise OSError(number, "sock_diag")
        return _socket(answer[_HEADER.size :])


def _socket(answer: bytes) -> Socket:
    found = _ANSWER.unpack_from(answer)
    state, waiting, room, inode = found[1], found[12], found[13], found[15]
    sent = received = 0
    counted = False
    at = _ANSWER.size
    while at + 4 <= len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if length < 4:
            break
        if kind == _INFO and length >= 4 + 136:  # struct tcp_info: tcpi_bytes_acked, tcpi_bytes_received
            sent, received = struct.unpack_from("=QQ", answer, at + 4 + 120)
            counted = True
        at += (length + 3) & ~3
    return Socket(
        inode, state, waiting, room, max(0, sent - 1), received, counted
    )  # the SYN was acknowledged as one byte


def _listed(packed: bytes, port: int) -> Socket | None:
    """The same from the kernel's list of all sockets: the exact address before « any »."""
    candidates: list[tuple[int, int]] = []
    for name, any_address in (("tcp", "0" * 8), ("tcp6", "0" * 32)):
        wanted = {any_address: 0} | ({_hexadecimal(packed): 1} if (len(packed) == 4) == (name == "tcp") else {})
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as file:
                for line in file:
                    words = line.split()
                    address, _, number = words[1].partition(":")
                    if words[3] == "0A" and int(number, 16) == port and address in wanted:
                        candidates.append((wanted[address], int(words[9])))
        except (OSError, ValueError, IndexError):
            continue
    return Socket(max(candidates)[1], _LISTEN) if candidates else None


def _hexadecimal(packed: bytes) -> str:
    """An address as ``/proc/net/tcp`` writes it: 32-bit words, each in the machine's order."""
    return "".join(f"{struct.unpack_from('=I', packed, at)[0]:08X}" for at in range(0, len(packed), 4))
