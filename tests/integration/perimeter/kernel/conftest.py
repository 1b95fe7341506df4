"""Networks that a test makes for itself: nothing of it reaches the machine's own. Needs root."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hameau.perimeter.kernel import NotPermitted, enter, interfaces, loopback_up, nftables, syscalls
from hameau.perimeter.kernel.cgroup import root_folder
from hameau.perimeter.kernel.netlink import Netlink

IN_CI = os.environ.get("HAMEAU_CI") == "1"
HERE = Path(__file__).parent
HELD = 64321
"""The user who is held in these tests: a number that nobody has."""


def forbidden(why: object) -> None:
    """Skips with the reason; where everything must work, fails."""
    if IN_CI:
        pytest.fail(str(why))
    pytest.skip(str(why))


@contextmanager
def of_its_own() -> Iterator[None]:
    """This thread is in an empty network for the length of the block, loopback up; so are programs started in it."""
    if os.geteuid() != 0:
        forbidden("only root can go into a network and come back")
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            enter()
        except NotPermitted as error:
            forbidden(error)
        loopback_up()
        yield
    finally:
        syscalls.setns(here, syscalls.CLONE_NEWNET)
        os.close(here)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Two networks with a wire between them; the test is in the first, ``beyond`` is the second."""

    ipv4: str
    ipv6: str
    beyond: int

    @contextmanager
    def there(self) -> Iterator[None]:
        """This thread is beyond the wire for the length of the block; sockets made there stay there."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            syscalls.setns(self.beyond, syscalls.CLONE_NEWNET)
            yield
        finally:
            syscalls.setns(here, syscalls.CLONE_NEWNET)
            os.close(here)


NEAR = (("192.168.77.1", "fd77::1"), ("192.168.77.2", "fd77::2"))


@pytest.fixture
def alone() -> Iterator[None]:
    """An empty network with a loopback."""
    with of_its_own():
        yield


@pytest.fixture
def wire() -> Iterator[Neighbourhood]:
    """An empty network, and another at the end of a wire that all routes lead to."""
    with of_its_own():
        beyond = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            with of_its_own():
                with Netlink(interfaces.NETLINK_ROUTE) as line:
                    try:
                        interfaces.create(line, "wire", "veth", peer="wire", peer_namespace=beyond)
                    except OSError as error:
                        forbidden(f"no veth: {error}")
                    _lead(line, NEAR[0])
                found = Neighbourhood(*NEAR[1], beyond)
                with found.there(), Netlink(interfaces.NETLINK_ROUTE) as line:
                    _lead(line, NEAR[1])
                yield found
        finally:
            os.close(beyond)


def _lead(line: Netlink, addresses: tuple[str, str]) -> None:
    interfaces.raise_up(line, "wire")
    for address, family in zip(addresses, (socket.AF_INET, socket.AF_INET6), strict=True):
        interfaces.add_address(line, "wire", address)
        interfaces.default_route(line, "wire", family)


@pytest.fixture
def listening(wire: Neighbourhood) -> Iterator[Callable[[int], None]]:
    """Opens a port beyond the wire, IPv4 and IPv6, that reads and says nothing."""
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def swallow(server: socket.socket) -> None:
        held = []
        while True:
            try:
                held.append(server.accept()[0])
            except OSError:
                break
        for each in held:
            each.close()

    def listen(port: int) -> None:
        with wire.there():
            opened.append(socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True))
        threads.append(threading.Thread(target=swallow, args=(opened[-1],)))
        threads[-1].start()

    yield listen
    for each in opened:
        each.shutdown(socket.SHUT_RDWR)
        each.close()
    for thread in threads:
        thread.join()


@pytest.fixture
def cgroup(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A control group of version 2 for this test alone."""
    try:
        folder = root_folder() / f"hameau-test-{os.getpid()}-{abs(hash(request.node.nodeid)) % 10**8}"
        folder.mkdir()
    except (NotPermitted, OSError) as error:
        forbidden(error)
    yield folder
    folder.rmdir()


@pytest.fixture
def nft() -> None:
    """The program nft."""
    if nftables.program() is None:
        forbidden("nft is not here (Debian: apt install nftables)")


class Visitor:
    """A process of another user that tries ways out, one after another."""

    def __init__(self, uid: int, cgroup: Path | None) -> None:
        command = [sys.executable, "-I", "-S", str(HERE / "ways_out.py"), str(uid), str(cgroup or "")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def tries(self, way: str, address: str = "", port: int = 0) -> str:
        """The name of the error, or ``ok``."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([way, address, port]) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def leave(self) -> None:
        """Ends the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture
def visitor() -> Iterator[Callable[..., Visitor]]:
    """Starts processes of the held user (or of ``uid``) in this network, in ``cgroup`` if one is given."""
    started: list[Visitor] = []

    def start(uid: int = HELD, cgroup: Path | None = None) -> Visitor:
        started.append(Visitor(uid, cgroup))
        return started[-1]

    yield start
    for each in started:
        each.leave()


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of a program that the test can do without."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not here")
        return found

    return find
