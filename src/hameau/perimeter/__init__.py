"""The border of the machine: nothing leaves it unless a person said yes, and what was tried is written down.

- :class:`Perimeter`: one home's border, for the rest of the house: decisions, what holds it, the journal, the client
- :class:`Policy`, :class:`Level`, :class:`Connection`, :class:`Neighbour`: what a person decided
- :class:`Attempt`, :class:`Verdict`, :func:`verdict`: the guard, a pure function; :func:`target_of` reads an address,
  :func:`canonical` writes a host in the one form that is compared; :func:`is_far`, :func:`is_this_machine`
- :class:`Client`: the only network door, under a Connection: a line, a file, or one :class:`Ask` and its :class:`Answer`,
  or a :class:`Session` of several over one line; :class:`Wire` reads from a line that may be left at any moment
- :class:`Journal`, :class:`Kind`: what happened, chained so that it can't be rewritten unseen
- :class:`Witness`: what the rooms above tell the journal
- :func:`enter`: puts this process and all its children behind the best border there is; :class:`Protection` says which
- :mod:`proof`: a sealed journey, its capture and its signed report
- :func:`asking`: through which face a person asks; :func:`find_names`: for Python libraries that need a name inside
"""

from hameau.perimeter import proof, words
from hameau.perimeter.client import Client, Unreachable
from hameau.perimeter.entrance import enter, find_names, here
from hameau.perimeter.exchange import Answer, Ask
from hameau.perimeter.guard import canonical, is_far, is_this_machine, target_of, verdict
from hameau.perimeter.journal import Entry, Journal, Kind, Problem, Summary, Verification
from hameau.perimeter.perimeter import Perimeter, PerimeterState
from hameau.perimeter.record import asked_by, asking
from hameau.perimeter.session import Session
from hameau.perimeter.types import (
    FOREVER,
    Act,
    Attempt,
    Connection,
    Enforcement,
    Level,
    Neighbour,
    Policy,
    Protection,
    Target,
    Verdict,
)
from hameau.perimeter.wire import Patience, Wire
from hameau.perimeter.witness import UNWRITTEN, Witness

__all__ = [
    "FOREVER",
    "UNWRITTEN",
    "Act",
    "Answer",
    "Ask",
    "Attempt",
    "Client",
    "Connection",
    "Enforcement",
    "Entry",
    "Journal",
    "Kind",
    "Level",
    "Neighbour",
    "Patience",
    "Perimeter",
    "PerimeterState",
    "Policy",
    "Problem",
    "Protection",
    "Session",
    "Summary",
    "Target",
    "Unreachable",
    "Verdict",
    "Verification",
    "Wire",
    "Witness",
    "asked_by",
    "asking",
    "canonical",
    "enter",
    "find_names",
    "here",
    "is_far",
    "is_this_machine",
    "proof",
    "target_of",
    "verdict",
    "words",
]
