"""Several requests over one kept line, against servers that keep it, let it go, or say more than they should."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hameau.kit import Cancelled, Refused, Unavailable
from hameau.perimeter import Ask, Kind, Patience, Perimeter, Session
from servers.dovecot import _make_certificate

HASTE = Patience(first=1.0, between=0.5, line=1000, total=400_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Keeping:
    """A server that answers each request by ``say(number)``, on the same line until it says ``None``."""

    def __init__(
        self, listener: socket.socket, say: Callable[[int], bytes | None], context: ssl.SSLContext | None
    ) -> None:
        self.listener, self.say, self.context = listener, say, context
        self.port: int = listener.getsockname()[1]
        self.lines = 0
        self.heard: list[bytes] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            try:
                line, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.lines += 1
            line.settimeout(5)
            with line if self.context is None else self.context.wrap_socket(line, server_side=True) as spoken:
                spoken.settimeout(0.05)
                self._speak(spoken)

    def _speak(self, line: socket.socket) -> None:
        here = b""
        while not self.over.is_set():
            try:
                got = line.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not got:
                return
            here += got
            while (end := here.find(b"\r\n\r\n")) >= 0:
                self.heard.append(here[: end + 4])
                here = here[end + 4 :]
                said = self.say(len(self.heard))
                if said is None:
                    return
                line.settimeout(5)
                line.sendall(said)
                line.settimeout(0.05)


@contextmanager
def keeping(say: Callable[[int], bytes | None], context: ssl.SSLContext | None = None) -> Iterator[Keeping]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        server = Keeping(listener, say, context)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            thread.join()


@pytest.fixture
def border(tmp_path: Path) -> Perimeter:
    return Perimeter(tmp_path / "home")


@contextmanager
def session(border: Perimeter, server: Keeping, cancel: threading.Event | None = None) -> Iterator[Session]:
    border.allow("127.0.0.1", server.port, why="a test", who="Ada", name="test")
    with border.client.session("test", cancel=cancel, patience=HASTE) as made:
        yield made


def read(session: Session, server: Keeping, method: str = "GET", path: str = "/x") -> bytes:
    with session.ask(Ask(method, f"http://127.0.0.1:{server.port}{path}")) as answer:
        return answer.read(100_000)


def test_requests_share_a_line(border: Perimeter) -> None:
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    with keeping(lambda number: pieces if number % 2 else OK) as server:
        with session(border, server) as one:
            assert [read(one, server) for _ in range(6)] == [b"ok"] * 6
        assert server.lines == 1
    assert b"Connection: keep-alive\r\n" in server.heard[0]
    [ended] = border.journal.entries(kinds={Kind.ENDED})
    assert ended.facts["received"] > 6 * len(OK) - 20


def test_answers_without_a_body_share_it_too(border: Perimeter) -> None:
    said = {
        1: b"HTTP/1.1 304 Not Modified\r\n\r\n",
        2: b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",  # of a HEAD: no body comes
        3: b"HTTP/1.1 204 No Content\r\n\r\n",
        4: OK,
    }
    with keeping(lambda number: said[number]) as server, session(border, server) as one:
        assert read(one, server) == b""
        assert read(one, server, "HEAD") == b""
        assert read(one, server) == b""
        assert read(one, server) == b"ok"
        assert server.lines == 1


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"more than was asked for",
    ],
)
def test_a_line_that_can_t_be_trusted_is_not_kept(border: Perimeter, said: bytes) -> None:
    with keeping(lambda _: said) as server, session(border, server) as one:
        assert [read(one, server) for _ in range(3)] == [b"ok"] * 3
        assert server.lines == 3


def test_what_nobody_read_is_read_over_or_hung_up(border: Perimeter) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
    with keeping(lambda number: long if number == 3 else OK) as server, session(border, server) as one:
        for _ in range(4):
            with one.ask(Ask("GET", f"http://127.0.0.1:{server.port}/")) as answer:
                assert answer.status == 200
        assert server.lines == 2


def test_a_line_that_was_let_go_is_made_anew_for_what_does_no_harm(border: Perimeter) -> None:
    with keeping(lambda number: None if number in (2, 5) else OK) as server, session(border, server) as one:
        assert read(one, server) == b"ok"
        assert read(one, server, "PROPFIND") == b"ok"  # the second request went unheard: it was said again
        assert server.lines == 2
        assert read(one, server) == b"ok"
        with pytest.raises(Unavailable):
            read(one, server, "PUT")  # it may have been heard: never twice
        assert [line.split(b" ")[0] for line in server.heard] == [b"GET", b"PROPFIND", b"PROPFIND", b"GET", b"PUT"]
        assert read(one, server) == b"ok"


def test_a_server_that_never_answers_is_asked_twice_at_most(border: Perimeter) -> None:
    with keeping(lambda number: OK if number == 1 else None) as server, session(border, server) as one:
        assert read(one, server) == b"ok"
        with pytest.raises(Unavailable):
            read(one, server)
        assert len(server.heard) == 3


def test_another_place_is_another_line_and_must_be_allowed(border: Perimeter) -> None:
    with keeping(lambda _: OK) as server, keeping(lambda _: OK) as other, session(border, server) as one:
        assert read(one, server) == b"ok"
        with pytest.raises(Refused):
            read(one, other)
        assert other.lines == 0
        assert read(one, server) == b"ok"


def test_what_is_taken_back_is_not_asked_any_more(border: Perimeter) -> None:
    with keeping(lambda _: OK) as server, session(border, server) as one:
        assert read(one, server) == b"ok"
        border.revoke("test")
        with pytest.raises(Refused, match="Nobody has allowed"):
            read(one, server)
        assert len(server.heard) == 1


def test_a_long_body_comes_in_pieces_and_can_be_left(border: Perimeter) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
    stop = threading.Event()
    with keeping(lambda _: long[:200_000]) as server, session(border, server, stop) as one:
        size = 0
        with pytest.raises(Cancelled), one.ask(Ask("GET", f"http://127.0.0.1:{server.port}/")) as answer:
            for piece in answer.pieces():
                size += len(piece)
                if size >= 100_000:
                    stop.set()
        assert size < 300_000


def test_who_drips_is_given_up(border: Perimeter) -> None:
    with (
        keeping(lambda _: OK[:-1]) as server,
        session(border, server) as one,
        pytest.raises(Unavailable, match="silent"),
        one.ask(Ask("GET", f"http://127.0.0.1:{server.port}/")) as answer,
    ):
        list(answer.pieces())


def test_an_encrypted_line_is_kept_as_well(border: Perimeter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
    said = {2: long, 4: None}
    with keeping(lambda number: said.get(number, OK), context) as server:
        border.allow("localhost", server.port, why="a test", who="Ada", name="test", local=True)
        with border.client.session("test", patience=HASTE) as one:

            def ask() -> bytes:
                with one.ask(Ask("GET", f"https://localhost:{server.port}/")) as answer:
                    return answer.read(400_000)

            assert [len(ask()) for _ in range(4)] == [2, 300_000, 2, 2]
        assert server.lines == 2
