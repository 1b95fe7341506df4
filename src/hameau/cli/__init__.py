"""The command line: parses, calls the hub, prints. It is a peer of the server and knows no HTTP.

- ``first.py``     the first step of every command: into the perimeter
- ``entry.py``     the entry: errors and exit codes (0 done, 1 failed, 2 not understood, 130 stopped)
- ``registry.py``  one line a command; its file is imported when it is called
- ``house.py``     opens the hub for one command
- ``terminal.py``  everything that is printed: text, tables, JSON
- ``controls.py``  signs that could mislead a terminal
- ``forms.py``     click's own pages in the reader's language
- ``follow.py``    progress of long work
- ``telling.py``   an answer as it is made: evidence, words, citations
- ``moments.py``   dates and spans that a person types
- ``progress.py``  a line that counts
- ``secrets.py``   passphrases, typed unseen or read
- ``keyring.py``   the desktop's keyring, through ``clerk.py``, a small process outside the perimeter
- one file a family of commands: ``ask.py``, ``backup.py``, ``chat.py``, ``conversations.py``, ``demo.py``,
  ``doctor.py``, ``downgrade.py``, ``forget.py``, ``keys.py``, ``lock.py``, ``mcp.py``, ``models.py``,
  ``perimeter.py``, ``restore.py``, ``search.py``, ``serve.py``, ``sources.py``, ``status.py``
"""

from hameau.cli.first import main

__all__ = ["main"]
