"""The way in: three processes where there was one.

The process that was started becomes the keeper, its child the supervisor, whose child goes behind the filter and on as
Hameau. When a wall that can't be done without is not to be had, both children end and the first goes on as it was.
"""

# ruff: noqa: PTH118, PTH208 - on the way of every call: paths stay plain texts
from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from hameau.perimeter.gate import calls, doorway, keeper, notify, walls
from hameau.perimeter.gate.door import DOOR
from hameau.perimeter.gate.filter import program
from hameau.perimeter.gate.numbers import NUMBERS
from hameau.perimeter.gate.ports import Book, Find, Judge
from hameau.perimeter.gate.supervisor import Supervisor

_SWITCH = 0.0005  # seconds; Python's 5 ms would make one caller wait for the other's paperwork


def _wake(*_: object) -> None:
    """The wake-up descriptor says all."""


_DISPOSITIONS: dict[int, Any] = {
    signal.SIGCHLD: _wake,
    signal.SIGTERM: _wake,
    signal.SIGTSTP: signal.SIG_DFL,
    signal.SIGCONT: signal.SIG_DFL,
}
"""What the supervisor does with signals; it ignores the others, which are Hameau's business."""


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entered:
    """How it went. Without ``gated`` nothing has changed, and ``reason`` says why, in English, for the log."""

    gated: bool
    walls: tuple[str, ...] = ()
    since: float = 0.0
    reason: str = ""


def enter(*, judge: Judge, book: Book, find: Find) -> Entered:
    """Puts this process and all its children to come behind the gate.

    Returns in a new process, behind it, or in this one when that is not to be had. Must be called with one thread, before
    anything heavy is loaded: the supervisor is a copy of this process. ``judge`` and ``book`` are used by the supervisor
    alone, and must have nothing open yet; so is ``find``.
    """
    if reason := _obstacle():
        return Entered(False, reason=reason)
    try:
        folder = doorway.make_folder()
    except OSError as error:
        return Entered(False, reason=f"no place for the doorway: {error}")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, keeper.WATCHED)
    told, telling = os.pipe()
    gc.freeze()  # so that the copies go on sharing their memory
    try:
        supervisor = os.fork()
    except OSError as error:  # no more processes for this user
        for each in (told, telling):
            os.close(each)
        doorway.remove(folder)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return Entered(False, reason=f"no process for the supervisor: {error}")
    if supervisor == 0:
        os.close(told)
        return _supervise(folder, judge, book, find, before, telling)
    os.close(telling)
    answer = _first_word(told)
    if "main" not in answer:
        os.waitpid(supervisor, 0)
        os.close(told)
        doorway.remove(folder)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return Entered(False, reason=str(answer.get("reason", "the supervisor did not start")))
    return _stay(supervisor, int(answer["main"]), told, folder)


def _obstacle() -> str:
    """Why there is no gate here, as far as it can be known without trying."""
    if platform.system() != "Linux" or platform.machine() not in NUMBERS or calls.pointer_bytes() != 8:
        return f"not on {platform.system()} {platform.machine()}"
    try:
        if len(os.listdir("/proc/self/task")) != 1:
            return "this process has several threads already"
    except OSError as error:
        return f"/proc can't be read: {error}"
    if missing := notify.available():
        return f"the kernel has no seccomp user notification: {missing}"
    return ""


def _stay(supervisor: int, main: int, ending: int, folder: str) -> NoReturn:
    """What becomes of the process that was started."""
    with contextlib.suppress(OSError):
        calls.prctl(calls.SET_CHILD_SUBREAPER, 1)
        calls.prctl(calls.SET_DUMPABLE, 0)
    _let_go_of_files({ending})
    status = keeper.keep(supervisor, main, ending)
    doorway.remove(folder)
    keeper.end_like(status)


def _supervise(
    folder: str, judge: Judge, book: Book, find: Find, before: set[int | signal.Signals], telling: int
) -> Entered:
    """In the second process: starts the third, in which alone this returns."""
    keeping = os.getppid()
    calls.prctl(calls.SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != keeping:
        os._exit(1)
    os.set_blocking(telling, True)
    theirs, ours = os.pipe(), os.pipe()  # the child tells, the supervisor tells
    door = doorway.Doorway(folder, find)
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError as error:
        os.write(telling, json.dumps({"reason": f"no process for Hameau itself: {error}"}).encode() + b"\n")
        os._exit(1)
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for each in (telling, theirs[0], ours[1]):
            os.close(each)
        door.let_go()
        return _go_behind(parent, folder, theirs[1], ours[0])
    os.close(theirs[1])
    os.close(ours[0])
    answer = _first_word(theirs[0])
    try:
        if "listener" not in answer:
            raise OSError(str(answer.get("reason", "the process could not go behind the gate")))
        listener = notify.Listener(calls.borrowed(child, int(answer["listener"])))
        calls.memory(child, int(answer["look"]), 1)
        calls.prctl(calls.SET_CHILD_SUBREAPER, 1)
        calls.prctl(calls.SET_DUMPABLE, 0)
        supervisor = Supervisor(listener, door, judge, book, tuple(answer["walls"]))
    except Exception as error:  # noqa: BLE001 - whatever it is, the first process must be told
        logger.info("the supervisor can't begin: %s", error)
        _give_up(child, telling, str(error))
    os.write(telling, json.dumps({"main": child}).encode() + b"\n")
    os.write(ours[1], b"go\n")
    for each in (theirs[0], ours[1]):
        os.close(each)
    return _run(supervisor, child, telling, listener)


def _give_up(child: int, telling: int, reason: str) -> NoReturn:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.write(telling, json.dumps({"reason": reason}).encode() + b"\n")
    os._exit(1)


def _go_behind(parent: int, folder: str, telling: int, told: int) -> Entered:
    """In the third process, the one that goes on as Hameau."""
    answer: dict[str, Any]
    listener = -1
    try:
        walls.close_sockets()
        calls.prctl(calls.SET_NO_NEW_PRIVS, 1)
        held = [walls.SECCOMP]
        if walls.drop_capabilities():
            held.append(walls.CAPABILITIES)
        if walls.put_up_landlock():
            held.append(walls.LANDLOCK)
        walls.die_with(parent)
        listener = notify.install(program(platform.machine()))
        answer = {"listener": listener, "walls": held, "look": calls.somewhere()}
    except OSError as error:
        answer = {"reason": str(error)}
    os.write(telling, json.dumps(answer).encode() + b"\n")
    if listener < 0 or not os.read(told, 1):
        os._exit(1)
    for each in (listener, telling, told):  # who holds the listener could answer for the supervisor
        os.close(each)
    os.environ[DOOR] = os.path.join(folder, "door.sock")
    return Entered(True, tuple(held), time.time())


def _run(supervisor: Supervisor, child: int, telling: int, listener: notify.Listener) -> NoReturn:
    """The supervisor's life, and its end: it never returns."""
    sys.setswitchinterval(_SWITCH)
    told, wake = os.pipe()
    os.set_blocking(told, False)
    os.set_blocking(wake, False)
    status: int | None = None
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in keeper.WATCHED:  # each gets its own at once: a SIGCHLD that is ignored for a moment would be lost
        signal.signal(number, _DISPOSITIONS.get(number, signal.SIG_IGN))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, keeper.WATCHED)
    _let_go_of_files({told, wake, telling, listener.fileno(), *supervisor.descriptors()})
    keeping = os.getppid()
    try:
        while status is None and os.getppid() == keeping:
            supervisor.run(told)
            with contextlib.suppress(BlockingIOError):
                os.read(told, 64)
            status = _reap(child)
    finally:
        with contextlib.suppress(OSError):
            supervisor.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        keeper.end_all(os.getpid())
        if status is not None:
            with contextlib.suppress(OSError):
                os.write(telling, keeper.STATUS.pack(status))
        os._exit(0)


def _reap(child: int) -> int | None:
    """Takes leave of whoever has ended; the status of ``child`` when it is among them."""
    found: int | None = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == child:
                found = status
    return found


def _let_go_of_files(kept: set[int]) -> None:
    """Closes what the program that goes on uses, so that only it holds its files; the error stream stays."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _first_word(descriptor: int) -> dict[str, Any]:
    """The first line that comes out of a pipe; empty when the other side is gone."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 4096)
        if not piece:
            return {}
        line += piece
    found = json.loads(line)
    return found if isinstance(found, dict) else {}
