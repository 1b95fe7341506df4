"""What may leave, from the command line: allowed, shown, taken back at once, written down."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from conftest import HAMEAU, Finished, Server, absent

Run = Callable[..., Finished]


def gate_or_absent(hameau: Run) -> None:
    shown = json.loads(hameau("perimeter", "show", "--json").out)
    if shown["protection"]["level"] == "hook":
        absent("a kernel with seccomp user notification", "linux-image-amd64")


def test_at_first_nothing_may_leave_and_that_is_proven(hameau: Run) -> None:
    gate_or_absent(hameau)
    shown = json.loads((hameau("perimeter", "--help").code and "{}") or hameau("perimeter", "show", "--json").out)
    assert shown["level"] == "closed"
    assert shown["connections"] == []
    assert shown["protection"]["proven"]
    assert "seccomp" in shown["protection"]["walls"]
    assert shown["refused"] >= 3  # the attempts of the self-tests
    said = hameau("perimeter")
    assert said.code == 0
    assert "Closed: this machine only." in said.out
    assert "refused and written down" in said.out


def test_allow_show_deny(hameau: Run) -> None:
    made = hameau(
        "perimeter", "allow", "imap.exemple.fr:993", "--name", "mail", "--why", "le courrier", "--until", "7d"
    )
    assert made.code == 0, made.err
    assert "imap.exemple.fr:993" in made.err
    (connection,) = json.loads(hameau("perimeter", "show", "--json").out)["connections"]
    assert (connection["name"], connection["host"], connection["port"]) == ("mail", "imap.exemple.fr", 993)
    assert connection["why"] == "le courrier"
    assert connection["until"]
    assert "mail" in hameau("perimeter").out
    assert hameau("perimeter", "deny", "mail").code == 0
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []
    gone = hameau("perimeter", "deny", "mail")
    assert gone.code == 1
    assert "hameau perimeter show" in gone.err
    told = hameau("journal", "show").out
    assert "“mail” to imap.exemple.fr:993 was allowed" in told
    assert "was revoked" in told
    assert hameau("journal", "verify").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("allow", "imap.exemple.fr"),
        ("allow", "imap.exemple.fr:x", "--why", "x"),
        ("allow", "imap.exemple.fr:0", "--why", "x"),
        ("allow", "a b", "--why", "x"),
        ("allow", "a.example", "--why", "x", "--until", "yesterday"),
        ("allow", "a.example", "--why", "x", "--until", "2001-01-01"),
        ("allow", "a.example", "--why", "x", "--name", "No Name"),
    ],
)
def test_what_can_t_be_allowed_is_said_and_not_allowed(hameau: Run, arguments: tuple[str, ...]) -> None:
    refused = hameau("perimeter", *arguments)
    assert refused.code == 2
    assert refused.err.count("\n") == 2  # what, and what to do
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []


def test_the_home_network_is_opened_and_all_is_closed(hameau: Run) -> None:
    hameau("perimeter", "allow", "home-network", "--neighbour", "nas.home.arpa:443", "--neighbour", "192.168.1.5")
    shown = json.loads(hameau("perimeter", "show", "--json").out)
    assert shown["level"] == "home-network"
    assert shown["neighbours"] == [{"host": "nas.home.arpa", "port": 443}, {"host": "192.168.1.5", "port": 0}]
    hameau("perimeter", "allow", "a.example", "--why", "x")
    hameau("perimeter", "deny", "all")
    shown = json.loads(hameau("perimeter", "show", "--json").out)
    assert (shown["level"], shown["neighbours"], shown["connections"]) == ("closed", [], [])


def test_a_policy_that_can_t_be_understood_allows_nothing_and_says_so(hameau: Run, home: Path) -> None:
    home.mkdir()
    (home / "perimeter.toml").write_text("level = 'wide open'\n")
    said = hameau("perimeter")
    assert said.code == 1
    assert "perimeter.toml" in said.err


def test_required_where_it_can_t_be_proven_nothing_is_served(hameau: Run) -> None:
    refused = hameau("serve", "--port", "0", "--require-perimeter", environment={"HAMEAU_PERIMETER": "hook"})
    assert refused.code == 1
    assert "Not proven" in refused.err
    assert "docs/perimeter.md" in refused.err


@pytest.fixture
def foreign() -> Iterator[tuple[int, list[socket.socket]]]:
    """Another program of this machine that listens, as a proxy or another engine would."""
    listening = socket.create_server(("127.0.0.1", 0))
    heard: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                heard.append(listening.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    yield listening.getsockname()[1], heard
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for line in heard:
        line.close()


INSIDE = """
import socket, sys
from pathlib import Path
from hameau.perimeter import enter
enter(Path(sys.argv[1]))
for line in sys.stdin:
    try:
        kept = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 10)
        print("in", flush=True)
        print("cut" if kept.recv(1) == b"" else "?", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


def test_a_decision_holds_at_once_in_a_program_that_runs(
    hameau: Run, home: Path, foreign: tuple[int, list[socket.socket]]
) -> None:
    gate_or_absent(hameau)
    port, heard = foreign
    command = [sys.executable, "-c", INSIDE, str(home), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin
        assert program.stdout

        def tries() -> str:
            assert program.stdin
            assert program.stdout
            program.stdin.write("go\n")
            program.stdin.flush()
            return program.stdout.readline().strip()

        assert tries() == "PermissionError"
        hameau("perimeter", "allow", f"127.0.0.1:{port}", "--name", "engine", "--why", "another engine")
        assert tries() == "in"
        hameau("perimeter", "deny", "engine")
        assert program.stdout.readline().strip() in ("cut", "ConnectionResetError")  # what was open is closed
        assert tries() == "PermissionError"
        program.stdin.close()
    assert len(heard) == 1
    told = json.loads(hameau("journal", "show", "--json").out)
    kinds = [entry["kind"] for entry in (told["entries"] if isinstance(told, dict) else told)]
    assert {"refused", "connection-allowed", "allowed", "connection-revoked", "ended"} <= set(kinds)


def test_a_server_is_killed_with_its_supervisor_and_its_keeper(home: Path) -> None:
    process = subprocess.Popen([*HAMEAU, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    first = process.stdout.readline()
    port = int(re.search(r":(\d+)/", first).group(1))  # type: ignore[union-attr]
    socket.create_connection(("127.0.0.1", port), 5).close()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the server lives on without its supervisor")
    process.stdout.close()


def test_one_wrong_name_does_not_keep_the_others_open(hameau: Run) -> None:
    for name in ("one", "two"):
        hameau("perimeter", "allow", "192.0.2.7:443", "--name", name, "--why", "a test")
    denied = hameau("perimeter", "deny", "one", "on", "two")
    assert denied.code == 1
    assert "no Connection called on" in denied.err
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []


def test_an_end_that_would_not_hold_is_not_taken(hameau: Run) -> None:
    said = hameau("perimeter", "allow", "home-network", "--neighbour", "192.168.1.20:445", "--until", "2h")
    assert said.code == 2
    assert json.loads(hameau("perimeter", "show", "--json").out)["level"] == "closed"
    assert hameau("perimeter", "allow", "192.0.2.7:443", "--why", "x", "--neighbour", "192.168.1.20").code == 2


def test_all_is_closed_whatever_stands_in_the_file(hameau: Run, home: Path) -> None:
    twice = '[[connection]]\nname = "a"\nwhy = "b"\nhost = "192.0.2.7"\nport = 443\n'
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "perimeter.toml").write_text(twice * 2 + twice.replace('"a"', '"c"'))
    assert hameau("perimeter", "deny", "all").code == 0
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []


def test_closed_again_it_goes_on_for_this_machine_alone(hameau: Run, start_server: Callable[..., Server]) -> None:
    assert hameau("perimeter", "allow", "home-network").code == 0
    server = start_server("--host", "0.0.0.0")
    assert "//0.0.0.0:" in server.url
    assert hameau("perimeter", "deny", "home-network").code == 0
    near = server.said("http://")
    assert near == server.url.replace("0.0.0.0", "127.0.0.1")
    assert httpx.get(near + "/api/v1/health").status_code == 200
    assert server.stop() == 0
