"""Packets that whoever is held back has written: read without trust."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.perimeter.kernel.netlink import attribute
from hameau.perimeter.kernel.nflog import refusal_of
from hameau.perimeter.kernel.places import Refusal

PORTS = struct.pack(">HH", 40000, 443)
FOUR = socket.inet_aton("192.0.2.7")
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::7")


def _message(payload: bytes, uid: int = 1000) -> bytes:
    return b"\x02\0\0\0" + attribute(11, struct.pack(">I", uid)) + attribute(9, payload)


def _four(protocol: int, rest: bytes, options: bytes = b"") -> bytes:
    head = bytes([0x45 + len(options) // 4]) + bytes(8) + bytes([protocol]) + bytes(6) + FOUR
    return head + options + rest


def _six(following: int, rest: bytes) -> bytes:
    return b"\x60" + bytes(5) + bytes([following, 64]) + bytes(16) + SIX + rest


@pytest.mark.parametrize(
    ("payload", "address", "port", "protocol"),
    [
        (_four(6, PORTS), "192.0.2.7", 443, "tcp"),
        (_four(17, PORTS), "192.0.2.7", 443, "udp"),
        (_four(6, PORTS, bytes(8)), "192.0.2.7", 443, "tcp"),
        (_four(1, b"\x08\0\0\0"), "192.0.2.7", 0, "icmp"),
        (_four(99, PORTS), "192.0.2.7", 0, "99"),
        (_four(6, b""), "192.0.2.7", 0, "tcp"),
        (_six(6, PORTS), "2001:db8::7", 443, "tcp"),
        (_six(58, b"\x80\0\0\0"), "2001:db8::7", 0, "icmpv6"),
        (_six(0, bytes([60, 0]) + bytes(6) + bytes([17, 1]) + bytes(14) + PORTS), "2001:db8::7", 443, "udp"),
        (_six(44, bytes([6, 0]) + bytes(6) + PORTS), "2001:db8::7", 443, "tcp"),
        (_six(0, bytes([0, 255])), "2001:db8::7", 0, "0"),
    ],
)
def test_where_it_went(payload: bytes, address: str, port: int, protocol: str) -> None:
    assert refusal_of(_message(payload)) == Refusal(address, port, protocol, 1000)


@pytest.mark.parametrize("payload", [b"", b"\x45", b"\x60" + bytes(30), bytes(60), b"\x75" + bytes(60)])
def test_what_is_no_packet_is_left_out(payload: bytes) -> None:
    assert refusal_of(_message(payload)) is None


@given(st.binary(max_size=200))
def test_garbage_is_survived(data: bytes) -> None:
    for message in (data, _message(data), _message(b"\x45" + data), _message(b"\x60" + data)):
        found = refusal_of(message)
        assert found is None or 0 <= found.port <= 65535


def test_a_header_that_lies_about_its_length_gives_no_port() -> None:
    assert refusal_of(_message(b"\x40" + _four(6, PORTS)[1:])) == Refusal("192.0.2.7", 0, "tcp", 1000)
