"""The proof that nothing leaves: a user's journey in a sealed network where every packet is watched, and a report of it.

- :func:`prove`: plays the journey and writes a dated, signed report (:class:`Wish`, :class:`Progress`)
- :func:`check`: checks a report that somebody made (:class:`Findings`)
- :func:`verdict_line`, :func:`said`, :data:`STEP_NAMES`: the facts (:class:`Proof`) in words

``prove`` starts ``stage``, a process in the sealed network; it runs the commands of ``journey`` (``pages``, ``processes``),
sends the packets of ``control``, lets ``attempts`` try to get out, and watches with ``capture`` (``ring``, ``headers``,
``pcap``). ``verdict`` judges, ``report`` tells, ``machine`` says on what, ``wire`` carries the nouns of ``types``.
"""

from hameau.perimeter.proof.check import Findings, check
from hameau.perimeter.proof.prove import Progress, Wish, prove
from hameau.perimeter.proof.report import said, verdict_line
from hameau.perimeter.proof.types import Proof, Said, Step
from hameau.perimeter.proof.words import STEP_NAMES

__all__ = [
    "STEP_NAMES",
    "Findings",
    "Progress",
    "Proof",
    "Said",
    "Step",
    "Wish",
    "check",
    "prove",
    "said",
    "verdict_line",
]
