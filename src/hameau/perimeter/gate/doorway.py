"""The doorway: a unix socket by which the tree asks the supervisor for what it can't do itself.

One JSON object a line, each way: ``resolve`` (names are asked for outside, by the supervisor), ``state``, ``ended``,
``recheck``. Only processes of the tree are answered; the kernel says who writes (SCM_CREDENTIALS, ``unix(7)``).
"""

# ruff: noqa: PTH102, PTH106, PTH108, PTH117, PTH118 - on the way of every call: paths stay plain texts
from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from hameau.kit import N_
from hameau.perimeter.gate import tree
from hameau.perimeter.gate.outward import OutwardConnections
from hameau.perimeter.gate.pins import Pins
from hameau.perimeter.gate.ports import Book, Find, Judge
from hameau.perimeter.types import Act, Attempt, Verdict

_MOST = 32
_LONGEST = 8192
_PATIENCE = 60.0  # seconds without a question
_CREDENTIALS = struct.Struct("=iII")

logger = logging.getLogger(__name__)


class Doorway:
    """Listens in ``folder``, which only we may enter; answers once :meth:`serve` was called."""

    def __init__(self, folder: str, find: Find) -> None:
        self._find = find
        self.path = os.path.join(folder, "door.sock")
        self._folder = folder
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._line.bind(self.path)
        self._places = threading.BoundedSemaphore(_MOST)

    def fileno(self) -> int:
        return self._line.fileno()

    def serve(
        self,
        judge: Judge,
        book: Book,
        pins: Pins,
        outward: OutwardConnections,
        state: Callable[[], dict[str, object]],
    ) -> None:
        """From now on questions are answered. Called by the supervisor: whoever calls ``listen`` is who listens."""
        self._root = os.getpid()
        self._judge = judge
        self._book = book
        self._pins = pins
        self._outward = outward
        self._state = state
        self._line.listen(64)

    def let_go(self) -> None:
        """In a process that shall not listen: its handle is closed, the doorway stays."""
        self._line.close()

    def take(self) -> None:
        """Lets the next asker in; for the supervisor's main thread."""
        try:
            asker, _ = self._line.accept()
        except OSError:
            return
        knocking = _CREDENTIALS.unpack(asker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[0]
        if knocking != os.getpid():  # the tree's connections are made by the supervisor's own hand
            asker.close()
            return
        if not self._places.acquire(blocking=False):
            asker.close()
            return
        try:
            threading.Thread(target=self._speak, args=(asker,), daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            self._places.release()
            asker.close()

    def close(self) -> None:
        """Takes the door away."""
        self._line.close()
        remove(self._folder)

    def _speak(self, asker: socket.socket) -> None:
        try:
            with asker:
                asker.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
                asker.settimeout(_PATIENCE)
                rest, pid = b"", 0
                while True:
                    line, rest, pid = _line(asker, rest, pid)
                    if not line or not tree.belongs(pid, self._root):
                        return
                    asker.sendall(json.dumps(self._answer(line, pid)).encode() + b"\n")
        except OSError:
            pass  # it hung up or says nothing
        except Exception:
            logger.exception("a question at the doorway could not be answered")
        finally:
            self._places.release()

    def _answer(self, line: bytes, pid: int) -> dict[str, Any]:
        try:
            question = json.loads(line)
            ask = question["ask"]
            if ask == "resolve":
                return self._resolve(str(question["host"])[:255], int(question["port"]), pid)
            if ask == "state":
                return self._state()
            if ask == "recheck":
                return {"closed": self._outward.watch()}
            if ask == "ended":
                figures = int(question["sent"]), int(question["received"])
                self._outward.reported(str(question["address"]), int(question["port"]), *figures)
                return {}
        except (ValueError, KeyError, TypeError, OverflowError):
            pass
        return {"failed": "not understood"}

    def _resolve(self, host: str, port: int, pid: int) -> dict[str, Any]:
        attempt = Attempt(Act.RESOLVE, "inet", port=port, host=host)
        judged = self._judge(attempt)
        program = tree.program_of(pid)
        if not judged.allowed:
            self._book.refused(attempt, judged, program=program, pid=pid)
            return _refused(judged, host)
        if judged.leaves:
            self._book.allowed(attempt, judged, program=program, pid=pid)
        try:
            found = tuple(self._find(host, port))
        except (OSError, UnicodeError) as error:
            return {"failed": str(error)}
        addresses: list[str] = []
        barred: tuple[Attempt, Verdict] | None = None
        for address in found:
            kind = "inet6" if ":" in address else "inet"
            onward = Attempt(Act.CONNECT, kind, address.partition("%")[0], port, host=host)
            verdict = self._judge(onward)
            if verdict.allowed:
                self._pins.put(onward.address, port, host)
                addresses.append(address)
            elif barred is None:
                barred = onward, verdict
        if not addresses and barred is not None:
            self._book.refused(*barred, program=program, pid=pid)
            return _refused(barred[1], host)
        name = judged.connection.name if judged.connection else ""
        return {"addresses": list(dict.fromkeys(addresses)), "connection": name}


def _refused(judged: Verdict, host: str) -> dict[str, Any]:
    return {"refused": judged.reason, "fields": {"host": host}}


def _line(asker: socket.socket, rest: bytes, pid: int) -> tuple[bytes, bytes, int]:
    """The next line, what came after it, and who wrote it (``pid``, when it is all there already)."""
    while b"\n" not in rest:
        if len(rest) > _LONGEST:
            return b"", b"", 0
        piece, notes, _, _ = asker.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(64))
        if not piece:
            return b"", b"", 0
        for level, kind, note in notes:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid = _CREDENTIALS.unpack_from(note)[0]
            elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                for at in range(0, len(note) - 3, 4):  # nobody asked for descriptors
                    os.close(int.from_bytes(note[at : at + 4], "little"))
        rest += piece
    line, _, rest = rest.partition(b"\n")
    return line, rest, pid


def make_folder() -> str:
    """A new folder that only we may enter, short enough for a socket's path (``unix(7)``: 108 bytes)."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    for parent in (base, "/tmp"):  # noqa: S108 - a new name, made with our rights alone
        if not os.path.isabs(parent) or len(parent) > 60 or not os.access(parent, os.W_OK | os.X_OK):
            continue
        path = f"{parent}/hameau-gate-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            os.mkdir(path, 0o700)
        except OSError:  # full, or no folder like others
            continue
        return path
    raise OSError(N_("There is no folder for sockets."))


def remove(folder: str) -> None:
    """Removes the doorway's folder."""
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, "door.sock"))
    with contextlib.suppress(OSError):
        os.rmdir(folder)
