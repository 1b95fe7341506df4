"""The first steps of a worker process: die with the parent, and keep the pipe to it clean of an engine's chatter."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1  # prctl(2)
PARENT = "HAMEAU_PARENT_PID"


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent is gone, even while it is stopped (Linux; elsewhere the
    closed pipe ends it). The signal follows the parent's *thread*: :mod:`hameau.models.worker` starts us from one
    that stays."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if (parent := os.environ.get(PARENT)) and os.getppid() != int(parent):
        os._exit(1)  # it died before we could ask


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to the parent. Standard input becomes empty and standard output joins standard error, so that
    a library that prints can't break the conversation."""
    incoming, outgoing = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    os.close(empty)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")
