"""The three programs that hold a cgroup's traffic back, for the kernel's own machine (eBPF).

``connecting`` and ``sending`` stop a process before it begins and know its number; ``leaving`` looks at every packet and
catches what has no such moment (raw sockets, ICMP, TCP Fast Open, MPTCP, SCTP). Addresses are IPv6, an IPv4 one in
IPv6 clothes (RFC 4291, 2.5.5.2). Written for little-endian machines (x86-64, aarch64).
"""

from __future__ import annotations

from dataclasses import dataclass

from hameau.perimeter.kernel.bpf import Assembler, Map

SKB, SOCK_ADDR = 8, 18  # enum bpf_prog_type
EGRESS, CONNECT4, CONNECT6, SEND4, SEND6 = 1, 10, 11, 14, 15  # enum bpf_attach_type

OPEN_KEY = 20  # address 16, port 2 (big-endian), zeros 2
REFUSED_KEY = 24  # address 16, port 2 (big-endian), protocol 2, process 4

_LOOK, _UPDATE, _PROCESS, _USER, _READ, _SOCKET_USER = 1, 2, 14, 15, 26, 47  # enum bpf_func_id
_USER_IP4, _USER_IP6, _USER_PORT, _PROTOCOL = 4, 8, 24, 36  # struct bpf_sock_addr
_ETHER, _INTERFACE = 16, 40  # struct __sk_buff
_IPV4, _IPV6 = 0x0008, 0xDD86  # as a little-endian machine reads them
_MAPPED = 0xFFFF0000
_FRAGMENT = 0xFF1F
_PORT_53 = 0x3500
_TCP, _UDP = 6, 17
_LOOPBACK = 1  # the number of the interface lo in every network
_CONTEXT, _DEVICE, _HEADER, _WHAT = 6, 7, 8, 9  # registers that calls leave alone
_STACK = 10
_ADDRESS, _PORT, _KIND, _PID = -24, -8, -6, -4  # the key, on the stack
_ONE, _ZERO, _READ_TO = -32, -40, -48


@dataclass(frozen=True, slots=True)
class Maps:
    """What the programs share: what is open, what was refused, and how often in all (one number)."""

    opened: Map
    refused: Map
    total: Map


def connecting(maps: Maps, uid: int | None, *, v6: bool) -> bytes:
    """For connect(2): lets TCP to what is open pass, and anything on the loopback but port 53."""
    return _address_program(maps, uid, v6=v6, tcp=True)


def sending(maps: Maps, uid: int | None, *, v6: bool) -> bytes:
    """For sendto(2) and its like without connection: lets pass what stays on the loopback, but port 53."""
    return _address_program(maps, uid, v6=v6, tcp=False)


def leaving(maps: Maps, uid: int | None) -> bytes:
    """For every packet: lets TCP to what is open pass, and anything on the loopback but port 53."""
    a = Assembler()
    a.copy(_CONTEXT, 1)
    if uid is not None:
        a.call(_SOCKET_USER)
        a.jump_if(0, "!=", uid, "pass")
    a.put(8, _STACK, _PORT, 0)
    a.put(8, _STACK, _READ_TO, 0)
    a.put(8, _STACK, _ADDRESS, 0)
    a.put(8, _STACK, _ADDRESS + 8, 0)
    a.set(_WHAT, 0)
    a.load(4, _DEVICE, _CONTEXT, _INTERFACE)
    a.load(4, 0, _CONTEXT, _ETHER)
    a.jump_if(0, "==", _IPV4, "v4")
    a.jump_if(0, "!=", _IPV6, "refuse")
    _read(a, 24, _ADDRESS, 16)
    _read(a, 6, _READ_TO, 1)
    a.load(1, _WHAT, _STACK, _READ_TO)
    a.set(_HEADER, 40)
    a.jump("port")
    _read_ipv4(a)
    a.place("port")
    a.jump_if(_WHAT, "==", _TCP, "has-port")
    a.jump_if(_WHAT, "!=", _UDP, "loopback")
    a.place("has-port")
    a.add(_HEADER, 2)
    _read(a, None, _PORT, 2)
    a.jump_if(_WHAT, "!=", _TCP, "loopback")
    _look(a, maps)
    a.place("loopback")
    a.jump_if(_DEVICE, "!=", _LOOPBACK, "refuse")
    _unless_dns(a)
    _refuse(a, maps, process=False)
    return a.code()


def _address_program(maps: Maps, uid: int | None, *, v6: bool, tcp: bool) -> bytes:
    a = Assembler()
    a.copy(_CONTEXT, 1)
    if uid is not None:
        a.call(_USER)
        a.jump_if(0, "!=", uid, "pass")
    a.put(8, _STACK, _ADDRESS, 0)
    a.put(4, _STACK, _ADDRESS + 8, _MAPPED)
    for offset in (0, 4, 8, 12) if v6 else (12,):
        a.load(4, 0, _CONTEXT, _USER_IP6 + offset if v6 else _USER_IP4)
        a.store(4, _STACK, _ADDRESS + offset, 0)
    a.put(8, _STACK, _PORT, 0)
    a.load(4, 0, _CONTEXT, _USER_PORT)
    a.store(2, _STACK, _PORT, 0)
    a.load(4, _WHAT, _CONTEXT, _PROTOCOL)
    if tcp:
        a.jump_if(_WHAT, "!=", _TCP, "loopback")
        _look(a, maps)
    a.place("loopback")
    _unless_outside(a)
    _unless_dns(a)
    _refuse(a, maps, process=True)
    return a.code()


def _read_ipv4(a: Assembler) -> None:
    """The address, the protocol and the header's length of an IPv4 packet; a later fragment has no port."""
    a.place("v4")
    a.put(4, _STACK, _ADDRESS + 8, _MAPPED)
    _read(a, 16, _ADDRESS + 12, 4)
    _read(a, 0, _READ_TO, 1)
    a.load(1, _HEADER, _STACK, _READ_TO)
    a.keep(_HEADER, 15)
    a.shift(_HEADER, 2)
    _read(a, 9, _READ_TO, 1)
    a.load(1, _WHAT, _STACK, _READ_TO)
    _read(a, 6, _READ_TO, 2)
    a.load(2, 0, _STACK, _READ_TO)
    a.jump_if(0, "&", _FRAGMENT, "loopback")


def _read(a: Assembler, offset: int | None, to: int, size: int) -> None:
    """``size`` bytes of the packet at ``offset``, or where the register of the header says, onto the stack."""
    a.copy(1, _CONTEXT)
    if offset is None:
        a.copy(2, _HEADER)
    else:
        a.set(2, offset)
    a.copy(3, _STACK)
    a.add(3, to)
    a.set(4, size)
    a.call(_READ)
    a.jump_if(0, "!=", 0, "refuse")


def _look(a: Assembler, maps: Maps) -> None:
    """Passes when the address is open, with its port or with all."""
    _find(a, maps.opened, _ADDRESS)
    a.jump_if_none(0, "any-port")
    a.jump("pass")
    a.place("any-port")
    a.load(2, _HEADER, _STACK, _PORT)
    a.put(2, _STACK, _PORT, 0)
    _find(a, maps.opened, _ADDRESS)
    a.store(2, _STACK, _PORT, _HEADER)
    a.jump_if_none(0, "loopback")
    a.jump("pass")


def _unless_outside(a: Assembler) -> None:
    """Refuses what is neither the loopback nor « this host » (RFC 1122, 3.2.1.3), which leads to it."""
    for offset in (0, 4):
        a.load(4, 0, _STACK, _ADDRESS + offset)
        a.jump_if(0, "!=", 0, "refuse")
    a.load(4, 0, _STACK, _ADDRESS + 8)
    a.load(4, 1, _STACK, _ADDRESS + 12)
    a.jump_if(0, "==", _MAPPED, "clothed")
    a.jump_if(0, "!=", 0, "refuse")
    a.jump_if(1, "==", 0, "here")
    a.jump_if(1, "!=", 0x01000000, "refuse")
    a.jump("here")
    a.place("clothed")
    a.jump_if(1, "==", 0, "here")
    a.keep(1, 0xFF)
    a.jump_if(1, "!=", 127, "refuse")
    a.place("here")


def _unless_dns(a: Assembler) -> None:
    """Passes on the loopback; but port 53: a resolver would ask outside for us."""
    a.load(2, 0, _STACK, _PORT)
    a.jump_if(0, "!=", _PORT_53, "pass")


def _refuse(a: Assembler, maps: Maps, *, process: bool) -> None:
    """Counts the refusal and says no; then the place ``pass``, which says yes."""
    a.place("refuse")
    a.store(2, _STACK, _KIND, _WHAT)
    if process:
        a.call(_PROCESS)
        a.store(8, _STACK, _READ_TO, 0)
        a.load(4, 0, _STACK, _READ_TO + 4)
        a.store(4, _STACK, _PID, 0)
    a.put(4, _STACK, _ZERO, 0)
    _find(a, maps.total, _ZERO)
    a.jump_if_none(0, "uncounted")
    a.set(1, 1)
    a.count(0, 1)
    a.place("uncounted")
    _find(a, maps.refused, _ADDRESS)
    a.jump_if_none(0, "first")
    a.set(1, 1)
    a.count(0, 1)
    a.end(0)
    a.place("first")
    a.put(8, _STACK, _ONE, 1)
    a.table(1, maps.refused.descriptor)
    a.copy(2, _STACK)
    a.add(2, _ADDRESS)
    a.copy(3, _STACK)
    a.add(3, _ONE)
    a.set(4, 0)
    a.call(_UPDATE)
    a.end(0)
    a.place("pass")
    a.end(1)


def _find(a: Assembler, where: Map, key: int) -> None:
    a.table(1, where.descriptor)
    a.copy(2, _STACK)
    a.add(2, key)
    a.call(_LOOK)
