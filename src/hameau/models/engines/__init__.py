"""The engines that come with Hameau. Only the hub names this package; native code is loaded when a model is.

- :mod:`~hameau.models.engines.xllamacpp`: chat models in GGUF, by llama.cpp, in a process of their own
- :mod:`~hameau.models.engines.embedders`: what gives vectors, in our process for questions, beside it for passages
"""

from hameau.models.engines import embedders, xllamacpp
from hameau.models.ports import Engines

ENGINES = Engines(
    chat=xllamacpp.load,
    embedder=embedders.embedder,
    embedding_model=embedders.MODEL,
    embedding_worker=embedders.WORKER,
    embedders=embedders.names,
)

__all__ = ["ENGINES"]
