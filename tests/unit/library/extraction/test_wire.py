"""What a worker says is checked before it is believed."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import Corrupt, HameauError
from hameau.library.extraction.reasons import REASONS, error
from hameau.library.extraction.wire import MAX_REPLY_BYTES, Found, Hello, Job, Reply, receive, receive_with_file, send
from hameau.library.types import PageSpan


def test_a_job_travels_with_its_open_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("bonjour", encoding="utf-8")
    ours, theirs = socket.socketpair()
    handle = os.open(tmp_path / "a.txt", os.O_RDONLY)
    job = Job("caf\udce9.txt".encode("utf-8", "replace").decode(), "text/plain", 7, ("fra",), 5, 100)
    with ours, theirs:
        send(ours, job, handle)
        received, descriptor = receive_with_file(theirs, Job)
        assert received == job
        assert os.read(descriptor, 20) == b"bonjour"
    os.close(handle)
    os.close(descriptor)


def test_a_text_comes_back() -> None:
    ours, theirs = socket.socketpair()
    reply = Reply(Found("un\ndeux", pages=(PageSpan(1, 0, 3), PageSpan(2, 3, 7)), warnings=("w",)))
    with ours, theirs:
        send(theirs, reply)
        assert receive(ours, Reply) == reply


@given(st.binary(max_size=200))
def test_garbage_is_not_believed(garbage: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">Q", len(garbage)) + garbage)
        with pytest.raises(ValueError):
            receive(ours, Hello)


def test_a_message_beyond_all_bounds_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">Q", MAX_REPLY_BYTES + 1))
        with pytest.raises(ValueError):
            receive(ours, Reply)


def test_silence_is_the_end() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(EOFError):
        receive(ours, Reply)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_says_what_happened_and_what_to_do(reason: str) -> None:
    said = error(reason)
    assert isinstance(said, HameauError) and said.message and said.hint and not said.fields


def test_an_invented_reason_is_a_crash() -> None:
    assert isinstance(error("<b>hello</b>"), Corrupt)
