"""An internet of one machine: hosts, their pages and a search engine, behind a real perimeter and over real lines.

Pages of the web are opened on the internet alone, never on this machine; so a test leads them here: ``LedHere`` is a real
perimeter whose lent Connections end at the server of this test, and to whom a host is a folder of it.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from hameau.perimeter import Answer, Ask, Connection, Patience, Perimeter
from hameau.websearch.ports import Stop


@dataclass(frozen=True, slots=True)
class Served:
    """What stands at an address."""

    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    before: Callable[[], object] = lambda: None
    """Called before the answer: to wait, for one."""


@dataclass
class Internet:
    """The server. ``pages`` are by « host/path »; ``hits`` are what its search engine gives to everything."""

    port: int = 0
    pages: dict[str, Served] = field(default_factory=dict)
    hits: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """« host/path » of each page that was asked for, in order."""
    heads: list[dict[str, str]] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    """What the search engine was asked."""

    def put(self, address: str, text: str, title: str = "Une page") -> None:
        """A page in HTML with ``text`` as its article."""
        paragraphs = "".join(f"<p>{one}</p>" for one in text.split("\n\n"))
        page = f"<html lang=fr><head><title>{title}</title></head><body><nav><a href=/>Accueil</a></nav><article><h1>{title}</h1>"
        self.pages[address] = Served(f"{page}{paragraphs}</article></body></html>".encode())

    def find(self, *addresses: str, content: str = "") -> None:
        """From now on the search engine gives these pages."""
        self.hits = [{"url": f"https://{one}", "title": f"Titre de {one}", "content": content} for one in addresses]

    @property
    def engine(self) -> str:
        """Where its search engine is, for searx."""
        return f"http://127.0.0.1:{self.port}/engine?q={{query}}"


@contextlib.contextmanager
def internet() -> Iterator[Internet]:
    """The server, for the length of the block."""
    net = Internet()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/engine":
                net.searched.append(parse_qs(parts.query).get("q", [""])[0])
                return self._say(Served(json.dumps({"results": net.hits}).encode(), "application/json"))
            if parts.path.startswith("/refuses"):
                return self._say(Served(b"", "text/plain", int(parts.path.rpartition("/")[2])))
            address = self.path.removeprefix("/")
            net.asked.append(address)
            net.heads.append(dict(self.headers))
            return self._say(net.pages.get(address, Served(b"gone", "text/plain", 404)))

        def _say(self, served: Served) -> None:
            served.before()
            with contextlib.suppress(OSError):
                self.send_response(served.status)
                if served.kind:
                    self.send_header("Content-Type", served.kind)
                self.send_header("Content-Length", str(len(served.body)))
                for name, value in served.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(served.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    net.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield net
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LedHere(Perimeter):
    """A real perimeter to which every page on the internet stands on the server of this test."""

    def __init__(self, home: Path, net: Internet) -> None:
        super().__init__(home)
        self._net = net
        self.lent: list[Connection] = []
        self.client = _Led(self.client, net)  # type: ignore[assignment]

    def opened(self, connection: Connection) -> AbstractContextManager[Connection]:
        self.lent.append(connection)
        return super().opened(replace(connection, host="127.0.0.1", port=self._net.port, local=True))


class _Led:
    def __init__(self, client: object, net: Internet) -> None:
        self._client = client
        self._net = net

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    def exchange(
        self, name: str, ask: Ask, *, cancel: Stop | None = None, patience: Patience | None = None
    ) -> AbstractContextManager[Answer]:
        if name.startswith("web.page."):
            parts = urlsplit(ask.url)
            query = f"?{parts.query}" if parts.query else ""
            ask = replace(ask, url=f"http://127.0.0.1:{self._net.port}/{parts.netloc}{parts.path}{query}")
        return self._client.exchange(name, ask, cancel=cancel, patience=patience or Patience())  # type: ignore[attr-defined, no-any-return]
