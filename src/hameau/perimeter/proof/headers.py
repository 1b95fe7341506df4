"""What the first bytes of a packet say: from where, to where, by what. For people and for finding one packet again.

IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP (RFC 768). Bytes that do not fit are left unsaid.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
TCP, UDP = 6, 17
_NAMES = {1: "icmp", 2: "igmp", TCP: "tcp", UDP: "udp", 58: "icmpv6", 132: "sctp", 136: "udplite"}
_SKIPPED = {0, 43, 60}  # hop by hop, routing, destination options: something else follows


@dataclass(frozen=True, slots=True)
class Headers:
    """Empty and 0 where a packet does not say it."""

    protocol: str
    source: str = ""
    source_port: int = 0
    target: str = ""
    port: int = 0
    payload: bytes = b""
    """What follows a UDP header; of other protocols nothing is looked at."""


def headers(ether_type: int, data: bytes) -> Headers:
    """The headers of the packet ``data``."""
    if ether_type == IPV4 and len(data) >= 20:
        start = (data[0] & 0x0F) * 4
        source, target = str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))
        first = struct.unpack_from(">H", data, 6)[0] & 0x1FFF == 0  # later fragments have no ports
        return _transport(data[9], data[start:] if first else b"", source, target)
    if ether_type == IPV6 and len(data) >= 40:
        source, target = str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))
        number, start = data[6], 40
        while number in _SKIPPED and start + 2 <= len(data):
            number, start = data[start], start + (data[start + 1] + 1) * 8
        return _transport(number, data[start:], source, target)
    return Headers("arp" if ether_type == ARP else f"0x{ether_type:04x}")


def _transport(number: int, data: bytes, source: str, target: str) -> Headers:
    name = _NAMES.get(number, f"ip {number}")
    if number not in (TCP, UDP) or len(data) < 8:
        return Headers(name, source, 0, target, 0)
    source_port, port = struct.unpack_from(">HH", data)
    return Headers(name, source, source_port, target, port, data[8:] if number == UDP else b"")
