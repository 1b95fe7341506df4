"""The engines that come with Hameau. Only the hub names this package; native code is loaded when a model is.

- :mod:`~hameau.models.engines.xllamacpp`: chat models in GGUF, by llama.cpp, in a process of their own
- :mod:`~hameau.models.engines.transformers`: chat models in the form of Hugging Face, where that library is installed
- :mod:`~hameau.models.engines.remote`: other programs that run models, on this machine or elsewhere
- :mod:`~hameau.models.engines.embedders`: what gives vectors, in our process for questions, beside it for passages
"""

from pathlib import Path

from hameau.models.engines import embedders, transformers, xllamacpp
from hameau.models.engines.remote import SERVICES
from hameau.models.ports import Engines, Generator
from hameau.models.types import EngineOptions, InstalledModel


def load(model: InstalledModel, options: EngineOptions) -> Generator:
    """Loads a chat model of this machine: a folder by Transformers, a file by llama.cpp."""
    if Path(model.path).is_dir():
        return transformers.load(model, options)
    return xllamacpp.load(model, options)


ENGINES = Engines(
    chat=load,
    embedder=embedders.embedder,
    embedding_model=embedders.MODEL,
    embedding_worker=embedders.WORKER,
    embedders=embedders.names,
    services=SERVICES,
)

__all__ = ["ENGINES"]
