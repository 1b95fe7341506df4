"""The keeper as a real process: it follows the policy, cuts, writes down, mends, and fails closed."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hameau.kit import BadInput, NotFound
from hameau.perimeter.kernel import addresses_for, held_for, keep, nftables, release
from hameau.perimeter.kernel.accounts import account, acting_as
from hameau.perimeter.kernel.cgroup import remove_programs
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.types import Connection
from integration.perimeter.kernel.conftest import HERE, Neighbourhood, Visitor

USER = "nobody"
PORT = 4300
PATIENCE = 20.0
CUT = ("ECONNABORTED", "ECONNRESET", "EPIPE")  # ended by the keeper, or by the rules a moment before


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam(USER)


def _until(what: Callable[[], object], why: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.05)


class Kept:
    """A keeper that runs."""

    def __init__(self, folder: Path, mechanism: str, cgroup: Path | None, leave: bool) -> None:
        self.home, self.run, self.names = folder / "home", folder / "run", folder / "names"
        notify = folder / "notify"
        notify.unlink(missing_ok=True)
        arguments = [USER, self.home, self.run, self.names, mechanism, cgroup or "", "leave" if leave else "remove"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(notify))
            ready.settimeout(PATIENCE)
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "keeper_child.py"), *map(str, arguments)],
                env={**os.environ, "NOTIFY_SOCKET": str(notify)},
            )
            assert ready.recv(100) == b"READY=1"

    def refused(self) -> list[dict[str, object]]:
        """What is written down."""
        path = self.home / "refused.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def allow(self, name: str, host: str, port: int, seconds: float = 1000, local: bool = True) -> None:
        """Writes a Connection into the policy, as the user would."""
        made = Connection(name, "Jeanne", "for the test", host, port, time.time() + seconds, time.time(), (), local)
        with acting_as(account(USER)):
            PolicyStore(self.home).allow(made)

    def revoke(self, name: str) -> None:
        with acting_as(account(USER)):
            PolicyStore(self.home).revoke(name)

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@pytest.fixture(params=["nftables", "cgroup"])
def mechanism(request: pytest.FixtureRequest) -> str:
    if request.param == "nftables":
        request.getfixturevalue("nft")
    return str(request.param)


@pytest.fixture
def keeper(wire: Neighbourhood, cgroup: Path, mechanism: str) -> Iterator[Callable[..., Kept]]:
    """Starts keepers; what they leave is taken away at the end."""
    started: list[Kept] = []
    folder = Path(tempfile.mkdtemp(prefix="hameau-"))  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    (folder / "home").mkdir(0o700)
    os.chown(folder / "home", _account().pw_uid, _account().pw_gid)
    (folder / "names").write_text("")

    def start(leave: bool = True) -> Kept:
        started.append(Kept(folder, mechanism, cgroup if mechanism == "cgroup" else None, leave))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)
    if mechanism == "cgroup":
        remove_programs(cgroup, None)
    shutil.rmtree(folder)


@pytest.fixture
def inside(visitor: Callable[..., Visitor], cgroup: Path, mechanism: str) -> Visitor:
    return visitor(_account().pw_uid, cgroup)


def _refused(told: str) -> bool:
    return told in ("ECONNREFUSED", "EPERM")


def test_a_life(
    keeper: Callable[..., Kept], inside: Visitor, listening: Callable[[int], None], wire: Neighbourhood, mechanism: str
) -> None:
    listening(PORT)
    kept = keeper()
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))
    _until(kept.refused, "nothing was written down")
    first = kept.refused()[0]
    assert {key: first[key] for key in ("act", "address", "port", "protocol", "why")} == {
        "act": "connect",
        "address": wire.ipv4,
        "port": PORT,
        "protocol": "tcp",
        "why": "The connection to {host} was refused: nobody has allowed it.",
    }
    if mechanism == "cgroup":
        assert first["pid"] == inside.pid
        assert first["program"] == Path(f"/proc/{inside.pid}/comm").read_text().strip()
    written = (kept.home / "refused.jsonl").stat()
    assert (written.st_uid, written.st_gid, written.st_mode & 0o777) == (_account().pw_uid, _account().pw_gid, 0o600)

    kept.allow("feed", wire.ipv4, PORT)
    _until(lambda: inside.tries("tcp", wire.ipv4, PORT) == "ok", "what was allowed does not open")
    assert inside.tries("hold", wire.ipv4, PORT) == "ok"
    assert inside.tries("held") == "ok"
    kept.revoke("feed")
    _until(lambda: inside.tries("held") in CUT, "what was revoked is not cut")
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))

    assert kept.end() == 0
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))  # the walls stay


def test_names_are_resolved_outside_and_expire(
    keeper: Callable[..., Kept], inside: Visitor, listening: Callable[[int], None], wire: Neighbourhood
) -> None:
    listening(PORT)
    kept = keeper()
    uid = _account().pw_uid
    kept.allow("cloud", "cloud.example", PORT)
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))
    kept.names.write_text(f"cloud.example {wire.ipv4}\nelsewhere.example {wire.ipv6}\n")
    _until(lambda: inside.tries("tcp", wire.ipv4, PORT) == "ok", "the name's address does not open")
    _until(lambda: addresses_for(uid, "cloud.example", kept.run) == (wire.ipv4,), "the address is not told")
    assert addresses_for(uid, "elsewhere.example", kept.run) == ()
    kept.allow("cloud", "cloud.example", PORT, local=False)  # a name that leads into the local network
    _until(lambda: _refused(inside.tries("tcp", wire.ipv4, PORT)), "a rebound name stays open")
    kept.allow("cloud", "cloud.example", PORT, seconds=1.5)
    _until(lambda: inside.tries("tcp", wire.ipv4, PORT) == "ok", "the name's address does not open again")
    _until(lambda: _refused(inside.tries("tcp", wire.ipv4, PORT)), "what has expired stays open")
    _until(lambda: any("expired" in str(each["why"]) for each in kept.refused()), "it is not said why")
    assert any(each.get("host") == "cloud.example" for each in kept.refused())


def test_killed_it_leaves_the_walls_and_starts_again_without_cutting(
    keeper: Callable[..., Kept], inside: Visitor, listening: Callable[[int], None], wire: Neighbourhood
) -> None:
    listening(PORT)
    listening(PORT + 1)
    kept = keeper()
    kept.allow("cloud", "cloud.example", PORT)
    kept.names.write_text(f"cloud.example {wire.ipv4}\n")
    _until(lambda: inside.tries("hold", wire.ipv4, PORT) == "ok", "the name's address does not open")
    assert _refused(inside.tries("tcp", wire.ipv4, PORT + 1))
    _until(lambda: addresses_for(_account().pw_uid, "cloud.example", kept.run), "the address is not told")
    kept.end(signal.SIGKILL)
    assert inside.tries("held") == "ok"
    assert _refused(inside.tries("tcp", wire.ipv4, PORT + 1))
    again = keeper()
    for _ in range(5):
        assert inside.tries("held") == "ok"
    assert _refused(inside.tries("tcp", wire.ipv4, PORT + 1))
    before = len(again.refused())
    _until(lambda: inside.tries("tcp", wire.ipv6, 9) and len(again.refused()) > before, "the new one writes nothing")


def test_it_tells_the_truth_about_itself(keeper: Callable[..., Kept], mechanism: str) -> None:
    kept = keeper()
    uid = _account().pw_uid
    told = _ask_as(uid, kept.run)
    assert told == ("nftables" if mechanism == "nftables" else "")  # the asker is not in the cgroup
    assert held_for(uid + 1, kept.run) == ()
    (file,) = kept.run.glob("perimeter-*.json")
    assert file.stat().st_mode & 0o777 == 0o640
    file.chmod(0o666)
    assert held_for(uid, kept.run) == ()
    file.chmod(0o640)
    kept.end(signal.SIGKILL)
    assert _ask_as(uid, kept.run) == ""
    assert held_for(uid, kept.run) == ()


def _ask_as(uid: int, folder: Path) -> str:
    """What a process of the user ``uid`` finds out. It drops its rights after it is loaded."""
    lines = [
        "import os, sys; from pathlib import Path; from hameau.perimeter.kernel import held_for",
        "os.setgroups([]); os.setresgid(*[int(sys.argv[2])] * 3); os.setresuid(*[int(sys.argv[1])] * 3)",
        "print(*held_for(os.getuid(), Path(sys.argv[3])))",
    ]
    arguments = [str(uid), str(_account().pw_gid), str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_walls_are_taken_away_only_when_that_was_asked(
    keeper: Callable[..., Kept],
    inside: Visitor,
    listening: Callable[[int], None],
    wire: Neighbourhood,
    cgroup: Path,
    mechanism: str,
) -> None:
    listening(PORT)
    kept = keeper(leave=False)
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))
    assert kept.end() == 0
    assert inside.tries("tcp", wire.ipv4, PORT) == "ok"
    assert list(kept.run.iterdir()) == []
    keeper().end()
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))
    release(USER, cgroup=cgroup, run_folder=kept.run)
    assert inside.tries("tcp", wire.ipv4, PORT) == "ok"


def test_a_broken_policy_opens_nothing(
    keeper: Callable[..., Kept], inside: Visitor, listening: Callable[[int], None], wire: Neighbourhood
) -> None:
    listening(PORT)
    kept = keeper()
    kept.allow("feed", wire.ipv4, PORT)
    _until(lambda: inside.tries("tcp", wire.ipv4, PORT) == "ok", "what was allowed does not open")
    (kept.home / "perimeter.toml").write_text("level = [")
    _until(lambda: _refused(inside.tries("tcp", wire.ipv4, PORT)), "a broken policy leaves open")
    assert kept.process.poll() is None


@pytest.mark.parametrize("mechanism", ["nftables"])
def test_a_firewall_that_forgets_is_reminded(
    keeper: Callable[..., Kept],
    inside: Visitor,
    listening: Callable[[int], None],
    wire: Neighbourhood,
    nft: None,
    mechanism: str,
) -> None:
    listening(PORT)
    keeper()
    assert _refused(inside.tries("tcp", wire.ipv4, PORT))
    nftables.run("flush ruleset\n")
    _until(lambda: _refused(inside.tries("tcp", wire.ipv4, PORT)), "the rules are not set again")


def test_root_and_strangers_are_no_users_to_hold(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the keeper asks for root first")
    with pytest.raises(BadInput):
        keep("root", tmp_path, record=lambda facts: None)
    with pytest.raises(NotFound):
        keep("nobody-of-that-name", tmp_path, record=lambda facts: None)
