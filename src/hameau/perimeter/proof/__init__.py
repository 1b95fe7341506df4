"""The proof that nothing leaves: a user's journey in a sealed network where every packet is watched, and a report of it.

- :func:`prove`: plays the journey and writes a dated, signed report (:class:`Wish`, :class:`Progress`)
- :func:`check`: checks a report that somebody made (:class:`Findings`)
- :func:`verdict_line`, :func:`said`, :data:`STEP_NAMES`: the facts (:class:`Proof`) in words

``making`` starts ``stage``, a process in the sealed network; it runs the commands of ``journey`` (``outcomes``, ``pages``,
``processes``), sends the packets of ``control``, lets ``attempts`` try to get out, and watches with ``capture`` (``ring``,
``headers``, ``pcap``). ``verdict`` judges, ``report`` tells in ``words``, ``machine`` says on what, ``wire`` carries the
nouns of ``types``, ``endings`` leaves no process behind, ``checking`` believes nothing.

Every start of Hameau passes here and a proof is rare: each part is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hameau.perimeter.proof.checking import Findings, check
    from hameau.perimeter.proof.making import Progress, Wish, prove
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

_PARTS = {
    "checking": ("Findings", "check"),
    "making": ("Progress", "Wish", "prove"),
    "report": ("said", "verdict_line"),
    "types": ("Proof", "Said", "Step"),
    "words": ("STEP_NAMES",),
}


def __getattr__(name: str) -> Any:
    for part, names in _PARTS.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{part}"), name)
    raise AttributeError(name)
