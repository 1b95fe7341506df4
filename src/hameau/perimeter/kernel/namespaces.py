"""A network of one's own with nothing in it (network_namespaces(7)), and a sham way out for proofs.

What runs here reaches no network at all, whatever it is written in. The sham interface makes leaving *look* possible:
packets are routed to it, can be captured on it, and end there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_
from hameau.perimeter.kernel import interfaces, syscalls
from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.netlink import Netlink

IPV4 = "198.18.0.1"  # RFC 2544: for benchmarks of networks, never on the internet
IPV6 = "fd68:616d:6561:7500::1"  # RFC 4193: unique local
_OWN_NETWORK = Path("/proc/thread-self/ns/net")
_SETTINGS = {  # what the kernel would otherwise say by itself on a new interface
    "accept_ra": "0",
    "accept_dad": "0",
    "autoconf": "0",
    "dad_transmits": "0",
    "router_solicitations": "0",
    "addr_gen_mode": "1",
    "disable_ipv6": "0",
}
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x1, 0x1000


@dataclass(frozen=True, slots=True)
class Sham:
    """An interface that seems to lead outside. Packets to any address are routed to it and vanish there."""

    name: str
    ipv4: str
    ipv6: str
    kind: str
    """``dummy``, ``veth`` or ``tun``, whichever the kernel has."""
    held: tuple[int, ...] = ()
    """Descriptors that keep it alive; closed with the process."""


def enter(*, as_root_inside: bool = False) -> None:
    """Moves the calling process into a network namespace with nothing in it but a loopback that is down.

    Without root a user namespace is made too (user_namespaces(7)), which a process with several threads can't do; the
    user keeps its number, or is 0 with ``as_root_inside``, and has a network administrator's rights in there until the
    next ``exec`` (with number 0: for good). Raises :class:`NotPermitted`.
    """
    try:
        if os.geteuid() == 0 and _alone():
            return
        _with_user(0 if as_root_inside else None)
    except OSError as error:
        raise NotPermitted(
            N_("This machine does not let Hameau make a network of its own ({why})."), why=error.strerror
        ) from error


def loopback_up() -> None:
    """Turns the loopback on: 127.0.0.1 and ::1 answer. Raises :class:`NotPermitted`."""
    with _permitted(), Netlink(interfaces.NETLINK_ROUTE) as line:
        interfaces.raise_up(line, "lo")


def sham_interface(name: str = "outside") -> Sham:
    """Makes an interface with an IPv4 and an IPv6 address, both default routes, and no chatter of the kernel on it.

    Call it after :func:`enter`, or it gives the real machine a second way out. Raises :class:`NotPermitted`.
    """
    with _permitted(), Netlink(interfaces.NETLINK_ROUTE) as line:
        kind, held = _make(line, name)
        _quiet(line, name)
        interfaces.raise_up(line, name)
        for address, family in ((IPV4, socket.AF_INET), (IPV6, socket.AF_INET6)):
            interfaces.add_address(line, name, address)
            interfaces.default_route(line, name, family)
        return Sham(name, IPV4, IPV6, kind, held)


def _alone() -> bool:
    """A new network for root; False where root may not (a container), which leaves the way of ordinary users."""
    try:
        syscalls.unshare(syscalls.CLONE_NEWNET)
    except PermissionError:
        return False
    return True


def _with_user(inside: int | None) -> None:
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNET)
    own = Path("/proc/self")
    own.joinpath("setgroups").write_text("deny")
    own.joinpath("uid_map").write_text(f"{user if inside is None else inside} {user} 1")
    own.joinpath("gid_map").write_text(f"{group if inside is None else inside} {group} 1")


def _make(line: Netlink, name: str) -> tuple[str, tuple[int, ...]]:
    """The first kind that the kernel has: dummy, a veth whose other end is in a network nobody uses, tun."""
    with contextlib.suppress(OSError):
        interfaces.create(line, name, "dummy")
        return "dummy", ()
    with contextlib.suppress(OSError):
        return "veth", (_veth(line, name),)
    return "tun", (_tun(name),)


def _veth(line: Netlink, name: str) -> int:
    """A pair of interfaces; the descriptor that is returned keeps the other end's network alive."""
    here = os.open(_OWN_NETWORK, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.unshare(syscalls.CLONE_NEWNET)
        try:
            there = os.open(_OWN_NETWORK, os.O_RDONLY | os.O_CLOEXEC)
            beyond = Netlink(interfaces.NETLINK_ROUTE)
        finally:
            syscalls.setns(here, syscalls.CLONE_NEWNET)
    finally:
        os.close(here)
    with beyond:
        try:
            interfaces.create(line, name, "veth", peer=name, peer_namespace=there)
            _raise_beyond(beyond, name, there)
        except OSError:
            os.close(there)
            raise
    return there


def _raise_beyond(beyond: Netlink, name: str, there: int) -> None:
    """The other end must be up too; names are looked up in the thread's network, so it goes there for a moment."""
    here = os.open(_OWN_NETWORK, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.setns(there, syscalls.CLONE_NEWNET)
        try:
            _quiet(beyond, name)
            interfaces.raise_up(beyond, name)
        finally:
            syscalls.setns(here, syscalls.CLONE_NEWNET)
    finally:
        os.close(here)


def _tun(name: str) -> int:
    """An interface whose packets a program would read; nobody does. The descriptor keeps it alive."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        request = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _quiet(line: Netlink, name: str) -> None:
    interfaces.silence(line, name)
    folder = Path("/proc/sys/net/ipv6/conf") / name
    for setting, value in _SETTINGS.items():
        with contextlib.suppress(OSError):  # a container may mount /proc/sys read-only: the link's own mode is enough
            folder.joinpath(setting).write_text(value)


@contextlib.contextmanager
def _permitted() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotPermitted(
            N_("This machine does not let Hameau change its own network ({why})."), why=error.strerror
        ) from error
