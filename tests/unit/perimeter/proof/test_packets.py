"""Captures as files, and headers of packets: what was written comes back, and no bytes can harm the reader."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hameau.kit import Corrupt
from hameau.perimeter.proof.headers import IPV4, IPV6, Headers, headers
from hameau.perimeter.proof.pcap import Packet, Writer, read

PACKETS = st.builds(
    Packet,
    seconds=st.integers(0, 2**32 - 1),
    nanoseconds=st.integers(0, 999_999).map(lambda micro: micro * 1000),
    direction=st.integers(0, 4),
    hardware=st.integers(0, 2**16 - 1),
    protocol=st.integers(0, 2**16 - 1),
    address=st.binary(max_size=8),
    data=st.binary(max_size=200),
    length=st.integers(200, 70_000),
)
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, packets: list[Packet]) -> bytes:
    path.unlink(missing_ok=True)
    writer = Writer(path)
    for packet in packets:
        writer.write(packet)
    writer.close()
    return path.read_bytes()


@QUICK
@given(packets=st.lists(PACKETS, max_size=5))
def test_what_was_written_comes_back(tmp_path: Path, packets: list[Packet]) -> None:
    write(tmp_path / "a.pcap", packets)
    assert list(read(tmp_path / "a.pcap")) == packets


def test_the_first_bytes_are_those_that_tools_know(tmp_path: Path) -> None:
    assert write(tmp_path / "a.pcap", []).hex() == "d4c3b2a1020004000000000000000000ffff000071000000"


@QUICK
@given(packets=st.lists(PACKETS, min_size=1, max_size=3), data=st.data())
def test_a_file_that_is_cut_off_is_found(tmp_path: Path, packets: list[Packet], data: st.DataObject) -> None:
    path = tmp_path / "a.pcap"
    whole = write(path, packets)
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    try:
        found = list(read(path))
    except Corrupt:
        return
    assert len(found) < len(packets)  # cut between two packets: the count tells


@QUICK
@given(garbage=st.binary(max_size=300))
def test_garbage_is_refused_or_read_never_worse(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(write(path, []) + garbage)
    try:
        list(read(path))
    except Corrupt:
        pass


def ipv4(protocol: int, body: bytes, *, offset: int = 0) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, offset, 64, protocol, 0)
    return head + ip_address("198.18.0.1").packed + ip_address("192.0.2.1").packed + body


def ipv6(protocol: int, body: bytes) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(body), protocol, 64)
    return head + ip_address("fd00::1").packed + ip_address("2001:db8::1").packed + body


@pytest.mark.parametrize(
    ("kind", "packet", "wanted"),
    [
        (IPV4, ipv4(6, struct.pack(">HH16x", 1000, 443)), Headers("tcp", "198.18.0.1", 1000, "192.0.2.1", 443)),
        (
            IPV4,
            ipv4(17, struct.pack(">HHHH", 1000, 53, 10, 0) + b"hi"),
            Headers("udp", "198.18.0.1", 1000, "192.0.2.1", 53, b"hi"),
        ),
        (IPV4, ipv4(1, bytes(8)), Headers("icmp", "198.18.0.1", 0, "192.0.2.1", 0)),
        (IPV4, ipv4(6, bytes(20), offset=100), Headers("tcp", "198.18.0.1", 0, "192.0.2.1", 0)),
        (IPV6, ipv6(6, struct.pack(">HH16x", 1, 2)), Headers("tcp", "fd00::1", 1, "2001:db8::1", 2)),
        (IPV6, ipv6(0, b"\x3a\x00" + bytes(6) + bytes(8)), Headers("icmpv6", "fd00::1", 0, "2001:db8::1", 0)),
        (0x0806, b"", Headers("arp")),
        (0x88CC, b"", Headers("0x88cc")),
    ],
)
def test_headers_say_from_where_and_to_where(kind: int, packet: bytes, wanted: Headers) -> None:
    assert headers(kind, packet) == wanted


@given(kind=st.sampled_from([IPV4, IPV6, 0x0806]), data=st.binary(max_size=120))
def test_no_bytes_can_harm(kind: int, data: bytes) -> None:
    headers(kind, data)
