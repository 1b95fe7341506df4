"""The command line: parses, calls the hub, prints. It is a peer of the server and knows no HTTP.

- ``entry.py``     the entry: errors and exit codes (0 done, 1 failed, 2 not understood, 130 stopped)
- ``registry.py``  one line a command; its file is imported when it is called
- ``house.py``     opens the hub for one command
- ``terminal.py``  everything that is printed: text, tables, JSON
- ``controls.py``  signs that could mislead a terminal
- ``forms.py``     click's own pages in the reader's language
- ``follow.py``    progress of long work
- ``telling.py``   an answer as it is made: evidence, words, citations
- ``moments.py``   dates and spans that a person types
- one file a family of commands: ``ask.py``, ``chat.py``, ``conversations.py``, ``demo.py``, ``doctor.py``,
  ``models.py``, ``perimeter.py``, ``search.py``, ``serve.py``, ``sources.py``, ``status.py``
"""

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


__all__ = ["main"]
