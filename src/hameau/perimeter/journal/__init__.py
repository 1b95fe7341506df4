"""The journal: what happened in a home, written so that nobody can change it unseen.

- :class:`Journal`: records, reads, checks and exports; :class:`Kind`: what can be recorded
- :class:`Entry`, :class:`Summary`: what is read; :class:`Verification`, :class:`Problem`: what a check found
- :func:`verify_file`: checks an exported journal, on any machine
- :func:`sentence`, :func:`kind_name`: an entry and a kind in words, the same in the terminal and on the pages

``lines`` knows the bytes of an entry, ``segments`` the files, ``keys`` the signatures; ``pen`` and ``writer`` append,
``recovery`` puts right what a crash left, ``floods`` counts what repeats, ``verify`` checks, ``export`` makes one file of it.
"""

from hameau.perimeter.journal.journal import Journal
from hameau.perimeter.journal.types import Entry, Fact, Kind, Problem, Summary, Verification
from hameau.perimeter.journal.verify import verify_file
from hameau.perimeter.journal.words import kind_name, sentence

__all__ = [
    "Entry",
    "Fact",
    "Journal",
    "Kind",
    "Problem",
    "Summary",
    "Verification",
    "kind_name",
    "sentence",
    "verify_file",
]
