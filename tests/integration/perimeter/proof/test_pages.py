"""The visit of served pages: everything they load is fetched here, and what they would load from elsewhere is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from hameau.perimeter.proof.pages import visit

HOME = """<html><head><link rel="stylesheet" href="/a.css"><link rel="author" href="https://example.org/me">
<script src="/a.js"></script></head><body><a href="/two">two</a> <a href="https://example.org">far</a>
<a href="mailto:x@example.org">mail</a><img src="data:image/png;base64,AA=="></body></html>"""


class Pages(BaseHTTPRequestHandler):
    second = "<p>hello</p>"
    missing = "/nothing"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        path = self.path.partition("?")[0]
        if path == self.missing:
            self.answer(500, "text/html", "")
        elif path in ("/", "/two", "/search"):
            self.answer(200, "text/html; charset=utf-8", HOME if path == "/" else self.second)
        else:
            self.answer(200, "application/json" if path.startswith("/api") else "text/css", "{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, "application/json", '{"answered": true}')

    def answer(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[type[Pages]]:
    class Fresh(Pages):
        asked: ClassVar[list[str]] = []
        address = ""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    Fresh.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Fresh
    server.shutdown()
    server.server_close()
    thread.join()


def test_pages_their_files_and_the_api_are_fetched(pages: type[Pages]) -> None:
    made = visit(pages.address, "pain bis", "Combien ?")
    assert made.failed == []
    assert made.elsewhere == []
    assert made.answered
    assert (made.pages, made.assets, made.api) == (3, 2, 6)
    assert {"/", "/two", "/a.css", "/a.js", "/search?q=pain%20bis"} <= set(pages.asked)


def test_a_page_that_loads_from_elsewhere_is_told(pages: type[Pages]) -> None:
    pages.second = '<img src="https://example.org/pixel.gif"><script src="//example.org/x.js"></script>'
    assert "https://example.org/pixel.gif" in visit(pages.address, "x", "y").elsewhere
    assert "//example.org/x.js" in visit(pages.address, "x", "y").elsewhere


@pytest.mark.parametrize("path", ["/", "/a.css", "/two", "/api/v1/status"])
def test_what_does_not_answer_is_told(pages: type[Pages], path: str) -> None:
    pages.missing = path
    assert f"{path}: 500" in visit(pages.address, "x", "y").failed
