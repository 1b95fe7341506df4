"""The firewall's rules in a real kernel: every way out of one user is refused and seen, what is open stays open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from hameau.perimeter.kernel import nftables, sockets
from hameau.perimeter.kernel.nflog import Reader
from hameau.perimeter.kernel.places import Opening, Place
from integration.perimeter.kernel.conftest import HELD, Neighbourhood, Visitor

PORT = 4100
WAYS = [
    ("tcp", "192.0.2.7", 80, "tcp", "ECONNREFUSED"),
    ("tcp", "2001:db8::7", 80, "tcp", "ECONNREFUSED"),
    ("tcp", "::ffff:192.0.2.7", 80, "tcp", "ECONNREFUSED"),
    ("udp", "192.0.2.7", 53, "udp", "EPERM"),
    ("udp", "2001:db8::7", 53, "udp", "EPERM"),
    ("udp", "::ffff:192.0.2.7", 443, "udp", "EPERM"),
    ("udp", "224.0.0.251", 5353, "udp", "EPERM"),
    ("udp", "127.0.0.1", 53, "udp", "EPERM"),
    ("udp", "127.0.0.53", 53, "udp", "EPERM"),
    ("udp", "::1", 53, "udp", "EPERM"),
    ("tcp", "127.0.0.53", 53, "tcp", "ECONNREFUSED"),
    ("mptcp", "192.0.2.7", 80, "tcp", "ECONNREFUSED"),
    ("mptcp", "2001:db8::7", 80, "tcp", "ECONNREFUSED"),
    ("fast-open", "192.0.2.7", 80, "tcp", "ECONNREFUSED"),
    ("ping", "192.0.2.7", 0, "icmp", "EPERM"),
    ("ping", "2001:db8::7", 0, "icmpv6", "ok"),  # the kernel tells no error, and sends nothing
    ("udplite", "192.0.2.7", 53, "udplite", "EPERM"),
]


@pytest.fixture
def rules(wire: Neighbourhood, nft: None) -> Iterator[Callable[..., None]]:
    """Sets or changes what is open to the held user."""

    def apply(*places: Place, answers: bool = False, anew: bool = False) -> None:
        opened = Opening(frozenset(places), answers)
        known = nftables.stands(HELD)
        nftables.run(nftables.update(HELD, opened) if known and not anew else nftables.ruleset(HELD, opened))

    return apply


@pytest.fixture
def log(wire: Neighbourhood) -> Iterator[Reader]:
    reader = Reader(nftables.group_of(HELD))
    yield reader
    reader.close()


@pytest.mark.parametrize(("way", "address", "port", "protocol", "error"), WAYS)
def test_every_way_out_is_refused_and_seen(
    rules: Callable[..., None],
    log: Reader,
    visitor: Callable[..., Visitor],
    way: str,
    address: str,
    port: int,
    protocol: str,
    error: str,
) -> None:
    rules()
    told = visitor().tries(way, address, port)
    if told in ("EPROTONOSUPPORT", "ESOCKTNOSUPPORT"):
        pytest.skip(f"this kernel has no {way}")
    assert told == error
    seen = {(each.refusal.address, each.refusal.port, each.refusal.protocol, each.refusal.uid) for each in log.read()}
    assert seen == {(address.removeprefix("::ffff:"), port, protocol, HELD)}
    assert log.missing == 0


def test_raw_packets_are_refused(rules: Callable[..., None], log: Reader, visitor: Callable[..., Visitor]) -> None:
    """Root may make raw sockets: the rules for root's number hold them all the same."""
    nftables.run(nftables.ruleset(0, Opening()))
    reader = Reader(nftables.group_of(0))
    try:
        assert visitor(uid=0).tries("raw", "192.0.2.7") == "EPERM"
        assert visitor(uid=0).tries("raw-header", "192.0.2.7", 80) == "EPERM"
        seen = [(each.refusal.protocol, each.refusal.port) for each in reader.read()]
    finally:
        reader.close()
    assert seen == [("99", 0), ("tcp", 80)]


def test_others_and_the_loopback_are_left_alone(
    rules: Callable[..., None],
    log: Reader,
    listening: Callable[[int], None],
    visitor: Callable[..., Visitor],
    wire: Neighbourhood,
) -> None:
    rules()
    listening(PORT)
    assert visitor(uid=HELD + 1).tries("tcp", wire.ipv4, PORT) == "ok"
    assert visitor(uid=0).tries("tcp", wire.ipv6, PORT) == "ok"
    inside = visitor()
    assert inside.tries("serve", "127.0.0.1", PORT) == "ok"
    assert inside.tries("tcp", "127.0.0.1", PORT) == "ok"
    assert inside.tries("udp", "::1", 54) == "ok"
    assert log.read() == []


def test_what_is_open_is_open_and_nothing_beside_it(
    rules: Callable[..., None], listening: Callable[[int], None], visitor: Callable[..., Visitor], wire: Neighbourhood
) -> None:
    listening(PORT)
    listening(PORT + 1)
    inside = visitor()
    rules(Place(wire.ipv4, PORT))
    assert inside.tries("tcp", wire.ipv4, PORT) == "ok"
    assert inside.tries("tcp", f"::ffff:{wire.ipv4}", PORT) == "ok"
    assert inside.tries("tcp", wire.ipv4, PORT + 1) == "ECONNREFUSED"
    assert inside.tries("tcp", wire.ipv6, PORT) == "ECONNREFUSED"
    assert inside.tries("udp", wire.ipv4, PORT) == "EPERM"
    assert inside.tries("mptcp", wire.ipv4, PORT) == "ECONNREFUSED"
    rules(Place(wire.ipv6, 0))
    assert inside.tries("tcp", wire.ipv6, PORT) == "ok"
    assert inside.tries("tcp", wire.ipv6, PORT + 1) == "ok"
    assert inside.tries("tcp", wire.ipv4, PORT) == "ECONNREFUSED"


@pytest.mark.parametrize("destroy", [True, False])
def test_what_is_closed_is_cut(
    rules: Callable[..., None],
    listening: Callable[[int], None],
    visitor: Callable[..., Visitor],
    wire: Neighbourhood,
    destroy: bool,
) -> None:
    listening(PORT)
    inside, other = visitor(), visitor(uid=HELD + 1)
    open_ = [Place(wire.ipv4, PORT), Place(wire.ipv6, PORT)]
    rules(*open_)
    for each in (inside, other):
        assert each.tries("hold", wire.ipv4, PORT) == "ok"
        assert each.tries("held") == "ok"
    assert sockets.cut(HELD, Opening(frozenset(open_))) == 0
    rules(open_[1])
    if destroy:
        assert sockets.cut(HELD, Opening(frozenset(open_[1:]))) == 1
        assert inside.tries("held") == "ECONNABORTED"
    else:  # the rules alone: the first packet ends it
        inside.tries("held")
        assert inside.tries("held") in ("ECONNRESET", "EPIPE")
    assert other.tries("held") == "ok"


def test_neighbours_are_answered_only_when_they_may_ask(
    rules: Callable[..., None], log: Reader, visitor: Callable[..., Visitor], wire: Neighbourhood
) -> None:
    import socket

    inside = visitor()
    assert inside.tries("serve", "192.168.77.1", PORT) == "ok"

    def ask() -> bool:
        with wire.there():
            line = socket.socket()
        with line:
            line.settimeout(1)
            try:
                line.connect(("192.168.77.1", PORT))
            except TimeoutError:
                return False
            return sockets.cut(HELD, Opening(answers=True)) == 0

    rules()
    assert not ask()
    assert {each.refusal.address for each in log.read()} == {wire.ipv4}
    rules(answers=True)
    assert ask()
    assert inside.tries("tcp", wire.ipv4, PORT) == "ECONNREFUSED"  # answering is not asking


def test_changes_leave_no_hole_either_way(
    rules: Callable[..., None], listening: Callable[[int], None], visitor: Callable[..., Visitor], wire: Neighbourhood
) -> None:
    listening(PORT)
    rules(Place(wire.ipv4, PORT))
    told: dict[str, set[str]] = {"open": set(), "shut": set()}
    over = threading.Event()
    tries = {"open": (visitor(), PORT), "shut": (visitor(), PORT + 1)}

    def keep_trying(what: str) -> None:
        each, port = tries[what]
        while not over.is_set():
            told[what].add(each.tries("tcp", wire.ipv4, port))

    threads = [threading.Thread(target=keep_trying, args=(what,)) for what in told]
    for thread in threads:
        thread.start()
    for number in range(40):
        rules(
            Place(wire.ipv4, PORT), *(Place("192.0.2.9", port) for port in range(1, number + 2)), anew=number % 2 == 0
        )
    over.set()
    for thread in threads:
        thread.join()
    assert told == {"open": {"ok"}, "shut": {"ECONNREFUSED"}}


def test_setting_twice_and_removing_twice(rules: Callable[..., None]) -> None:
    for _ in range(2):
        nftables.run(nftables.ruleset(HELD, Opening()))
        assert nftables.stands(HELD)
    assert not nftables.stands(HELD + 1)
    for _ in range(2):
        nftables.run(nftables.removal(HELD))
        assert not nftables.stands(HELD)


def test_a_flood_is_counted_to_the_last_packet(
    rules: Callable[..., None], log: Reader, visitor: Callable[..., Visitor]
) -> None:
    """More than the reader's buffer holds: what is lost is numbered."""
    import socket

    log._line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    rules()
    inside = visitor()
    assert inside.tries("udp", "192.0.2.1", 1) == "EPERM"
    assert len(log.read()) == 1
    for port in range(100, 200):
        inside.tries("udp", "192.0.2.1", port)
    some = len(log.read())
    deadline = time.monotonic() + 5
    while some + log.missing < 100 and time.monotonic() < deadline:
        inside.tries("udp", "192.0.2.1", 99)
        some += len([each for each in log.read() if each.refusal.port != 99])
    assert log.missing > 0
    assert some < 100
