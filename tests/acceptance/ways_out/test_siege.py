"""The supervisor under siege: stopped, killed, flooded, lied to. Nothing gets out meanwhile, and it goes on or all ends.

« Outside » is a listener of this very test on the loopback, which is none of Hameau's.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from conftest import absent
from hameau.perimeter import Connection, Journal, Kind
from hameau.perimeter.gate import notify
from hameau.perimeter.policy import PolicyStore

_PATIENCE = 60.0
_PRELUDE = """
import errno, json, os, signal, socket, subprocess, sys, threading, time
from pathlib import Path
from hameau.perimeter import enter, here
from hameau.perimeter.gate import recheck, state
from hameau.perimeter.gate.door import ask
HOME, PORT = Path(sys.argv[1]), int(sys.argv[2])

def say(**facts):
    print(json.dumps(facts), flush=True)

def connect(port=PORT, wait=None):
    with socket.socket() as line:
        line.settimeout(wait)
        try:
            line.connect(("127.0.0.1", port))
        except OSError as error:
            return errno.errorcode.get(error.errno, type(error).__name__)
        try:
            line.getpeername()
        except OSError:
            return "EINTR"  # a signal came in between, and Python believes that it is connected
    return "none"

def well():
    "Whether the supervisor still decides, both ways."
    with socket.create_server(("127.0.0.1", 0)) as own:
        fine = connect(own.getsockname()[1])
    return [fine, connect(), state().get("level")]

enter(HOME)
assert here().level == "gate"
"""
WELL = ["none", "EACCES", "gate"]


class Besieged:
    """A program behind the gate of a home of its own, and a foreign listener that it must not reach."""

    def __init__(self, folder: Path, code: str, backlog: int = 1000, accepting: bool = True) -> None:
        self.home = folder / "home"
        self.server = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = int(self.server.getsockname()[1])
        self.met: list[socket.socket] = []
        if accepting:
            threading.Thread(target=self._accept, daemon=True).start()
        self._code = _PRELUDE + textwrap.dedent(code)
        self._lines: queue.Queue[str] = queue.Queue()

    def begin(self) -> Besieged:
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._code, str(self.home), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def _accept(self) -> None:
        try:
            while True:
                self.met.append(self.server.accept()[0])
        except OSError:
            return

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def hear(self, patience: float = _PATIENCE) -> dict[str, Any]:
        """The next thing it says."""
        line = self._lines.get(timeout=patience)
        assert line, f"it ended with {self.process.wait(_PATIENCE)}"
        found: dict[str, Any] = json.loads(line)
        return found

    def go_on(self) -> None:
        """Lets it read a line."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def allow(self) -> None:
        """A Connection to the foreign listener."""
        until = time.time() + 1000
        PolicyStore(self.home).allow(Connection("siege", "me", "a test", "127.0.0.1", self.port, until, 0.0, (), True))

    def refused(self) -> int:
        """How often the journal says that the foreign listener was refused."""
        found = Journal(self.home / "journal").entries(kinds={Kind.REFUSED, Kind.REPEATED}, limit=10_000)
        return sum(int(each.facts.get("times", 1)) for each in found if each.facts.get("port") == self.port)

    def close(self) -> None:
        tree: list[psutil.Process] = []
        if self.process.poll() is None:  # a test failed half-way: nobody else would end what it left behind
            tree = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
        self.process.wait()
        for each in tree:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()
        self.server.close()
        for line in self.met:
            line.close()


Start = Callable[..., Besieged]


@pytest.fixture
def besieged(tmp_path: Path) -> Iterator[Start]:
    """Makes a :class:`Besieged`; ``begin`` starts it."""
    if missing := notify.available():
        absent(f"seccomp user notification ({missing})", "linux-image-amd64")
    made: list[Besieged] = []

    def make(code: str, **options: Any) -> Besieged:
        made.append(Besieged(tmp_path, code, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _until(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def _alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


_DAEMON = """
    ended, tell = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(tell, b"%d" % os.getpid())
            time.sleep(600)
        os._exit(0)
    daemon = int(os.read(ended, 20))
"""


def test_a_killed_supervisor_ends_the_whole_tree(besieged: Start) -> None:
    program = besieged(
        _DAEMON + "    say(main=os.getpid(), daemon=daemon, supervisor=os.getppid()); time.sleep(600)"
    ).begin()
    told = program.hear()
    os.kill(told["supervisor"], signal.SIGKILL)
    assert program.process.wait(_PATIENCE) != 0
    assert _until(lambda: not any(_alive(told[each]) for each in ("main", "daemon")))
    assert program.met == []


def test_who_outlives_the_supervisor_is_shut_in(besieged: Start) -> None:
    """The program undoes the signal at its parent's death, and nobody is there to end it."""
    program = besieged("""
        import ctypes
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG
        say(supervisor=os.getppid(), own=os.getpid())
        sys.stdin.readline()
        say(errors=[connect(), connect(53)])
        time.sleep(600)
    """).begin()
    told = program.hear()
    try:
        os.kill(program.process.pid, signal.SIGSTOP)  # the keeper, who would end the tree
        os.kill(told["supervisor"], signal.SIGKILL)
        program.go_on()
        assert program.hear()["errors"] == ["ENOSYS", "ENOSYS"]
        assert program.met == []
        os.kill(program.process.pid, signal.SIGCONT)
        assert program.process.wait(_PATIENCE) != 0
        assert _until(lambda: not _alive(told["own"]))
    finally:
        with suppress(ProcessLookupError):
            os.kill(told["own"], signal.SIGKILL)


def test_daemons_do_not_outlive_the_program(besieged: Start) -> None:
    program = besieged(_DAEMON + "    say(daemon=daemon)").begin()
    told = program.hear()
    assert program.process.wait(_PATIENCE) == 0
    assert _until(lambda: not _alive(told["daemon"]))


def test_while_the_supervisor_is_stopped_nothing_leaves(besieged: Start) -> None:
    program = besieged("""
        say(supervisor=os.getppid())
        sys.stdin.readline()
        say(trying=True)
        say(error=connect())
    """).begin()
    supervisor = program.hear()["supervisor"]
    os.kill(supervisor, signal.SIGSTOP)
    program.go_on()
    assert program.hear() == {"trying": True}
    with pytest.raises(queue.Empty):
        program.hear(0.5)
    assert program.met == []
    os.kill(supervisor, signal.SIGCONT)
    assert program.hear() == {"error": "EACCES"}
    assert program.met == []


def test_ten_thousand_connections_at_once(besieged: Start) -> None:
    program = besieged("""
        from collections import Counter
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        found = []
        def many():
            found.extend([connect(wait=wait) for wait in (None, 0, 5, 0.0, None) * 10])
        threading.stack_size(256 * 1024)
        threads = [threading.Thread(target=many) for _ in range(200)]
        for each in threads: each.start()
        for each in threads: each.join()
        say(found=Counter(found), well=well())
    """).begin()
    assert program.hear() == {"found": {"EACCES": 10_000}, "well": WELL}
    assert program.process.wait(_PATIENCE) == 0
    assert program.met == []
    assert program.refused() == 10_001


def test_the_door_is_for_the_tree_only(besieged: Start) -> None:
    program = besieged("say(door=os.environ['HAMEAU_DOOR']); sys.stdin.readline(); say(well=well())").begin()
    door = program.hear()["door"]
    for question in (b'{"ask":"state"}\n', b'{"ask":"resolve","host":"localhost","port":80}\n'):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE)
            line.connect(door)
            try:
                line.sendall(question)
                assert line.recv(1000) == b""
            except (ConnectionResetError, BrokenPipeError):
                pass
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for line in crowd:  # who is not of the tree does not keep the tree from asking either
        line.setblocking(False)
        line.connect_ex(door)
    program.go_on()
    assert program.hear(30) == {"well": WELL}
    for line in crowd:
        line.close()


def test_nonsense_at_the_door(besieged: Start) -> None:
    program = besieged("""
        def send(*pieces):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(30)
                line.connect(os.environ["HAMEAU_DOOR"])
                try:
                    for each in pieces: line.sendall(each)
                    line.shutdown(socket.SHUT_WR)
                    return line.recv(4096).decode()
                except OSError:
                    return ""
        say(answers=[send(each) for each in (
            b"", b"{", b"null\\n", b"[]\\n", b"\\n", b"[" * 5000 + b"\\n", b"\\xff\\xfe\\n", b'{"ask":"open"}\\n',
            b'{"ask":"resolve","host":"a.example","port":"x"}\\n', b'{"ask":"resolve","host":null,"port":1e400}\\n',
            b'{"ask":"ended","address":1,"port":[],"sent":{},"received":-1}\\n',
            b'{"ask":"resolve","host":"' + b"a" * 7000 + b'","port":80}\\n', b"x" * 1_000_000,
            b'{"ask":"resolve","host":"\\\\u0000\\\\n\\\\ud800","port":80}\\n')])
        lines = []
        for _ in range(300):  # a flood of half a question each
            line = socket.socket(socket.AF_UNIX)
            line.setblocking(False)
            try:
                line.connect(os.environ["HAMEAU_DOOR"])
                line.send(b'{"ask":')
            except OSError:
                pass
            lines.append(line)
        for each in lines: each.close()
        until = time.monotonic() + 30
        while not state() and time.monotonic() < until:
            time.sleep(0.05)
        say(well=well())
    """).begin()
    answers = program.hear()["answers"]
    assert all("addresses" not in each for each in answers), answers
    assert program.hear() == {"well": WELL}
    assert program.met == []


def test_a_lie_about_the_end_does_not_hide_a_connection(besieged: Start) -> None:
    program = besieged("""
        line = socket.create_connection(("127.0.0.1", PORT))
        line.sendall(b"x")
        say(lie=ask({"ask": "ended", "connection": "siege", "host": "", "address": "127.0.0.1", "port": PORT,
            "sent": 0, "received": 0}))
        sys.stdin.readline()
        recheck()
        line.settimeout(20)
        try:
            say(cut=line.recv(1) == b"")
        except ConnectionError:
            say(cut=True)
        except TimeoutError:
            say(cut=False)
    """)
    program.allow()
    program.begin()
    assert program.hear() == {"lie": {}}
    PolicyStore(program.home).revoke("siege")
    program.go_on()
    assert program.hear() == {"cut": True}


def test_callers_that_vanish_during_a_call(besieged: Start) -> None:
    program = besieged(
        """
        fill = [socket.socket() for _ in range(8)]  # nobody accepts: from now on a connection waits
        for each in fill:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", PORT))
        wait = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])))"
        children = [subprocess.Popen([sys.executable, "-c", wait, str(PORT)]) for _ in range(3)]
        time.sleep(0.5)
        for each in children: each.kill()
        for each in children: each.wait()
        change = "import os, socket, sys, threading, time\\n"
        change += "p = ('127.0.0.1', int(sys.argv[1]))\\n"
        change += "for _ in range(4): threading.Thread(target=socket.create_connection, args=(p,), daemon=True).start()\\n"
        change += "time.sleep(0.3); os.execv('/bin/true', ['true'])"
        code = subprocess.run([sys.executable, "-c", change, str(PORT)], timeout=60).returncode
        say(code=code)
        sys.stdin.readline()
        say(well=well())
        """,
        backlog=1,
        accepting=False,
    )
    program.allow()
    program.begin()
    assert program.hear() == {"code": 0}
    PolicyStore(program.home).revoke("siege")
    program.go_on()
    assert program.hear() == {"well": WELL}


def test_signals_during_a_call_change_nothing(besieged: Start) -> None:
    program = besieged("""
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        found = {connect() for _ in range(2000)}
        signal.setitimer(signal.ITIMER_REAL, 0)
        say(found=sorted(found), well=well())
    """).begin()
    told = program.hear()
    assert set(told["found"]) <= {"EACCES", "EINTR"}
    assert told["well"] == WELL
    assert program.met == []


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_standard_stream_that_could_send_anywhere_is_taken_away(tmp_path: Path, stream: int) -> None:
    """A unix socket for datagrams needs no ``connect`` to reach another program."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as foreign,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as given,
    ):
        foreign.bind(str(tmp_path / "foreign.sock"))
        foreign.settimeout(1)
        code = _PRELUDE + textwrap.dedent(f"""
            try:
                socket.socket(fileno={stream}).sendto(b"x", {str(tmp_path / "foreign.sock")!r})
            except OSError as error:
                sys.exit(41)
            sys.exit(42)
        """)
        streams = {["stdin", "stdout", "stderr"][stream]: given}
        command = [sys.executable, "-c", code, str(tmp_path / "home"), "1"]
        assert subprocess.run(command, check=False, timeout=_PATIENCE, **streams).returncode == 41  # type: ignore[call-overload]
        with pytest.raises(TimeoutError):
            foreign.recv(10)
