"""What shows that a document got out: a listener on this machine, a secret, a watched folder; and a reader that leaks."""

from __future__ import annotations

import io
import re
import socket
import threading
import urllib.request
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

SECRET = "le-mot-de-passe-est-chardon-7391"


class Trap:
    """Listens on a port of this machine, TCP and UDP, and remembers who came."""

    def __init__(self) -> None:
        self.visits: list[bytes] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._tcp.getsockname())
        self.web = f"http://127.0.0.1:{self._tcp.getsockname()[1]}"
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._answer, self._hear)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._tcp, self._udp):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._tcp.accept()
                with visitor, suppress(OSError):
                    visitor.settimeout(5)
                    self.visits.append(visitor.recv(4096))
                    visitor.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def _hear(self) -> None:
        with suppress(OSError):
            while packet := self._udp.recv(4096):
                self.visits.append(packet)


def tree(folder: Path) -> frozenset[str]:
    """All that is in a folder, with what each file holds."""
    return frozenset(
        f"{path.relative_to(folder)!s} {path.stat().st_size if path.is_file() else ''}" for path in folder.rglob("*")
    )


def leak(data: bytes) -> str:
    """Reads a document as the most careless reader would: unpacks it, opens every file and asks every address in it."""
    text = "\n".join(_layers(data))
    found = text
    for address in set(re.findall(r"http://127\.0\.0\.1:\d+/[\w./-]*", text)):
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            found += answer.read().decode()
    for path in set(re.findall(r"(?:file://|\.\./|[\s\"'{(])(/?(?:[\w.-]+/)+[\w.-]+\.key)", text)):
        with suppress(OSError):
            found += Path("/" + path.lstrip("/")).read_text(encoding="utf-8")
    return found


def _layers(data: bytes) -> list[str]:
    layers = [data.decode("latin-1")]
    with suppress(zipfile.BadZipFile, ValueError), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            with suppress(zipfile.BadZipFile, zlib.error, OSError):
                layers.append(archive.read(info).decode("latin-1"))
    return layers
