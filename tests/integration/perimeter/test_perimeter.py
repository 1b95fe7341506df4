"""One home's border: decisions hold at once, are written down, and can be taken back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hameau.kit import BadInput, NotFound, Refused
from hameau.perimeter import FOREVER, Connection, Kind, Level, Neighbour, Perimeter, asking

NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def border(tmp_path: Path, clock: Clock) -> Perimeter:
    return Perimeter(tmp_path / "home", clock)


def kinds(border: Perimeter) -> list[object]:
    return [entry.kind for entry in reversed(border.journal.entries())]


def test_at_first_all_is_closed_and_no_file_is_made(border: Perimeter, tmp_path: Path) -> None:
    state = border.state()
    assert state.policy.level is Level.CLOSED
    assert (state.open, state.refused, state.trouble) == ((), 0, None)
    assert not (tmp_path / "home" / "perimeter.toml").exists()


def test_allow_and_revoke(border: Perimeter) -> None:
    with asking("page"):
        made = border.allow("IMAP.exemple.fr", 993, why="le courrier", who="Zoé")
    assert (made.name, made.host, made.until) == ("imap.exemple.fr", "imap.exemple.fr", FOREVER)
    assert border.state().open == (made,)
    assert border.client.connection(made.name) == made
    assert border.revoke(made.name) == made
    assert border.state().open == ()
    with pytest.raises(Refused):
        border.client.connection(made.name)
    with pytest.raises(NotFound):
        border.revoke(made.name)
    assert kinds(border) == [Kind.CONNECTION_ALLOWED, Kind.CONNECTION_REVOKED]
    assert [entry.by for entry in border.journal.entries()] == ["", "page"]
    assert border.journal.entries()[1].facts["who"] == "Zoé"


def test_a_connection_ends_by_itself(border: Perimeter, clock: Clock) -> None:
    border.allow("a.example", 443, why="x", who="Zoé", until=NOW + 60)
    clock.time += 59
    assert len(border.state().open) == 1
    clock.time += 1
    assert border.state().open == ()
    with pytest.raises(Refused):
        border.client.connection("a.example")


def test_none_ends_in_the_past(border: Perimeter) -> None:
    with pytest.raises(BadInput):
        border.allow("a.example", 443, why="x", who="Zoé", until=NOW)
    assert kinds(border) == []


def test_many_by_one_decision_are_written_down_one_by_one(border: Perimeter) -> None:
    wanted = [Connection(f"feed{number}", "Zoé", "les flux", f"flux{number}.exemple.fr", 443) for number in range(3)]
    allowed = border.allow_all(wanted)
    assert border.policy().connections == allowed
    assert [one.since for one in allowed] == [NOW] * 3
    assert kinds(border) == [Kind.CONNECTION_ALLOWED] * 3
    with pytest.raises(BadInput):
        border.allow_all([Connection("late", "Zoé", "les flux", "flux.exemple.fr", 443, until=NOW)])
    assert len(border.policy().connections) == 3


def test_one_act_one_connection(border: Perimeter) -> None:
    with pytest.raises(ZeroDivisionError), border.opened(Connection("once", "Zoé", "x", "a.example", 443)):
        assert border.state().open[0].since == NOW
        raise ZeroDivisionError
    assert border.state().open == ()


def test_the_home_network_is_opened_and_closed(border: Perimeter) -> None:
    border.set_level(Level.HOME_NETWORK, (Neighbour("nas.home.arpa", 443),))
    assert border.policy().neighbours == (Neighbour("nas.home.arpa", 443),)
    border.set_level(Level.CLOSED)
    assert border.policy().neighbours == ()
    assert [entry.facts.get("neighbours", "") for entry in border.journal.entries()] == ["", "nas.home.arpa:443"]


def test_nothing_left_since_the_last_time_something_did(border: Perimeter, clock: Clock) -> None:
    border.record(Kind.STARTED)
    assert border.state().since == NOW
    clock.time += 100
    border.record(Kind.ALLOWED, act="connect", host="a.example", port=443, leaves=True)
    clock.time += 100
    border.record(Kind.ASKED)
    assert border.state().since == NOW + 100


def test_a_journal_that_can_t_be_written_is_said(border: Perimeter, tmp_path: Path) -> None:
    border.record(Kind.STARTED)
    (tmp_path / "home" / "journal" / "key").write_bytes(b"not a key")
    again = Perimeter(tmp_path / "home")
    again.record(Kind.ASKED)
    assert again._trouble is not None
    assert again._trouble.hint


HOOKED = """
import ctypes, os, socket, sys
os.environ["HAMEAU_PERIMETER"] = "hook"
from pathlib import Path
from hameau.perimeter import Enforcement, Kind, Perimeter, enter
home = Path(sys.argv[1])
enter(home)
border = Perimeter(home)
assert border.self_test().level is Enforcement.HOOK and not border.protection().proven
def tries(what):
    try:
        what()
    except PermissionError:
        return True
    return False
assert tries(lambda: socket.create_connection(("192.0.2.1", 9)))
assert tries(lambda: socket.socket().connect(("192.0.2.1", 9)))
assert tries(lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 9)))
assert tries(lambda: socket.getaddrinfo("example.invalid", 80))
assert tries(lambda: socket.gethostbyname("example.invalid"))
assert tries(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)))
assert tries(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.53", 53)))
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
socket.getaddrinfo("localhost", 80)
print(len(border.journal.entries(kinds={Kind.REFUSED}, limit=100)))
"""


def test_the_hook_binds_python_and_says_that_it_proves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", HOOKED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HAMEAU_PERIMETER": "hook"},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6


def test_two_ports_of_one_host_are_two_connections(border: Perimeter) -> None:
    names = [border.allow("mail.example", port, why="x", who="Zoé").name for port in (993, 465, 993)]
    assert names == ["mail.example", "mail.example-465", "mail.example"]
    assert [each.port for each in border.state().open] == [465, 993]


def test_what_is_lent_for_one_act_ends_soon_after_a_kill(border: Perimeter, clock: Clock, tmp_path: Path) -> None:
    with border.opened(Connection("once", "Zoé", "x", "a.example", 443, NOW + 86_400)):
        (lent,) = Perimeter(tmp_path / "home", clock).state().open
        assert lent.until == NOW + 180
        border._store.prolong("once", NOW + 240)  # as the lender does every minute
        assert border.state().open[0].until == NOW + 240
        border.revoke("once")
        with pytest.raises(NotFound):
            border._store.prolong("once", NOW + 300)  # what a person took back is not lent anew
