"""Networks with nothing in them, made for real: what they reach, what the kernel says on them, and who may."""

from __future__ import annotations

import errno
import select
import socket
import subprocess
import sys
import time

import pytest

from hameau.perimeter.kernel import loopback_up, sham_interface
from integration.perimeter.kernel.conftest import forbidden

ALL_PACKETS = 3
OUTSIDE = (("192.0.2.7", socket.AF_INET), ("2001:db8::7", socket.AF_INET6))


def _send(address: str, family: int) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.sendto(b"hello", (address, 9))


def _capture() -> socket.socket:
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PACKETS))


def _packets(capture: socket.socket, seconds: float) -> list[tuple[str, bytes]]:
    found = []
    end = time.monotonic() + seconds
    while select.select([capture], [], [], max(0, end - time.monotonic()))[0]:
        data, place = capture.recvfrom(4096)
        found.append((place[0], data))
    return found


@pytest.mark.parametrize(("address", "family"), OUTSIDE)
def test_nothing_is_reached(alone: None, address: str, family: int) -> None:
    with pytest.raises(OSError) as caught:
        _send(address, family)
    assert caught.value.errno == errno.ENETUNREACH


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_loopback_answers(alone: None, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (
        socket.create_server((address, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as line,
    ):
        assert line.getpeername() == server.getsockname()


def test_the_sham_takes_every_packet_and_the_kernel_says_nothing_on_it(alone: None) -> None:
    with _capture() as capture:
        sham = sham_interface()
        chatter = [each for each in _packets(capture, 1.5) if each[0] != "lo"]
        assert chatter == []
        for address, family in OUTSIDE:
            _send(address, family)
        seen = _packets(capture, 0.5)
    assert [name for name, _ in seen] == [sham.name, sham.name]
    for (_, data), (address, family) in zip(seen, OUTSIDE, strict=True):
        assert socket.inet_pton(family, address) in data
        own = sham.ipv4 if family == socket.AF_INET else sham.ipv6
        assert socket.inet_pton(family, own) in data


def test_twice_the_same_name_is_told(alone: None) -> None:
    from hameau.perimeter.kernel import NotPermitted

    sham_interface("twice")
    with pytest.raises(NotPermitted):
        sham_interface("twice")


WITHOUT_ROOT = """
import ctypes, os, socket, sys, threading
from hameau.perimeter.kernel import NotPermitted, enter, loopback_up, sham_interface
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
    ctypes.CDLL(None).prctl(4, 1)  # as a program that such a user starts
before = os.getuid(), os.getgid()
if sys.argv[1] == "threads":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    enter(as_root_inside=sys.argv[1] == "root")
    loopback_up()
    sham = sham_interface()
except NotPermitted as error:
    print("not permitted", error)
else:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"x", ("192.0.2.7", 9))
    print(sham.name, "same" if (os.getuid(), os.getgid()) == before else os.getuid())
"""


@pytest.mark.parametrize(("how", "told"), [("same", "outside same"), ("root", "outside 0")])
def test_an_ordinary_user_has_one_too(how: str, told: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_ROOT, how], capture_output=True, text=True, check=False)
    if done.stdout.startswith("not permitted"):
        forbidden(done.stdout)
    assert done.stdout.strip() == told, done.stderr


def test_who_may_not_is_told_so() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_ROOT, "threads"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("not permitted This machine does not let Hameau"), done.stderr


def test_the_test_itself_comes_back(alone: None) -> None:
    loopback_up()  # a second time does no harm
    assert [name for _, name in socket.if_nameindex()] == ["lo"]
