"""Clients that are slow, vanish, send too much or nonsense, over real sockets: each gets its answer or is let go, and the next
one is served."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from fakes.house import HouseInMemory, furnished
from hameau.server import create_app, line
from hameau.server.doors import Address
from hameau.server.run import configured, listen

GOOD = b"GET /api/v1/health HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n\r\n"
WAIT = 20.0
"""Until a test gives up: a bound, not a measure."""
Talk = Callable[..., bytes]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> HouseInMemory:
    return furnished(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def port(house: HouseInMemory) -> Iterator[int]:
    """A server in a thread; nobody waits for a minute here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line, "HEAD_SECONDS", 0.4)
        patch.setattr(line, "BODY_SECONDS", 0.4)
        patch.setattr(line, "READ_SECONDS", 0.4)
        listening = listen("127.0.0.1", 0)
        number = listening.getsockname()[1]
        config = configured(create_app(house, Address("127.0.0.1", number)))
        config.timeout_keep_alive = 1
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield number
        server.should_exit = True
        thread.join(WAIT)
        listening.close()
        assert not thread.is_alive()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT)


def rest(line: socket.socket) -> bytes:
    """All that comes until the other end closes."""
    parts = []
    try:
        while part := line.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.fixture
def talk(port: int) -> Talk:
    """Says something, and returns all that comes back until the line is closed."""

    def say(said: bytes) -> bytes:
        with connected(port) as line:
            try:
                line.sendall(said)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was let go before it had said everything
            return rest(line)

    return say


@pytest.fixture(autouse=True)
def _the_next_one_is_served(port: int) -> Iterator[None]:
    yield
    with connected(port) as line:
        line.sendall(GOOD % port)
        assert line.recv(4096).startswith(b"HTTP/1.1 200")


def head(port: int, request: str, *headers: str) -> bytes:
    lines = (f"{request} HTTP/1.1", f"host: 127.0.0.1:{port}", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def test_who_says_nothing_is_let_go(talk: Talk) -> None:
    assert talk(b"").startswith(b"HTTP/1.1 408")


def test_who_never_finishes_is_let_go(talk: Talk) -> None:
    assert talk(b"GET / HTTP/1.1\r\nhost: 127").startswith(b"HTTP/1.1 408")


def test_who_drips_is_let_go_all_the_same(port: int) -> None:
    with connected(port) as line:
        line.sendall(b"GET /api/v1/health HTTP/1.1\r\n")
        try:
            for _ in range(200):
                line.sendall(b"x: y\r\n")
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            return
    raise AssertionError("it went on")


def test_a_body_that_never_comes_is_not_waited_for(talk: Talk, port: int) -> None:
    answer = talk(head(port, "POST /api/v1/ask", "content-type: application/json", "content-length: 50") + b'{"ques')
    assert answer.startswith(b"HTTP/1.1 408")


def test_who_vanishes_is_forgotten(port: int) -> None:
    for said in (b"", b"GET", head(port, "POST /api/v1/ask", "content-length: 50") + b"{", head(port, "GET /library")):
        for _ in range(20):
            with connected(port) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a goodbye
                line.sendall(said)
    deadline = time.monotonic() + WAIT
    while line_count() > 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def line_count() -> int:
    return line.Line._open.total()


def test_who_does_not_read_is_let_go(port: int) -> None:
    with connected(port) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wanted = head(port, "GET /api/v1/openapi.json")
        try:
            for _ in range(400):  # the answers are more than all the buffers between us hold
                slow.sendall(wanted)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass
        deadline = time.monotonic() + WAIT
        while line_count() > 0:
            assert time.monotonic() < deadline, "it is still served"
            time.sleep(0.05)


NONSENSE = {
    "nothing like it": b"\x00\x01\x02\r\n\r\n",
    "a greeting in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100 + b"\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an old version": b"GET /\r\n\r\n",
    "no host": b"GET /api/v1/health HTTP/1.1\r\n\r\n",
    "a sign in the address": "GET /é HTTP/1.1\r\nhost: x\r\n\r\n".encode(),
    "a header without a name": b"GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n",
    "a nul in a header": b"GET / HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n",
    "a length below nothing": b"POST /api/v1/ask HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "two lengths": b"POST /api/v1/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "an unknown coding": b"POST /api/v1/ask HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a flood of headers": b"GET / HTTP/1.1\r\nhost: x\r\n"
    + b"".join(b"x-%d: y\r\n" % n for n in range(20_000))
    + b"\r\n",
    "one huge header": b"GET / HTTP/1.1\r\nhost: x\r\ncookie: " + b"a" * 200_000 + b"\r\n\r\n",
    "one huge address": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused(talk: Talk, said: bytes) -> None:
    answer = talk(said)
    status = answer.split()[1]
    assert status in (b"400", b"403", b"405", b"408", b"431"), answer[:200]
    if status in (b"400", b"431"):
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    if len(said) > 100_000:
        assert status == b"431"


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"5\r\nabc", b"fffffffffffffffffffffffff\r\n", b"1\r\n{x"])
def test_a_body_in_broken_pieces_is_refused(talk: Talk, port: int, chunk: bytes) -> None:
    answer = talk(
        head(port, "POST /api/v1/ask", "content-type: application/json", "transfer-encoding: chunked") + chunk
    )
    assert answer.split()[1] in (b"400", b"408")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "", "127.0.0.1:{port}\r\nhost: evil.example"])
def test_only_our_own_name_opens(talk: Talk, port: int, host: str) -> None:
    answer = talk(
        f"GET /api/v1/status HTTP/1.1\r\nhost: {host.format(port=port)}\r\nconnection: close\r\n\r\n".encode()
    )
    assert answer.split()[1] in (b"400", b"403")
    assert b"documents" not in answer


def test_a_body_of_two_lengths_is_no_request(talk: Talk, port: int) -> None:
    """Request smuggling (RFC 9112, 6.3): chunks and a length together. What follows is not taken for a second request."""
    body = b"0\r\n\r\nGET /api/v1/status HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n\r\n" % port
    both = head(port, "POST /api/v1/ask", "content-length: 5", "transfer-encoding: chunked") + body
    answer = talk(both)
    assert answer.startswith(b"HTTP/1.1 422")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("announced", [True, False])
def test_a_huge_body_is_refused_before_it_is_there(port: int, announced: bool) -> None:
    with connected(port) as line:
        size = "content-length: 900000000000" if announced else "transfer-encoding: chunked"
        line.sendall(head(port, "POST /api/v1/ask", "content-type: application/json", size))
        try:
            for _ in range(100):
                line.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n" if not announced else b" " * 1024)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert b" 413 " in line.recv(4096)


def test_questions_in_a_row_are_answered_in_a_row(talk: Talk, port: int) -> None:
    last = head(port, "GET /api/v1/health", "connection: close")
    assert talk((GOOD % port) * 20 + last).count(b"HTTP/1.1 200") == 21


def test_another_machine_has_its_share_of_the_lines(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "is_near", lambda host: False)
    monkeypatch.setattr(line, "LINES_OF_ONE", 4)
    lines = [connected(port) for _ in range(5)]
    assert rest(lines[-1]) == b""
    assert rest(lines[0]).startswith(b"HTTP/1.1 408")
    for each in lines:
        each.close()


def test_the_home_stays_as_it_was(house: HouseInMemory) -> None:
    assert Path(house.settings.home).is_dir()
    assert house.assistant.kept == {}
