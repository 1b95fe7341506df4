"""What a person takes back is cut at once, whoever holds it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from integration.perimeter.gate.house import Foreign, Gated, World, link, until

Start = Callable[..., Gated]

HOLD = """
    port = int(sys.argv[1])
    enter()
    line = socket.create_connection(("127.0.0.1", port))
    if sys.argv[2] == "child":  # held by a child that was given it, and by nobody else
        child = subprocess.Popen([sys.executable, "-c", "import sys, os, time; os.read(0, 1); time.sleep(1)"], stdin=line)
        line.close()
        say(open=True)
        say(code=child.wait())
    else:
        say(open=True)
        try: got = line.recv(1)
        except OSError as error: got = b""
        say(got=len(got), send=error_of(line.sendall, b"x" * 100000))
"""


@pytest.mark.parametrize("holder", ["main", "child"])
@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_open_connection_is_cut(gated: Start, foreign: Callable[..., Foreign], holder: str, how: str) -> None:
    place = foreign()
    program = gated(HOLD, str(place.port), holder)
    until_when = time.time() + 3 if how == "expired" else 1e12
    program.allow(link("127.0.0.1", place.port, until=until_when))
    assert program.hear() == {"open": True}
    if how == "revoked":
        program.allow()
    said = program.hear()
    if holder == "main":
        assert said["got"] == 0
        assert said["send"] in ("EPIPE", "ECONNRESET", "ENOTCONN")
    else:
        assert said["code"] in (0, 1)
    program.end()
    assert until(lambda: place.met)
    place.met[0].settimeout(20)
    try:
        assert place.met[0].recv(1) == b""
    except ConnectionResetError:
        pass
    assert len(program.book("ended", connection="test", cut=True)) == 1
    assert len(program.book("ended")) == 1


def test_recheck_cuts_before_it_returns(gated: Start, foreign: Callable[..., Foreign]) -> None:
    place = foreign()
    program = gated(
        """
        enter()
        line = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        line.setblocking(False)
        say(open=error_of(line.recv, 1))
        os.rename(f"{FOLDER}/policy", f"{FOLDER}/policy.old")
        closed = gate.recheck()
        say(closed=closed, after=error_of(line.recv, 1), names=gate.state()["connections"])
        """,
        str(place.port),
    )
    program.allow(link("127.0.0.1", place.port))
    assert program.hear() == {"open": "EAGAIN"}
    said = program.hear()
    assert said["closed"] in (0, 1)  # 0 when the watch was faster
    assert said["after"] in ("none", "ECONNRESET", "ENOTCONN", "EPIPE")
    program.end()


def test_a_connection_that_is_still_being_made_is_cut(gated: Start, world: World) -> None:
    """A blocking connect to a host that does not answer (nobody has that address on the cable)."""
    program = gated(
        """
        enter()
        def slow(timeout): results.append(connect("10.99.0.77", 80, timeout))
        results = []
        threads = [threading.Thread(target=slow, args=(timeout,)) for timeout in (None, None, 50)]
        for each in threads: each.start()
        quick = socket.create_server(("127.0.0.1", 0))
        say(quick=[connect(*quick.getsockname()) for _ in range(20)])
        for each in threads: each.join()
        say(results=results)
        """,
        prefix=world.prefix,
    )
    program.allow(link("10.99.0.77", 80))
    began = time.monotonic()
    assert program.hear() == {"quick": ["none"] * 20}
    assert until(lambda: len(program.book("allowed")) == 3)
    program.allow()
    results = program.hear()["results"]
    assert "none" not in results
    assert (
        time.monotonic() - began < 30
    )  # EHOSTUNREACH would take three seconds, ETIMEDOUT minutes; a bound, not a measure
    program.end()


def test_visitors_go_when_the_house_is_closed(gated: Start, world: World) -> None:
    program = gated(
        """
        enter()
        line = socket.create_server(("0.0.0.0", 0))
        say(port=line.getsockname()[1])
        visitor, _ = line.accept()
        inside = socket.create_connection(("127.0.0.1", line.getsockname()[1]))
        served, _ = line.accept()
        say(met=True)
        try: got = visitor.recv(1)
        except OSError: got = b""
        say(got=len(got), kept=error_of(inside.sendall, b"x"), accept=error_of(line.accept))
        """,
        prefix=world.prefix,
    )
    program.allow(level="home-network")
    port = program.hear()["port"]
    code = f"import socket; l = socket.create_connection(('10.99.0.1', {port}))\ntry: l.recv(1)\nexcept OSError: pass\n"
    visitor = subprocess.Popen(["ip", "netns", "exec", world.far, sys.executable, "-c", code])
    assert program.hear() == {"met": True}
    program.allow()
    said = program.hear()
    visitor.wait(60)
    assert said["got"] == 0
    assert said["kept"] == "none"
    assert said["accept"] != "none"
    program.end()
