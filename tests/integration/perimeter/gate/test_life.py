"""The three processes: how they end, what they pass on, and that nothing is left when one of them is killed."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.perimeter.gate.house import PRELUDE, Gated, until

Start = Callable[..., Gated]


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; one that has ended and is only waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


@pytest.mark.parametrize("code", [0, 1, 7, 130, 255])
def test_the_exit_code_is_hameaus(gated: Start, code: int) -> None:
    assert gated(f"enter(); sys.exit({code})").end() == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGUSR1])
def test_a_deadly_signal_is_hameaus(gated: Start, number: signal.Signals) -> None:
    assert gated(f"enter(); os.kill(os.getpid(), {int(number)}); time.sleep(60)").end() == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_to_the_first_process_reaches_hameau_once(gated: Start, number: signal.Signals) -> None:
    program = gated(f"""
        enter()
        met = []
        signal.signal({int(number)}, lambda number, _: met.append(number))
        say(ready=True)
        while not met: signal.pause()
        time.sleep(0.3)
        say(met=met)
        sys.exit(5)
    """)
    program.hear()
    program.process.send_signal(number)
    assert program.hear() == {"met": [int(number)]}
    assert program.end() == 5


TREE = """
    enter()
    code = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    grandchild = int(child.stdout.readline())
    forked = os.fork()
    if forked == 0:  # twice, so that its parent is gone
        lost = subprocess.Popen(["sleep", "600"], start_new_session=True)
        with open(f"{FOLDER}/lost", "w") as file: file.write(str(lost.pid))
        os._exit(0)
    os.waitpid(forked, 0)
    with open(f"{FOLDER}/lost") as file: lost = int(file.read())
    say(main=os.getpid(), supervisor=os.getppid(), tree=[os.getpid(), child.pid, grandchild, lost])
    time.sleep(600)
"""


@pytest.mark.parametrize("victim", ["keeper", "supervisor", "main"])
def test_when_one_is_killed_nothing_is_left(gated: Start, victim: str) -> None:
    program = gated(TREE)
    said = program.hear()
    pids = {"keeper": program.process.pid, "supervisor": said["supervisor"], "main": said["main"]}
    assert all(alive(pid) for pid in (*said["tree"], *pids.values()))
    os.kill(pids[victim], signal.SIGKILL)
    assert program.end() == -signal.SIGKILL
    assert until(lambda: not any(alive(pid) for pid in (*said["tree"], *pids.values())))
    assert not list(Path("/tmp").glob(f"hameau-gate-{program.process.pid}-*"))


def test_what_hameau_leaves_behind_ends_with_it(gated: Start) -> None:
    program = gated(TREE)
    said = program.hear()
    os.kill(said["main"], signal.SIGTERM)
    assert program.end() == -signal.SIGTERM
    assert not any(alive(pid) for pid in said["tree"])


def test_the_doorway_is_taken_away(gated: Start) -> None:
    program = gated("enter(); say(door=os.environ['HAMEAU_DOOR'], there=os.path.exists(os.environ['HAMEAU_DOOR']))")
    said = program.hear()
    assert said["there"]
    assert program.end() == 0
    assert not Path(said["door"]).parent.exists()


def test_orphans_are_taken_leave_of(gated: Start) -> None:
    program = gated("""
        enter()
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                if os.fork() == 0: os._exit(0)
                os._exit(0)
            os.waitpid(pid, 0)
        def children():
            found = []
            for name in os.listdir("/proc"):
                if name.isdigit():
                    try: fields = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()
                    except OSError: continue
                    if int(fields[1]) == os.getppid(): found.append(int(name))
            return found
        for _ in range(200):
            if children() == [os.getpid()]: break
            time.sleep(0.05)
        say(left=len(children()))
    """)
    assert program.hear() == {"left": 1}
    assert program.end() == 0


def test_nobody_of_the_tree_reaches_out_to_the_supervisor(gated: Start) -> None:
    program = gated("""
        enter()
        guard = os.getppid()
        def look(path):
            with open(path, "rb") as file: return file.read(1)
        say(signal=error_of(os.kill, guard, 0), memory=error_of(look, f"/proc/{guard}/mem"),
            environment=error_of(look, f"/proc/{guard}/environ"), files=error_of(os.readlink, f"/proc/{guard}/fd/0"),
            dumpable=__import__("ctypes").CDLL(None).prctl(3, 0, 0, 0, 0))
    """)
    said = program.hear()
    assert said["signal"] == "EPERM"
    assert said["memory"] in ("EACCES", "EPERM")
    assert {said["environment"], said["files"]} <= {"EACCES", "EPERM"}
    assert program.end() == 0


def on_a_terminal(tmp_path: Path, code: str) -> tuple[int, int]:
    """Runs a gated program as the foreground job of a terminal; its pid and the terminal's other end."""
    import sys
    import textwrap

    from integration.perimeter.gate.house import PRELUDE

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TEST_FOLDER"] = str(tmp_path)
        os.execv(sys.executable, [sys.executable, "-c", PRELUDE + textwrap.dedent(code)])
    return pid, terminal


def read_until(terminal: int, wanted: bytes) -> bytes:
    heard = b""
    while wanted not in heard:
        try:
            piece = os.read(terminal, 1024)
        except OSError:
            break
        if not piece:
            break
        heard += piece
    return heard


def test_control_c_reaches_hameau_once(gated: Start, tmp_path: Path) -> None:
    pid, terminal = on_a_terminal(
        tmp_path,
        """
        enter()
        try:
            print("ready", flush=True); time.sleep(60)
        except KeyboardInterrupt:
            try: time.sleep(0.3); print("once", flush=True)
            except KeyboardInterrupt: print("twice", flush=True)
            sys.exit(130)
        """,
    )
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    assert b"once" in read_until(terminal, b"once")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(terminal)


def test_hameau_reads_the_terminal(gated: Start, tmp_path: Path) -> None:
    pid, terminal = on_a_terminal(
        tmp_path,
        """
        enter()
        print("got", input(), flush=True)
        """,
    )
    os.write(terminal, b"bread\n")
    assert b"got bread" in read_until(terminal, b"got bread")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def _be_a_shell(folder: Path, how: str, told: int) -> None:
    """A shell of a few lines: one job in the foreground, paused, then brought back."""
    code = "enter(); print('main', os.getpid(), 'ready', flush=True); print('got', input(), flush=True)"
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.environ["TEST_FOLDER"] = str(folder)
        os.execv(sys.executable, [sys.executable, "-c", PRELUDE + code])
    if how == "signal":
        os.read(told, 100)
        os.kill(job, signal.SIGTSTP)
    _, status = os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    os.write(1, b"paused " + str(os.WIFSTOPPED(status)).encode() + b"\n")
    os.read(0, 100)
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
    _, status = os.waitpid(job, 0)
    os._exit(os.waitstatus_to_exitcode(status))


@pytest.mark.parametrize("how", ["key", "signal"])
def test_the_job_can_be_paused_and_brought_back(gated: Start, tmp_path: Path, how: str) -> None:
    told, telling = os.pipe()  # not the terminal: in the background a shell may not read from that
    shell, terminal = pty.fork()
    if shell == 0:
        try:
            _be_a_shell(tmp_path, how, told)
        finally:
            os._exit(99)  # whatever happens, this copy runs no further tests
    os.close(told)
    main = int(read_until(terminal, b"ready").split()[1])
    time.sleep(0.1)
    os.write(*((terminal, b"\x1a") if how == "key" else (telling, b"\n")))
    assert b"paused True" in read_until(terminal, b"paused True")
    assert until(lambda: state_of(main) == "T")
    os.write(terminal, b"\n")
    assert until(lambda: state_of(main) != "T")
    time.sleep(0.1)
    os.write(terminal, b"bread\n")
    assert b"got bread" in read_until(terminal, b"got bread")
    assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 0
    os.close(terminal)
    os.close(telling)
