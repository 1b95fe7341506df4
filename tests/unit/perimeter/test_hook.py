"""What Python's audit events mean to the border."""

from __future__ import annotations

import socket

import pytest

from hameau.perimeter import Act
from hameau.perimeter.hook import attempt_of


def test_the_base_class_of_sockets_is_seen_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        base = socket.SocketType(fileno=line.fileno())
        found = attempt_of("socket.connect", (base, ("192.0.2.1", 443)))
        base.detach()
    assert found is not None
    assert (found.act, found.address, found.port) == (Act.CONNECT, "192.0.2.1", 443)


def test_a_line_without_connection_is_never_covered() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        found = attempt_of("socket.connect", (line, ("192.0.2.1", 443)))
    assert found is not None
    assert found.act is Act.SEND


@pytest.mark.parametrize(
    ("event", "arguments"),
    [("socket.gethostbyaddr", ("192.0.2.1",)), ("socket.getnameinfo", (("192.0.2.1", 80),))],
)
def test_the_name_of_an_address_is_a_question_that_leaves(event: str, arguments: tuple[object, ...]) -> None:
    found = attempt_of(event, arguments)
    assert found is not None
    assert (found.act, found.host) == (Act.RESOLVE, "1.2.0.192.in-addr.arpa")
    assert attempt_of(event, (("127.0.0.1", 80),)) is None
