"""Socket addresses, as the kernel reads them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.perimeter.gate.address import place_of


def inet(address: bytes, port: int) -> bytes:
    return struct.pack("=H", 2) + port.to_bytes(2, "big") + address + bytes(8)


def inet6(address: bytes, port: int, scope: int = 0) -> bytes:
    return struct.pack("=H", 10) + port.to_bytes(2, "big") + bytes(4) + address + struct.pack("=I", scope)


MAPPED = bytes(10) + b"\xff\xff"


@pytest.mark.parametrize(
    ("raw", "family", "address", "loopback"),
    [
        (inet(b"\x7f\0\0\1", 80), "inet", "127.0.0.1", True),
        (inet(b"\x7f\xff\xff\xfe", 80), "inet", "127.255.255.254", True),
        (inet(b"\xc0\0\2\1", 80), "inet", "192.0.2.1", False),
        (inet6(bytes(15) + b"\1", 80), "inet6", "::1", True),
        (inet6(MAPPED + b"\x7f\0\0\1", 80), "inet", "127.0.0.1", True),
        (inet6(MAPPED + b"\xc0\0\2\1", 80), "inet", "192.0.2.1", False),
        (inet6(bytes(12) + b"\x7f\0\0\1", 80), "inet6", "::127.0.0.1", False),
        (inet6(bytes.fromhex("fe80000000000000000000000000000a"), 80, 3), "inet6", "fe80::a", False),
    ],
)
def test_an_address_is_read_as_the_kernel_reads_it(raw: bytes, family: str, address: str, loopback: bool) -> None:
    place = place_of(raw)
    assert (place.family, place.loopback, place.port) == (family, loopback, 80)
    assert place.address == address or place.packed == raw[8:24]
    assert place.exact == raw


@pytest.mark.parametrize(
    ("raw", "exact"),
    [
        (inet(bytes(4), 80), inet(b"\x7f\0\0\1", 80)),
        (inet6(bytes(16), 80), inet6(bytes(15) + b"\1", 80)),
        (inet6(MAPPED + bytes(4), 80), inet6(MAPPED + b"\x7f\0\0\1", 80)),
    ],
)
def test_any_is_this_machine_and_is_connected_to_as_such(raw: bytes, exact: bytes) -> None:
    place = place_of(raw)
    assert place.loopback
    assert place.exact == exact


def test_paths_and_other_kinds_have_names() -> None:
    assert place_of(struct.pack("=H", 1) + b"/run/x\0rest").address == "/run/x"
    assert place_of(struct.pack("=H", 1) + b"\0bus").address == "@bus"
    assert place_of(struct.pack("=H", 1)).address == ""
    assert place_of(struct.pack("=H", 40) + bytes(14)).family == "vsock"
    assert place_of(struct.pack("=H", 0) + bytes(14)).family == "unspec"
    assert place_of(struct.pack("=HHII", 16, 0, 0, 0)).address == ""
    assert place_of(struct.pack("=HHII", 16, 0, 7, 0)).address == "7:0"


@given(st.binary(max_size=128))
def test_any_bytes_are_a_place(raw: bytes) -> None:
    place = place_of(raw)
    assert place.family
    assert len(place.exact) == len(raw)
    if place.packed and not place.loopback:
        assert place.exact == raw
