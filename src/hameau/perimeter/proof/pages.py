"""Visits the pages of a running Hameau as a browser does: the pages, everything they load, the API, and a question.

Only over the loopback. What a page would load from elsewhere is not fetched but told.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

_LOADS = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "audio": "src",
    "video": "src",
    "source": "src",
    "embed": "src",
}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}
_MOST = 60
_ASK_SECONDS = 900.0
_API = ("/api/v1/health", "/api/v1/status", "/api/v1/openapi.json", "/api/v1/sources")


@dataclass(slots=True)
class Visit:
    """What came back."""

    pages: int = 0
    assets: int = 0
    api: int = 0
    failed: list[str] = field(default_factory=list)
    """``PATH: STATUS`` of what did not answer as it should."""
    elsewhere: list[str] = field(default_factory=list)
    """Addresses outside this machine that a page would load."""
    answered: bool = False


def visit(address: str, words: str, question: str) -> Visit:
    """Opens ``/`` and every page and file it names, searches, and asks ``question`` over HTTP."""
    made = Visit()
    todo, done = ["/", f"/search?q={quote(words)}"], set[str]()
    while todo and len(done) < _MOST:
        path = todo.pop(0)
        if path in done:
            continue
        done.add(path)
        status, kind, body = _call(address, "GET", path)
        if status >= 400:
            made.failed.append(f"{path}: {status}")
        elif kind.startswith("text/html"):
            made.pages += 1
            todo += _local(address, path, body, made, follow=path == "/")
        else:
            made.assets += 1
    for path in (*_API, f"/api/v1/search?q={quote(words)}"):
        status, _kind, _body = _call(address, "GET", path)
        made.api += 1
        if status != 200:
            made.failed.append(f"{path}: {status}")
    made.api += 1
    status, _kind, body = _call(address, "POST", "/api/v1/ask", json.dumps({"question": question}).encode())
    if status != 200:
        made.failed.append(f"/api/v1/ask: {status}")
    else:
        made.answered = bool(json.loads(body).get("answered"))
    return made


def _call(address: str, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
    place = urlsplit(address)
    line = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=_ASK_SECONDS)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        line.close()


def _local(address: str, path: str, body: bytes, made: Visit, *, follow: bool) -> Iterator[str]:
    """The paths on this machine that a page loads, and with ``follow`` those it leads to."""
    reader = _Reader()
    reader.feed(body.decode("utf-8", "replace"))
    base = urljoin(address, path)
    for loaded, link in [(True, each) for each in reader.loads] + [(False, each) for each in reader.links if follow]:
        target = urlsplit(urljoin(base, link))
        if target.scheme == "data" or (not loaded and target.scheme not in ("http", "https")):
            continue
        if target.netloc == urlsplit(address).netloc:
            yield target.path + (f"?{target.query}" if target.query else "")
        elif loaded:
            made.elsewhere.append(link[:200])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if wanted := found.get(_LOADS.get(tag, "")):
            self.loads.append(wanted)
        if tag == "link" and set(found.get("rel", "").lower().split()) & _LOADED_LINKS:
            self.loads.append(found.get("href", ""))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
