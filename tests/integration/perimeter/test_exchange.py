"""One request and its answer, against servers that say everything one should not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.talking import Talking, talking
from hameau.kit import BadInput, Cancelled, HameauError, Refused, Unavailable
from hameau.perimeter import Answer, Ask, Kind, Patience, Perimeter, Unreachable

HASTE = Patience(first=1.0, between=0.5, line=1000, total=100_000)
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def border(tmp_path: Path) -> Perimeter:
    return Perimeter(tmp_path / "home")


@contextmanager
def asked(
    border: Perimeter, talk: Talking, ask: Ask | None = None, cancel: threading.Event | None = None
) -> Iterator[Answer]:
    border.allow("127.0.0.1", talk.port, why="a test", who="Ada", name="test")
    with border.client.exchange("test", ask or Ask("GET", talk.url + "/x"), cancel=cancel, patience=HASTE) as answer:
        yield answer


def saying(*pieces: bytes | None) -> Callable[[bytes], Iterable[bytes | None]]:
    return lambda _asked: pieces


def test_a_request_arrives_whole_and_its_answer_too(border: Perimeter) -> None:
    body = b"x" * 300_000
    with talking(saying(HEAD, b"Content-Length: 5\r\nX-Kind: y \r\n\r\nhel", b"lo")) as talk:
        ask = Ask("POST", talk.url + "/a/b?c=d", body, {"Authorization": "Bearer s"})
        with asked(border, talk, ask) as answer:
            assert (answer.status, answer.header("x-kind"), answer.header("y")) == (200, "y", "")
            assert answer.read(5) == b"hello"
    head, _, sent = talk.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer s" in head
    assert sent == body


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD, b"Content-Length: 8\r\n\r\n", b"one\r\ntwo"),
        (
            HEAD,
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"2\r\non\r\n3;x=y\r\ne\r\n\r\n",
            b"3\r\ntwo\r\n0\r\nT: x\r\n\r\n",
        ),
        (HEAD, b"\r\none\r\nt", b"wo"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD, b"\r\none\n", b"two"),
    ],
)
def test_lines_however_they_are_framed(border: Perimeter, pieces: tuple[bytes, ...]) -> None:
    with talking(saying(*pieces)) as talk, asked(border, talk) as answer:
        assert list(answer.lines()) == [b"one", b"two"]


def test_a_line_is_here_before_the_next_is_said(border: Perimeter) -> None:
    go_on = threading.Event()

    def script(_: bytes) -> Iterator[bytes]:
        yield HEAD + b"\r\nfirst\n"
        go_on.wait(5)
        yield b"second\n"

    with talking(script) as talk, asked(border, talk) as answer:
        lines = answer.lines()
        assert next(lines) == b"first"
        go_on.set()
        assert list(lines) == [b"second"]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((None,), "hung up"),
        ((HEAD, b"X: y\r\n", None), "hung up"),
        ((HEAD, b"Content-Length: 10\r\n\r\nabc", None), "hung up"),
        ((HEAD, b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", None), "hung up"),
        ((HEAD, b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", None), "hung up"),
        (
            (
                HEAD,
                b"Transfer-Encoding: chunked\r\n\r\n2\r\nabXX",
            ),
            "understood",
        ),
        (
            (
                HEAD,
                b"Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n",
            ),
            "understood",
        ),
        (
            (
                HEAD,
                b"Transfer-Encoding: gzip\r\n\r\nab",
            ),
            "understood",
        ),
        (
            (
                HEAD,
                b"Content-Length: -3\r\n\r\nab",
            ),
            "understood",
        ),
        (
            (
                HEAD,
                b"Content-Length: 3\r\nno header\r\n\r\nab",
            ),
            "understood",
        ),
        ((HEAD, b"X: y\r\n" * 101, b"\r\n"), "understood"),
        ((HEAD, b"X: " + b"y" * 20_000, b"\r\n"), "more than"),
        ((b"SSH-2.0-OpenSSH\r\n",), "understood"),
        ((b"HTTP/2 200\r\n\r\n",), "understood"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" * 50,), "understood"),
        ((HEAD, b"\r\n", b"x" * 5000, b"\n"), "more than"),
        ((HEAD, b"\r\n", *([b"y\n" * 500] * 101)), "more than"),
    ],
)
def test_nonsense_is_told_in_words(border: Perimeter, pieces: tuple[bytes | None, ...], words: str) -> None:
    with talking(saying(*pieces)) as talk, pytest.raises(Unavailable, match=words), asked(border, talk) as answer:
        list(answer.lines())


def test_too_much_at_once(border: Perimeter) -> None:
    with (
        talking(saying(HEAD, b"\r\n", b"x" * 50)) as talk,
        pytest.raises(Unavailable, match="more than"),
        asked(border, talk) as answer,
    ):
        answer.read(49)


def dripping(_: bytes) -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for _number in range(100):
        time.sleep(0.02)
        yield b"x"


def silent(_: bytes) -> Iterator[bytes]:
    time.sleep(1.5)
    yield b""


@pytest.mark.parametrize("script", [dripping, silent])
def test_one_that_drips_or_is_silent_is_given_up(border: Perimeter, script: Callable[[bytes], Iterator[bytes]]) -> None:
    with talking(script) as talk, pytest.raises(Unavailable, match="silent"), asked(border, talk) as answer:
        list(answer.lines())


def endless(_: bytes) -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for _number in range(1000):
        time.sleep(0.01)
        yield b"word\n"


def test_a_stop_hangs_up_at_once(border: Perimeter) -> None:
    cancel = threading.Event()
    with talking(endless) as talk:
        with pytest.raises(Cancelled), asked(border, talk, cancel=cancel) as answer:
            for _line in answer.lines():
                cancel.set()
        assert talk.hung_up.wait(5)


def test_a_stop_before_the_first_word(border: Perimeter) -> None:
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    with talking(silent) as talk, pytest.raises(Cancelled), asked(border, talk, cancel=cancel):
        pass


def test_leaving_early_hangs_up(border: Perimeter) -> None:
    with talking(endless) as talk:
        with asked(border, talk) as answer:
            assert next(answer.lines()) == b"word"
        assert talk.hung_up.wait(5)


def test_taken_back_it_ends(border: Perimeter) -> None:
    with talking(endless) as talk, pytest.raises(Refused), asked(border, talk) as answer:
        for number, _line in enumerate(answer.lines()):
            if number == 1:
                border.revoke("test")


def test_a_redirect_is_only_an_answer(border: Perimeter) -> None:
    with talking(saying(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n")) as talk:
        with asked(border, talk) as answer:
            assert (answer.status, answer.header("Location")) == (302, "http://192.0.2.1/")
        assert len(talk.heard) == 1


def test_nobody_there(border: Perimeter) -> None:
    with talking(saying()) as talk:
        pass
    with pytest.raises(Unreachable), asked(border, talk):
        pass


def test_another_place_than_the_one_that_was_allowed(border: Perimeter) -> None:
    with talking(saying(HEAD, b"\r\n")) as talk, talking(saying(HEAD, b"\r\n")) as other:
        with pytest.raises(Refused), asked(border, talk, Ask("GET", other.url)):
            pass
        with pytest.raises(BadInput), asked(border, talk, Ask("GET", "gopher://x/")):
            pass
        assert other.heard == []


def test_a_header_can_not_become_two(border: Perimeter) -> None:
    with talking(saying(HEAD, b"\r\n")) as talk:
        with (
            pytest.raises(ValueError, match="header"),
            asked(border, talk, Ask("GET", talk.url, headers={"A": "b\r\nC: d"})),
        ):
            pass
        assert talk.heard in ([], [b""])


def test_unencrypted_never_leaves_for_the_internet(border: Perimeter) -> None:
    border.allow("192.88.99.1", 80, why="a test", who="Ada", name="far", local=True)
    with pytest.raises(Refused, match="encrypted"), border.client.exchange("far", Ask("GET", "http://192.88.99.1/")):
        pass


def test_what_left_stands_in_the_journal(border: Perimeter) -> None:
    with talking(saying(HEAD, b"Content-Length: 2\r\n\r\nok")) as talk, asked(border, talk) as answer:
        answer.read(2)
    ended = border.journal.entries(kinds={Kind.ENDED})[0]
    assert ended.facts["connection"] == "test"
    assert int(ended.facts["received"]) > 2


def test_errors_are_ours(border: Perimeter) -> None:
    with talking(saying(b"\x00\xff" * 40)) as talk, pytest.raises(HameauError), asked(border, talk):
        pass
