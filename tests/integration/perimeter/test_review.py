"""The border between its parts: what one of them might take for granted of another."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hameau.kit import Unavailable
from hameau.perimeter import Connection, Kind, Perimeter
from hameau.perimeter.gate import inside

LISTENER = """
import socket, sys
line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
line.bind(sys.argv[1]); line.listen(); print("ready", flush=True)
while True:
    asker, _ = line.accept()
    with asker:
        if asker.recv(4096):
            asker.sendall(b'{"level": "gate", "walls": ["seccomp"], "since": 1}\\n')
"""
FILTERED = """
import ctypes, struct
libc = ctypes.CDLL(None)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))  # everything is let through
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(1, ctypes.cast(code, ctypes.c_void_p))), 0, 0) == 0
from hameau.perimeter.gate import inside
print(inside())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of the Linux kernel")
def test_a_door_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    """A leftover variable and the filter of a container are no gate."""
    path = str(tmp_path / "door.sock")
    with subprocess.Popen([sys.executable, "-c", LISTENER, path], stdout=subprocess.PIPE, text=True) as stranger:
        assert stranger.stdout is not None
        stranger.stdout.readline()
        environment = os.environ | {"HAMEAU_DOOR": path}
        said = subprocess.run(
            [sys.executable, "-c", FILTERED], env=environment, capture_output=True, text=True, check=True
        )
        stranger.kill()
    assert said.stdout.strip() == "False"


def test_nonsense_at_the_door_is_no_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMEAU_DOOR", str(tmp_path / "nobody"))
    assert not inside()


def test_a_connection_that_was_taken_back_meanwhile_hides_nothing(tmp_path: Path) -> None:
    border = Perimeter(tmp_path)
    wanted = Connection("model.tiny", "Ada", "a model", "127.0.0.1", 9)
    with pytest.raises(ZeroDivisionError), border.opened(wanted):
        border.revoke("model.tiny")
        raise ZeroDivisionError
    assert border.policy().connections == ()


def test_a_question_for_a_name_is_written_down_before_it_leaves(tmp_path: Path) -> None:
    """Where there is no gate, too. The name is one that can't be asked for: it is too long (RFC 1035, 2.3.4)."""
    border = Perimeter(tmp_path)
    border.allow("*.example.org", 443, why="news", who="Ada", name="feed")
    with pytest.raises((Unavailable, UnicodeError)), border.client.line("feed", "x" * 64 + ".example.org", 443):
        pass
    (entry,) = border.journal.entries(kinds={Kind.ALLOWED})
    assert (entry.facts["act"], entry.facts["connection"]) == ("resolve", "feed")


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors of POSIX")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_it_runs_where_streams_are_closed(tmp_path: Path, closed: str) -> None:
    command = f"exec {sys.executable} -c 'from hameau.cli import main; main()' perimeter show --json {closed}"
    done = subprocess.run(
        ["sh", "-c", command],
        env=os.environ | {"HAMEAU_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    if closed == "<&-":
        assert json.loads(done.stdout)["level"] == "closed"


HOOKED = """
import sys
from pathlib import Path
from hameau.perimeter import Kind, Perimeter, enter
home = Path(sys.argv[1])
enter(home)
border = Perimeter(home)
border.allow("feed.example.org", 9, why="news", who="Ada", name="feed", local=True)
from hameau.perimeter import doors
doors.find = lambda host, port: ("192.0.2.1",)
import socket
def connect(address, timeout=None):
    socket.socket().connect(address)
socket.create_connection = connect
socket.socket.connect = lambda line, address: sys.audit("socket.connect", line, address) or print("let through")
try:
    with border.client.line("feed", "feed.example.org", 9, tls=False):
        pass
except BaseException as error:
    print(type(error).__name__)
"""


def test_the_hook_knows_the_name_that_was_found(tmp_path: Path) -> None:
    """Nothing is sent: what would connect only says so after the hook was asked."""
    said = subprocess.run(
        [sys.executable, "-c", HOOKED, str(tmp_path)],
        env=os.environ | {"HAMEAU_PERIMETER": "hook"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "let through" in said.stdout, said.stdout + said.stderr
    assert Perimeter(tmp_path).journal.entries(kinds={Kind.REFUSED}) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_serve_ends_in_order_when_its_terminal_is_closed(tmp_path: Path) -> None:
    main, theirs = pty.openpty()
    code = (
        "import fcntl, signal, termios; signal.signal(signal.SIGHUP, signal.SIG_DFL); "  # the tests may run under nohup
    )
    code += "fcntl.ioctl(0, termios.TIOCSCTTY, 0); from hameau.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=os.environ | {"HAMEAU_HOME": str(tmp_path)},
    ) as server:
        os.close(theirs)
        said = b""
        while b"Ctrl-C" not in said:  # all that it says at its start: a closed terminal takes no more
            said += os.read(main, 4096)
        os.close(main)
        try:
            assert server.wait(30) == 0
        finally:
            server.kill()
    assert [entry.kind for entry in Perimeter(tmp_path).journal.entries(limit=1)] == [Kind.STOPPED]
