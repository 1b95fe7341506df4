"""The programs on a control group in a real kernel: every way out is refused and listed, root's own included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hameau.perimeter.kernel import NotPermitted, bpf, sockets
from hameau.perimeter.kernel.cgroup import CgroupWall, remove_programs
from hameau.perimeter.kernel.places import Opening, Place
from integration.perimeter.kernel.conftest import HELD, Neighbourhood, Visitor, forbidden

PORT = 4200
WAYS = [
    ("tcp", "192.0.2.7", 80, "tcp"),
    ("tcp", "2001:db8::7", 80, "tcp"),
    ("tcp", "::ffff:192.0.2.7", 80, "tcp"),
    ("udp", "192.0.2.7", 53, "udp"),
    ("udp", "2001:db8::7", 53, "udp"),
    ("udp", "::ffff:192.0.2.7", 443, "udp"),
    ("udp-connected", "192.0.2.7", 53, "udp"),
    ("udp", "224.0.0.251", 5353, "udp"),
    ("udp", "127.0.0.1", 53, "udp"),
    ("udp", "127.0.0.53", 53, "udp"),
    ("udp", "::1", 53, "udp"),
    ("tcp", "127.0.0.53", 53, "tcp"),
    ("tcp", "0.0.0.0", 53, "tcp"),
    ("mptcp", "192.0.2.7", 80, "tcp"),
    ("mptcp", "2001:db8::7", 80, "tcp"),
    ("fast-open", "192.0.2.7", 80, "tcp"),
    ("ping", "192.0.2.7", 0, "icmp"),
    ("udplite", "192.0.2.7", 53, "udplite"),
]
ROOTS_WAYS = [  # only root makes raw sockets; only the held user's group may ping here
    *((0, *way) for way in WAYS if way[0] != "ping"),
    (0, "raw", "192.0.2.7", 0, "99"),
    (0, "raw-header", "192.0.2.7", 80, "tcp"),
]
Wall = Callable[..., CgroupWall]


@pytest.fixture
def wall(wire: Neighbourhood, cgroup: Path) -> Iterator[Wall]:
    made: list[CgroupWall] = []

    def build(*places: Place, uid: int | None = None) -> CgroupWall:
        try:
            made.append(CgroupWall(cgroup, uid, Opening(frozenset(places))))
        except NotPermitted as error:
            forbidden(error)
        return made[-1]

    yield build
    for each in made:
        each.remove()
        each.close()


@pytest.mark.parametrize(("uid", "way", "address", "port", "protocol"), [*((HELD, *way) for way in WAYS), *ROOTS_WAYS])
def test_every_way_out_is_refused_and_listed(
    wall: Wall,
    cgroup: Path,
    visitor: Callable[..., Visitor],
    uid: int,
    way: str,
    address: str,
    port: int,
    protocol: str,
) -> None:
    built = wall()
    inside = visitor(uid, cgroup)
    told = inside.tries(way, address, port)
    if told in ("EPROTONOSUPPORT", "ESOCKTNOSUPPORT"):
        pytest.skip(f"this kernel has no {way}")
    assert told == "EPERM"
    (seen,) = built.refusals()
    assert (seen.address, seen.port, seen.protocol) == (address.removeprefix("::ffff:"), port, protocol)
    assert seen.pid == (0 if way in ("ping", "raw", "raw-header") else inside.pid)
    assert built.refusals() == []
    assert built.missing == 0


def test_a_ping_of_ipv6_is_held_back_without_a_word(wall: Wall, cgroup: Path, visitor: Callable[..., Visitor]) -> None:
    built = wall()
    visitor(HELD, cgroup).tries("ping", "2001:db8::7")
    assert [(each.address, each.protocol) for each in built.refusals()] == [("2001:db8::7", "icmpv6")]


def test_only_the_group_and_only_the_user_are_held(
    wall: Wall,
    cgroup: Path,
    listening: Callable[[int], None],
    visitor: Callable[..., Visitor],
    wire: Neighbourhood,
) -> None:
    listening(PORT)
    built = wall(uid=HELD)
    assert visitor(HELD + 1, cgroup).tries("tcp", wire.ipv4, PORT) == "ok"
    assert visitor(HELD).tries("tcp", wire.ipv4, PORT) == "ok"
    assert visitor(HELD, cgroup).tries("tcp", wire.ipv4, PORT) == "EPERM"
    assert [each.uid for each in built.refusals()] == [HELD]


def test_what_is_open_is_open_and_nothing_beside_it(
    wall: Wall,
    cgroup: Path,
    listening: Callable[[int], None],
    visitor: Callable[..., Visitor],
    wire: Neighbourhood,
) -> None:
    listening(PORT)
    listening(PORT + 1)
    built = wall(Place(wire.ipv4, PORT))
    inside = visitor(HELD, cgroup)
    assert inside.tries("tcp", wire.ipv4, PORT) == "ok"
    assert inside.tries("tcp", f"::ffff:{wire.ipv4}", PORT) == "ok"
    assert inside.tries("tcp", wire.ipv4, PORT + 1) == "EPERM"
    assert inside.tries("tcp", wire.ipv6, PORT) == "EPERM"
    assert inside.tries("udp", wire.ipv4, PORT) == "EPERM"
    built.open(Opening(frozenset({Place(wire.ipv6, 0)})))
    assert inside.tries("tcp", wire.ipv6, PORT) == "ok"
    assert inside.tries("tcp", wire.ipv6, PORT + 1) == "ok"
    assert inside.tries("tcp", wire.ipv4, PORT) == "EPERM"
    assert inside.tries("serve", "127.0.0.1", PORT) == "ok"
    assert inside.tries("tcp", "127.0.0.1", PORT) == "ok"
    assert inside.tries("udp", "::1", 54) == "ok"


def test_what_is_closed_is_cut(
    wall: Wall,
    cgroup: Path,
    listening: Callable[[int], None],
    visitor: Callable[..., Visitor],
    wire: Neighbourhood,
) -> None:
    listening(PORT)
    built = wall(Place(wire.ipv4, PORT))
    inside = visitor(HELD, cgroup)
    assert inside.tries("hold", wire.ipv4, PORT) == "ok"
    assert inside.tries("held") == "ok"
    built.open(Opening())
    inside.tries("held")
    assert [each.port for each in built.refusals()] == [PORT]  # not a packet of it left
    assert sockets.cut(HELD, Opening()) == 1
    assert inside.tries("held") == "ECONNABORTED"


def test_it_stays_without_its_maker_and_is_replaced_without_a_hole(
    wall: Wall, cgroup: Path, visitor: Callable[..., Visitor], wire: Neighbourhood
) -> None:
    CgroupWall(cgroup, None, Opening()).close()
    inside = visitor(HELD, cgroup)
    assert inside.tries("tcp", wire.ipv4, PORT) == "EPERM"
    built = wall(Place(wire.ipv4, PORT))
    assert inside.tries("tcp", wire.ipv4, PORT) == "ECONNREFUSED"  # let through; nobody listens there
    assert built.stands()
    remove_programs(cgroup, None)
    assert not built.stands()
    assert inside.tries("tcp", wire.ipv4, PORT + 1) == "ECONNREFUSED"


def test_the_same_refusal_is_counted(wall: Wall, cgroup: Path, visitor: Callable[..., Visitor]) -> None:
    built = wall()
    inside = visitor(HELD, cgroup)
    for _ in range(5):
        inside.tries("tcp", "192.0.2.7", 80)
    assert [each.times for each in built.refusals()] == [5]
    assert built.missing == 0


def test_the_verifier_is_quoted() -> None:
    wrong = bpf.Assembler()
    wrong.copy(0, 5)  # nothing was ever put there
    wrong.end(0)
    try:
        with pytest.raises(OSError, match="R5 !read_ok"):
            bpf.load(wrong.code(), 8, 1, "wrong")
    except AssertionError as error:
        if "not permitted" in str(error).lower():
            forbidden(error)
        raise
