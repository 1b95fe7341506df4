"""The first step of every command: into the perimeter, before anything else is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from hameau.kit import home_folder
from hameau.perimeter import enter

_ROOTS = {"prove", "guard"}
"""Commands of ``hameau perimeter`` that build namespaces or filters, which the perimeter forbids to what is in it."""


def main() -> None:
    """Enters the perimeter, runs the command that the process was started with, and exits.

    Everything that opens documents, loads engines or speaks to anybody is imported after the first step, and so inside.
    """
    if not _builds_walls(sys.argv[1:]):
        enter(home_folder())
    import_module("hameau.cli.entry").main()


def _builds_walls(arguments: Sequence[str]) -> bool:
    words = [each for each in arguments if not each.startswith("-")]
    return words[:1] == ["perimeter"] and words[1:2] != [] and words[1] in _ROOTS
