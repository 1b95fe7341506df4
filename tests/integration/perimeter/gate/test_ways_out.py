"""Each way out that the gate knows, tried from behind it: refused at once, and written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integration.perimeter.gate.house import Foreign, Gated, World, link, until

Start = Callable[..., Gated]

SOCKETS = {
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "udp over IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "ping": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)",
    "mptcp": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "sctp": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)",
    "udplite": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)",
    "packet": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "vsock": "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "alg": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "bluetooth": "socket.socket(31, socket.SOCK_STREAM, 3)",
    "unix datagrams": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair of unix datagrams": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "another netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)",
    "flags set": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)",
}


@pytest.mark.parametrize("how", SOCKETS)
def test_other_kinds_of_socket_are_refused(gated: Start, how: str) -> None:
    program = gated(f"enter(); say(error=error_of(lambda: {SOCKETS[how]}))")
    assert program.hear() == {"error": "EACCES"}
    assert program.end() == 0
    assert len(program.book("refused", act="socket")) == 1


def test_the_sockets_that_stay_can_be_made(gated: Start) -> None:
    program = gated("""
        enter()
        made = [socket.socket(), socket.socket(socket.AF_INET6), socket.socket(socket.AF_INET, socket.SOCK_STREAM, 6)]
        made += [socket.socket(socket.AF_UNIX), *socket.socketpair(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)]
        say(interfaces=len(socket.if_nameindex()), info=len(socket.getaddrinfo("127.0.0.1", 80)))
    """)
    assert program.hear()["interfaces"] >= 1
    assert program.end() == 0
    assert program.book() == []


def test_what_is_not_this_machine_is_refused(gated: Start) -> None:
    program = gated("""
        enter()
        places = ["192.0.2.1", "10.0.0.1", "8.8.8.8", "2001:db8::1", "::ffff:192.0.2.1", "::ffff:8.8.8.8", "224.0.0.1"]
        say(errors=[connect(host, 443, timeout) for host in places for timeout in (None, 0, 5)])
    """)
    assert set(program.hear()["errors"]) == {"EACCES"}
    program.end()
    refused = program.book("refused", act="connect", port=443)
    assert len(refused) == 21
    assert {each["address"] for each in refused} >= {"192.0.2.1", "8.8.8.8", "2001:db8::1"}
    assert all(each["program"].startswith("python") and each["pid"] for each in refused)


def test_another_program_of_this_machine_is_refused(gated: Start, foreign: Callable[..., Foreign]) -> None:
    ports = [foreign(address).port for address in ("127.0.0.1", "127.0.0.2", "::1")]
    program = gated(
        """
        enter()
        a, b, c = map(int, sys.argv[1:])
        say(errors=[connect(*place) for place in (("127.0.0.1", a), ("127.0.0.2", b), ("::1", c), ("0.0.0.0", a),
            ("::ffff:127.0.0.1", a), ("::ffff:127.0.0.2", b), ("::", c))])
        """,
        *map(str, ports),
    )
    assert program.hear()["errors"] == ["EACCES"] * 7
    program.end()
    assert len(program.book("refused", act="connect")) == 7


def test_where_nobody_listens_there_is_nobody(gated: Start, foreign: Callable[..., Foreign]) -> None:
    closed = foreign()
    closed.close()
    program = gated("enter(); say(error=connect('127.0.0.1', int(sys.argv[1])))", str(closed.port))
    assert program.hear() == {"error": "ECONNREFUSED"}
    program.end()
    assert program.book() == []


def test_fast_open_is_refused(gated: Start, foreign: Callable[..., Foreign]) -> None:
    program = gated(
        """
        enter()
        import ctypes
        place = ("127.0.0.1", int(sys.argv[1]))
        with socket.socket() as line:
            say(error=error_of(line.sendto, b"x", socket.MSG_FASTOPEN, place))
        with socket.socket() as line:
            say(error=error_of(line.sendmsg, [b"x"], [], socket.MSG_FASTOPEN, place))
        libc = ctypes.CDLL(None, use_errno=True)
        with socket.socket() as line:
            libc.sendmmsg(line.fileno(), ctypes.create_string_buffer(64), 1, socket.MSG_FASTOPEN)
            say(error=errno.errorcode[ctypes.get_errno()])
        with socket.socket() as line:  # the option that makes the next connect() a fast one changes nothing
            line.setsockopt(socket.IPPROTO_TCP, 30, 1)
            say(error=error_of(line.connect, place))
        """,
        str(foreign().port),
    )
    assert [program.hear()["error"] for _ in range(4)] == ["EACCES"] * 4
    program.end()
    sent = program.book("refused", act="send")
    assert len(sent) == 3
    assert sent[0]["address"] == sent[1]["address"] == "127.0.0.1"


def test_options_that_lead_packets_elsewhere_are_refused(gated: Start) -> None:
    program = gated("""
        enter()
        a, b = socket.socket(), socket.socket(socket.AF_INET6)
        route = bytes([0x83, 7, 4, 192, 0, 2, 1, 0])  # loose source route (RFC 791)
        say(errors=[
            error_of(a.setsockopt, 0, 4, route),
            error_of(a.setsockopt, 1, 25, b"lo"),
            error_of(a.setsockopt, 1, 62, 1),
            error_of(b.setsockopt, 41, 57, bytes(24)),
            error_of(b.setsockopt, 41, 27, bytes(20)),
            error_of(b.setsockopt, 0, 4, route),
            error_of(a.setsockopt, 0, 15, 1),
            error_of(b.setsockopt, 41, 78, 1),
        ], fine=[error_of(a.setsockopt, 1, 2, 1), error_of(a.setsockopt, 6, 1, 1), error_of(b.setsockopt, 41, 26, 1)])
    """)
    assert program.hear() == {"errors": ["EACCES"] * 8, "fine": ["none"] * 3}
    program.end()
    assert len(program.book("refused", act="socket")) == 8


def test_loopback_through_a_network_card_is_refused(gated: Start, world: World) -> None:
    """A socket that is bound to a card's link-local address would send what is meant for ::1 through the card."""
    program = gated(
        """
        with open("/proc/net/if_inet6") as file:
            words = next(line.split() for line in file if line.startswith("fe80"))
        card = ":".join(words[0][at : at + 4] for at in range(0, 32, 4))
        enter()
        own = socket.create_server(("::1", 0), family=socket.AF_INET6)
        def call(bound=None, no_port=False):
            with socket.socket(socket.AF_INET6) as line:
                line.setsockopt(0, 24, int(no_port))
                if bound: line.bind(bound)
                line.settimeout(3)
                return error_of(line.connect, own.getsockname()[:2])
        tied = (card, 0, 0, int(words[1], 16))
        with socket.socket(socket.AF_INET6) as line:  # a new address is only good once nobody else claims it (RFC 4862)
            while error_of(line.bind, tied) == "EADDRNOTAVAIL": time.sleep(0.05)
        say(errors=[call(tied), call(tied, True), call(no_port=True)], fine=[call(), call(("::1", 0)), call(("::", 0))])
        stop = threading.Event()
        def bind_again(line):
            while not stop.is_set():
                try: line.bind(tied)
                except OSError: pass
        raced = set()
        for _ in range(100):
            with socket.socket(socket.AF_INET6) as line:
                line.setsockopt(0, 24, 1)
                line.settimeout(3)
                stop.clear()
                racer = threading.Thread(target=bind_again, args=(line,))
                racer.start()
                raced.add(error_of(line.connect, own.getsockname()[:2]))
                stop.set()
                racer.join()
        say(raced=sorted(raced))
        """,
        prefix=world.prefix,
    )
    assert program.hear() == {"errors": ["EACCES", "EACCES", "EACCES"], "fine": ["none"] * 3}
    assert set(program.hear()["raced"]) <= {"EACCES"}
    program.end()
    assert program.book("refused", protocol="ipv6 bound elsewhere")


def test_doors_of_the_kernel_are_closed(gated: Start) -> None:
    program = gated("""
        import ctypes, platform
        from hameau.perimeter.gate.numbers import HERE
        enter()
        libc = ctypes.CDLL(None, use_errno=True)
        def call(name):
            return errno.errorcode[ctypes.get_errno()] if libc.syscall(HERE[name], 0, 0, 0, 0, 0, 0) < 0 else "none"
        say(**{name: call(name) for name in "io_uring_setup io_uring_enter ptrace process_vm_readv process_vm_writev "
            "pidfd_getfd setns bpf perf_event_open userfaultfd mount umount2 open_tree fsopen keyctl add_key "
            "request_key init_module kexec_load".split()})
    """)
    found = program.hear()
    program.end()
    assert found.pop("io_uring_setup") == found.pop("io_uring_enter") == "ENOSYS"
    assert found.pop("request_key") == "EACCES"
    assert set(found.values()) == {"EPERM"}


def test_nobody_listens_for_other_machines(gated: Start) -> None:
    program = gated("""
        enter()
        def listen(address, family=socket.AF_INET):
            with socket.socket(family) as line:
                if address is not None:
                    line.bind((address, 0))
                return error_of(line.listen)
        say(errors=[listen("0.0.0.0"), listen("::", socket.AF_INET6), listen(None), listen(None, socket.AF_INET6)],
            fine=[listen("127.0.0.1"), listen("127.9.9.9"), listen("::1", socket.AF_INET6),
                  listen("::ffff:127.0.0.1", socket.AF_INET6)])
    """)
    assert program.hear() == {"errors": ["EACCES"] * 4, "fine": ["none"] * 4}
    program.end()
    assert len(program.book("refused", act="listen")) == 4


def test_at_home_other_machines_may_come_in(gated: Start, world: World, tmp_path: object) -> None:
    program = gated(
        """
        import json
        with open(f"{FOLDER}/policy", "w") as file:
            json.dump({"level": "home-network"}, file)
        enter()
        line = socket.create_server(("10.99.0.1", 0))
        say(port=line.getsockname()[1])
        visitor, _ = line.accept()
        say(met=True)
        say(ended=visitor.recv(1) == b"")
        """,
        prefix=world.prefix,
    )
    port = program.hear()["port"]
    assert world.connect_from_outside(port) == "none"
    assert program.hear() == {"met": True}
    assert program.hear() == {"ended": True}
    program.end()
    assert len(program.book("allowed", act="listen", port=port)) == 1


def test_a_place_outside_needs_a_connection(gated: Start, world: World) -> None:
    port = world.listen_outside()
    program = gated(
        """
        port = int(sys.argv[1])
        enter()
        say(before=[connect("10.99.0.2", port, timeout) for timeout in (None, 5)])
        sys.stdin.readline()
        line = socket.create_connection(("10.99.0.2", port), 5)
        line.sendall(b"x" * 1000)
        got = b""
        while len(got) < 1000: got += line.recv(4096)
        say(after=len(got), other=connect("10.99.0.2", port + 1), mapped=connect("::ffff:10.99.0.2", port),
            blocking=connect("10.99.0.2", port))
        sys.stdin.readline()
        line.close()
        sys.stdin.readline()
        """,
        str(port),
        prefix=world.prefix,
        stdin=-1,
    )
    assert program.hear() == {"before": ["EACCES", "EACCES"]}
    program.allow(link("10.99.0.2", port))
    assert program.process.stdin
    program.process.stdin.write("\n")
    program.process.stdin.flush()
    assert program.hear() == {"after": 1000, "other": "EACCES", "mapped": "none", "blocking": "none"}
    until(lambda: len(program.book("ended")) == 2)  # so the third one was looked at
    program.process.stdin.close()
    program.end()
    assert len(program.book("refused", address="10.99.0.2", port=port)) == 2
    assert len(program.book("allowed", address="10.99.0.2", port=port, connection="test")) == 3
    ended = program.book("ended", address="10.99.0.2", port=port, connection="test", cut=False)
    assert len(ended) == 3
    assert (1000, 1000) in {(each["sent"], each["received"]) for each in ended}
