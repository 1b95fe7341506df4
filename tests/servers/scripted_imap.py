"""A mail server on loopback that says what a test wants it to say: lies, nonsense, nothing at all. For what no real one does."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

Reply = Callable[[str], bytes | None]
"""Given the arguments of a command, the untagged lines of its answer; ``None``: the server hangs up."""
_COMMAND = re.compile(rb"(\S+) (UID )?(\S+) ?(.*)", re.DOTALL)


class ScriptedImap:
    """Answers each command by ``replies``, by its name (``FETCH`` stands for ``UID FETCH`` too), and with ``OK`` otherwise.
    Use it as a context manager. ``heard`` are the lines that came."""

    def __init__(self, replies: Mapping[str, Reply] | None = None, *, capability: str = "IMAP4rev1") -> None:
        self.heard: list[bytes] = []
        self.replies: dict[str, Reply] = {
            "CAPABILITY": lambda _: f"* CAPABILITY {capability}\r\n".encode(),
            "LIST": lambda _: b'* LIST (\\HasNoChildren) "/" INBOX\r\n',
            "STATUS": lambda _: b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)\r\n",
            "EXAMINE": lambda _: b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n",
            "SEARCH": lambda _: b"* SEARCH 1\r\n",
            "FETCH": _one_mail,
            **(replies or {}),
        }
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.port: int = self._server.getsockname()[1]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._server.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._threads.append(threading.Thread(target=self._talk, args=(line,), daemon=True))
            self._threads[-1].start()

    def _talk(self, line: socket.socket) -> None:
        line.settimeout(0.1)
        here = b""
        with line:
            try:
                line.sendall(b"* OK bonjour\r\n")
                while not self._over.is_set():
                    while b"\r\n" in here:
                        said, _, here = here.partition(b"\r\n")
                        if not self._answer(line, said):
                            return
                    try:
                        piece = line.recv(65536)
                    except TimeoutError:
                        continue
                    if not piece:
                        return
                    here += piece
            except OSError:
                return

    def _answer(self, line: socket.socket, said: bytes) -> bool:
        self.heard.append(said)
        found = _COMMAND.fullmatch(said)
        if found is None:
            return True
        name = found[3].decode("ascii", "replace").upper()
        reply = self.replies.get(name)
        answer = reply(found[4].decode("utf-8", "replace")) if reply else b""
        if answer is None:
            return False
        if answer[:3] not in (b"NO ", b"BAD"):
            line.sendall(answer + found[1] + b" OK done\r\n")
        else:
            line.sendall(found[1] + b" " + answer)
        return True


def literal(data: bytes, size: int | None = None) -> bytes:
    """``data`` as a literal, which may announce another size."""
    return b"{%d}\r\n%s" % (len(data) if size is None else size, data)


def _one_mail(asked: str) -> bytes:
    mail = b"Subject: un\r\nMessage-ID: <1@x>\r\n\r\nBonjour.\r\n"
    if "BODY.PEEK[]" in asked:
        return b"* 1 FETCH (UID 1 BODY[] " + literal(mail) + b")\r\n"
    head = b"Message-ID: <1@x>\r\n\r\n"
    what = b'RFC822.SIZE %d INTERNALDATE "17-Jul-2026 02:44:25 -0700" BODY[HEADER.FIELDS (MESSAGE-ID)] ' % len(mail)
    return b"* 1 FETCH (UID 1 " + what + literal(head) + b")\r\n"
