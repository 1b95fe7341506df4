"""The first step of every command: into the perimeter, before anything else is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from hameau.cli import keyring
from hameau.kit import HameauError, home_folder
from hameau.perimeter import enter

_STANDARD = 2  # the last of the standard streams
_ROOTS = {"prove", "guard"}
"""Commands of ``hameau perimeter`` that build namespaces or filters, which the perimeter forbids to what is in it."""


def main() -> None:
    """Enters the perimeter, runs the command that the process was started with, and exits.

    Everything that opens documents, loads engines or speaks to anybody is imported after the first step, and so inside.
    """
    _open_streams()
    arguments = sys.argv[1:]
    if not _builds_walls(arguments):
        try:
            home = home_folder()
        except HameauError as error:
            sys.exit(import_module("hameau.cli.entry").explained(error, arguments))
        keyring.begin(home, arguments)
        enter(home)
    import_module("hameau.cli.entry").main()


def _open_streams() -> None:
    """Where we were started without input or output (``<&-``), there is none; the next file that we open must not take
    its place."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD:
        os.set_inheritable(number, True)
    os.close(number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


def _builds_walls(arguments: Sequence[str]) -> bool:
    words = [each for each in arguments if not each.startswith("-")]
    return words[:1] == ["perimeter"] and words[1:2] != [] and words[1] in _ROOTS
