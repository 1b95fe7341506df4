"""Network interfaces made and named by rtnetlink (rtnetlink(7)), so that no program ``ip`` is needed."""

from __future__ import annotations

import ipaddress
import socket
import struct

from hameau.perimeter.kernel.netlink import CREATE, EXCLUDE, Netlink, attribute, nest, number, text

NETLINK_ROUTE = 0
_NEWLINK, _NEWADDR, _NEWROUTE = 16, 20, 24
_IFNAME, _LINKINFO, _AF_SPEC, _NET_NS_FD = 3, 18, 26, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_INET6_ADDR_GEN_MODE, _GEN_NONE = 8, 1
_ADDRESS, _LOCAL, _FLAGS = 1, 2, 8
_NODAD, _NOPREFIXROUTE = 0x02, 0x200
_OIF = 4
_MAIN, _STATIC, _LINK, _UNICAST = 254, 4, 253, 1
_UP, _NOARP, _MULTICAST = 0x1, 0x80, 0x1000

_LINK_HEADER = struct.Struct("=BxHiII")


def create(line: Netlink, name: str, kind: str, *, peer: str = "", peer_namespace: int = -1) -> None:
    """A new interface of ``kind`` (``dummy``, ``veth``); a veth's other end is made in ``peer_namespace``."""
    data = b""
    if peer:
        header = _LINK_HEADER.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        end = header + text(_IFNAME, peer) + number(_NET_NS_FD, peer_namespace)
        data = nest(_INFO_DATA, attribute(_VETH_PEER, end))
    body = _link() + text(_IFNAME, name) + nest(_LINKINFO, text(_INFO_KIND, kind), data)
    line.ask(_NEWLINK, body, CREATE | EXCLUDE)


def silence(line: Netlink, name: str) -> None:
    """No address of its own making, no ARP, no multicast: the kernel has nothing to say on it."""
    line.ask(_NEWLINK, _link(name, 0, _NOARP | _MULTICAST, _NOARP))
    mode = attribute(_INET6_ADDR_GEN_MODE, struct.pack("=B", _GEN_NONE))
    line.ask(_NEWLINK, _link(name) + nest(_AF_SPEC, nest(socket.AF_INET6, mode)))


def raise_up(line: Netlink, name: str) -> None:
    """Turns the interface on."""
    line.ask(_NEWLINK, _link(name, 0, _UP, _UP))


def add_address(line: Netlink, name: str, address: str) -> None:
    """Gives the interface ``address``, alone (/32 or /128), without asking the link whether somebody has it."""
    packed = ipaddress.ip_address(address).packed
    body = struct.pack("=BBBBi", _family(packed), len(packed) * 8, _NODAD, 0, socket.if_nametoindex(name))
    body += attribute(_LOCAL, packed) + attribute(_ADDRESS, packed) + number(_FLAGS, _NODAD | _NOPREFIXROUTE)
    line.ask(_NEWADDR, body, CREATE | EXCLUDE)


def default_route(line: Netlink, name: str, family: int) -> None:
    """Sends everything that has no other way through the interface."""
    scope = _LINK if family == socket.AF_INET else 0
    body = struct.pack("=BBBBBBBBI", family, 0, 0, 0, _MAIN, _STATIC, scope, _UNICAST, 0)
    line.ask(_NEWROUTE, body + number(_OIF, socket.if_nametoindex(name)), CREATE | EXCLUDE)


def _link(name: str = "", kind: int = 0, change: int = 0, flags: int = 0) -> bytes:
    index = socket.if_nametoindex(name) if name else 0
    return _LINK_HEADER.pack(socket.AF_UNSPEC, kind, index, flags, change)


def _family(packed: bytes) -> int:
    return socket.AF_INET if len(packed) == 4 else socket.AF_INET6
