"""Commands of the journey are bounded in time, and nothing that they started stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from hameau.perimeter.proof.endings import end_session
from hameau.perimeter.proof.processes import Running

GRANDCHILD = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdout=-3, stderr=-3); print(p.pid, flush=True)"
ORPHANS = f"""
import os, subprocess, sys, time
from pathlib import Path
from hameau.perimeter.proof import processes
processes.adopt_orphans()
made = subprocess.run([sys.executable, "-c", {GRANDCHILD!r}], capture_output=True, text=True, check=True)
detached = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], start_new_session=True, stdout=subprocess.PIPE, text=True)
second = detached.stdout.readline()
detached.wait()
processes.end_descendants()
print(made.stdout.strip(), second.strip())
"""


def test_a_command_leaves_its_code_and_its_words(tmp_path: Path) -> None:
    done = Running(
        [sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"],
        tmp_path,
        os.environ,
    ).wait(60)
    assert (done.code, done.out, done.err) == (3, "out\n", "err\n")


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    running = Running(
        [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"], tmp_path, os.environ
    )
    done = running.wait(1.0)
    assert done.code is None
    assert running.process.poll() is not None


def test_orphans_are_found_and_ended() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, timeout=60, check=True)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


def test_a_session_whose_leader_was_killed_is_ended() -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", GRANDCHILD + "; import time; time.sleep(600)"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert leader.stdout
    grandchild = int(leader.stdout.readline())
    leader.stdout.close()
    leader.kill()
    leader.wait()
    end_session(leader.pid)
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
