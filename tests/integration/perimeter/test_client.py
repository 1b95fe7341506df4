"""The network door, against a real server on the loopback that misbehaves in every way."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hameau.kit import Cancelled, Corrupt, Refused, Unavailable
from hameau.perimeter import Connection, Kind, Perimeter
from hameau.perimeter.client import Client
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.types import Attempt

CONTENT = bytes(range(256)) * 3000
SHA = hashlib.sha256(CONTENT).hexdigest()
NOW = 1_000_000.0


class Site(BaseHTTPRequestHandler):
    """Each path is a way to behave."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        span = self.headers.get("Range")
        type(self).asked.append((self.path, span))
        if self.path.startswith("/moved/"):
            self._head(302, {"Location": self.path.removeprefix("/moved/")})
        elif self.path == "/circle":
            self._head(302, {"Location": "/circle"})
        elif self.path == "/gone":
            self._head(404, {})
        elif self.path == "/long":
            self._head(200, {"Content-Length": str(2 * len(CONTENT))})
            self._say(CONTENT * 2)
        elif self.path == "/short":
            self._head(200, {"Content-Length": str(len(CONTENT))})
            self._say(CONTENT[: len(CONTENT) // 2])
            self.close_connection = True
        elif self.path == "/other":
            self._head(200, {"Content-Length": str(len(CONTENT))})
            self._say(CONTENT[::-1])
        elif span and self.path == "/file":
            begin = int(span.removeprefix("bytes=").rstrip("-"))
            rest = CONTENT[begin:]
            if not rest:
                self._head(416, {})
                return
            self._head(206, {"Content-Length": str(len(rest)), "Content-Range": f"bytes {begin}-{len(CONTENT) - 1}/*"})
            self._say(rest)
        else:
            self._head(200, {"Content-Length": str(len(CONTENT))})
            self._say(CONTENT)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def _say(self, content: bytes) -> None:
        try:
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True  # the client hung up, as some tests want

    def log_message(self, *_: object) -> None:
        """Silent."""


class Server(ThreadingHTTPServer):
    """Does not print what a client does that hangs up."""

    def handle_error(self, *_: object) -> None:
        """Silent."""


class Place:
    """The server, a target file, and a client whose clock stands still."""

    def __init__(self, folder: Path) -> None:
        self.handler = type("OneSite", (Site,), {"asked": []})
        self.server = Server(("127.0.0.1", 0), self.handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.target = folder / "file"
        self.border = Perimeter(folder / "home", lambda: NOW)
        self.connection = Connection("test", "Ada", "a test", "127.0.0.1", self.server.server_port, NOW + 60)

    @property
    def asked(self) -> list[tuple[str, str | None]]:
        asked: list[tuple[str, str | None]] = self.handler.asked  # type: ignore[attr-defined]
        return asked

    def get(self, path: str, *, sha256: str = SHA, watch: Callable[[int], None] = lambda _: None) -> bytes:
        url = path if path.startswith("http") else self.url + path
        with self.border.opened(self.connection) as allowed:
            self.border.client.download(
                url, self.target, connection=allowed.name, sha256=sha256, max_bytes=len(CONTENT), watch=watch
            )
        return self.target.read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_file_arrives_whole(place: Place) -> None:
    seen: list[int] = []
    assert place.get("/file", watch=seen.append) == CONTENT
    assert seen[-1] == len(CONTENT)
    assert seen == sorted(seen)


def test_what_is_there_is_gone_on_with(place: Place) -> None:
    place.target.write_bytes(CONTENT[:1234])
    assert place.get("/file") == CONTENT
    assert place.asked == [("/file", "bytes=1234-")]


def test_what_is_whole_is_not_asked_for(place: Place) -> None:
    place.target.write_bytes(CONTENT)
    assert place.get("/file") == CONTENT
    assert place.asked == []


def test_more_than_the_file_holds_is_started_anew(place: Place) -> None:
    place.target.write_bytes(b"x" * len(CONTENT))
    assert place.get("/file") == CONTENT


def test_a_server_without_ranges_sends_it_again(place: Place) -> None:
    place.target.write_bytes(b"something else")
    assert place.get("/whole") == CONTENT


def test_a_stop_keeps_what_has_arrived(place: Place) -> None:
    def stop(done: int) -> None:
        if done > len(CONTENT) // 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        place.get("/file", watch=stop)
    assert 0 < place.target.stat().st_size < len(CONTENT)
    assert place.get("/file") == CONTENT
    assert place.asked[-1][1] is not None


def test_taken_back_it_ends_without_a_gate_too(place: Place) -> None:
    def take_back(_: int) -> None:
        if place.border.policy().connections:
            place.border.revoke("test")

    with pytest.raises(Refused, match="Nobody has allowed"):
        place.get("/file", watch=take_back)
    assert place.target.stat().st_size < len(CONTENT)


def test_a_broken_line_keeps_what_has_arrived(place: Place) -> None:
    with pytest.raises(Unavailable, match="broke"):
        place.get("/short")
    assert place.target.read_bytes() == CONTENT[: len(CONTENT) // 2]


def test_another_file_is_thrown_away(place: Place) -> None:
    with pytest.raises(Corrupt, match="fingerprint"):
        place.get("/other")
    assert not place.target.exists()


def test_a_file_without_end_is_cut(place: Place) -> None:
    with pytest.raises(Corrupt, match="More arrived"):
        place.get("/long")
    assert not place.target.exists()


def test_without_a_fingerprint_nothing_is_asked(place: Place) -> None:
    with pytest.raises(Refused):
        place.get("/file", sha256="")
    assert place.asked == []


def test_redirects_are_followed(place: Place) -> None:
    assert place.get("/moved//file") == CONTENT
    assert place.get(f"/moved/{place.url}/file") == CONTENT


@pytest.mark.parametrize("where", ["https://elsewhere.example/x", "https://10.0.0.1/x", "http://192.0.2.1/x"])
def test_a_redirect_to_where_nobody_allowed_is_refused(place: Place, where: str) -> None:
    with pytest.raises(Refused):
        place.get(f"/moved/{where}")
    assert not place.target.exists()


def test_a_redirect_to_a_file_is_refused(place: Place) -> None:
    with pytest.raises(Exception, match="not a web address"):
        place.get("/moved/file:///etc/passwd")


def test_a_refused_address_is_never_asked(place: Place) -> None:
    with pytest.raises(Refused, match="was allowed for"):
        place.get("https://models.example/x")


def test_without_its_connection_the_error_says_how_to_allow_it(place: Place) -> None:
    with pytest.raises(Refused) as caught:
        place.border.client.download(
            place.url + "/file", place.target, connection="mail", sha256=SHA, max_bytes=len(CONTENT)
        )
    assert "hameau perimeter allow" in caught.value.hint.format(**caught.value.fields)
    assert place.asked == []


def test_what_left_stands_in_the_journal(place: Place) -> None:
    place.get("/file")
    kinds = [entry.kind for entry in reversed(place.border.journal.entries())]
    assert kinds == [Kind.CONNECTION_ALLOWED, Kind.ALLOWED, Kind.ENDED, Kind.CONNECTION_REVOKED]
    ended = place.border.journal.entries(kinds={Kind.ENDED})[0]
    assert int(ended.facts["received"]) > len(CONTENT)
    assert 0 < int(ended.facts["sent"]) < 1000
    assert place.border.journal.verify().ok


def test_a_line_is_closed_and_counted(place: Place) -> None:
    port = place.server.server_port
    place.border.allow("127.0.0.1", port, why="a test", who="Ada", name="bare", until=NOW + 5)
    with place.border.client.line("bare", "127.0.0.1", port, tls=False) as line:
        line.sendall(b"GET /gone HTTP/1.0\r\n\r\n")
        assert b"404" in line.recv(100)
    assert line.fileno() == -1
    assert place.border.journal.entries(kinds={Kind.ENDED})[0].facts["sent"] == 22
    place.border.revoke("bare")
    with pytest.raises(Refused), place.border.client.line("bare", "127.0.0.1", port, tls=False):
        pass


@pytest.mark.parametrize(("path", "words"), [("/gone", "404"), ("/circle", "circles")])
def test_what_the_server_says_is_told(place: Place, path: str, words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        place.get(path)


class ManyAddresses:
    """What a name server may say: a thousand addresses, none of which answers for half a minute."""

    def __init__(self) -> None:
        self.time, self.tried = 0.0, 0

    def resolve(self, host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] * 1000

    def opened(self, attempt: Attempt, connection: str) -> None:
        self.time += 30.0
        self.tried += 1

    def ended(self, connection: str, attempt: Attempt, sent: int, received: int) -> None:
        pass


def test_a_name_with_a_thousand_silent_addresses_is_given_up(tmp_path: Path) -> None:
    Perimeter(tmp_path).allow("127.0.0.1", 9, why="a test", who="Ada", name="x", local=True)
    names = ManyAddresses()
    client = Client(PolicyStore(tmp_path), names, lambda: names.time)
    with pytest.raises(Unavailable), client.line("x", "127.0.0.1", 9, tls=False):
        pass
    assert names.tried == 2


def test_nobody_there(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.server.server_close()
    with pytest.raises(Unavailable, match="reached"):
        place.get("/file")
