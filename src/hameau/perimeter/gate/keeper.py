"""The process that was started, while Hameau runs behind the gate: it passes signals on and ends as Hameau ends.

It is the tree's last guard: when the supervisor is killed, what it left behind comes to us (PR_SET_CHILD_SUBREAPER) and is
ended; when we are killed, the supervisor ends the tree.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import struct
import time
from typing import NoReturn

from hameau.perimeter.gate import tree

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
WATCHED = (*_PASSED_ON, signal.SIGTSTP, signal.SIGCONT, signal.SIGCHLD)
"""Signals that this process takes one by one; blocked in it from before it has children."""
_KERNEL = 0x80  # SI_KERNEL: from the terminal, to the whole group, so that Hameau got it as well
STATUS = struct.Struct("=i")
_SURE = 3


def keep(supervisor: int, main: int, ending: int) -> int:
    """Waits for ``supervisor`` and returns the wait status of ``main``, which the supervisor writes to ``ending``."""
    while True:
        told = signal.sigwaitinfo(WATCHED)
        number = told.si_signo
        if number == signal.SIGCHLD:
            if _reap(supervisor):
                break
        elif number == signal.SIGTSTP:
            if told.si_code != _KERNEL:
                _send(main, number)
            _pause()
        elif told.si_code != _KERNEL or number == signal.SIGHUP:  # a closed terminal tells its first process alone
            _send(main, number)
            if number == signal.SIGCONT:
                _send(supervisor, number)
    end_all(os.getpid())
    status = os.read(ending, STATUS.size)
    return int(STATUS.unpack(status)[0]) if len(status) == STATUS.size else signal.SIGKILL


def end_all(root: int) -> None:
    """Kills what is left below ``root``, and its children's children, until nothing is."""
    empty = 0
    for _ in range(500):
        left = tree.descendants(root)
        empty = 0 if left else empty + 1
        if empty == _SURE:  # one that changes its parent right now may stand nowhere in a single look
            return
        for pid in left:
            _send(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)


def end_like(status: int) -> NoReturn:
    """Ends this process as one whose wait status was ``status``: with its code, or by its signal."""
    if not os.WIFSIGNALED(status):
        os._exit(os.waitstatus_to_exitcode(status))
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def _pause() -> None:
    """Stops this process as SIGTSTP does (not at all where nobody could wake it), until it is continued."""
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})


def _reap(awaited: int) -> bool:
    """Takes leave of whoever has ended; true when ``awaited`` is among them."""
    found = False
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            found = found or pid == awaited
    return found


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
