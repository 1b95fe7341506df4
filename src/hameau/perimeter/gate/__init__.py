"""The gate: a filter in the kernel around the whole tree of processes, and a supervisor outside it who decides.

- :func:`enter` puts this process behind the gate (:class:`Entered` says how it went); :func:`inside` says whether it is
- :class:`Book`, :data:`Judge`: where the supervisor writes, and whom it asks
- :func:`resolve`, :func:`ended`, :func:`recheck`, :func:`state`: questions to the supervisor from inside
"""

from hameau.perimeter.gate.door import HOW_TO_ALLOW, ended, inside, recheck, resolve, state
from hameau.perimeter.gate.enter import Entered, enter
from hameau.perimeter.gate.ports import Book, Find, Judge

__all__ = [
    "HOW_TO_ALLOW",
    "Book",
    "Entered",
    "Find",
    "Judge",
    "ended",
    "enter",
    "inside",
    "recheck",
    "resolve",
    "state",
]
