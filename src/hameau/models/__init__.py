"""Models: which there are, how they come here, and the engines that run them. Knows nothing of documents or questions.

- :class:`Models`: the room's desk: catalogue, installed models, ``add``, ``remove``, ``choose``, the loaded engines
- :class:`ModelCard`, :class:`InstalledModel`, :class:`Progress`: what a model is, and how far one that arrives has come
- :class:`Generator`, :class:`GenerationRequest`, :class:`Chunk`: a chat model, what is asked of it, what it says
- :class:`Embedder`, :class:`BackgroundEmbedder`: texts to vectors, for who waits and for who does not
- :class:`Gate`: people come first
- :class:`Engines`: the adapters, which only the hub names (``hameau.models.engines``)
"""

from hameau.models.background import BackgroundEmbedder
from hameau.models.catalogue import Catalogue
from hameau.models.gate import Gate
from hameau.models.inspect import FileFacts
from hameau.models.machine import free_memory, physical_cores
from hameau.models.models import Models
from hameau.models.ports import Cancel, Embedder, Engines, Generator, Vectors
from hameau.models.types import (
    Alternative,
    Chunk,
    EngineOptions,
    GenerationRequest,
    InstalledModel,
    Kind,
    Message,
    ModelCard,
    Origin,
    Progress,
    Usage,
)

__all__ = [
    "Alternative",
    "BackgroundEmbedder",
    "Cancel",
    "Catalogue",
    "Chunk",
    "Embedder",
    "EngineOptions",
    "Engines",
    "FileFacts",
    "Gate",
    "GenerationRequest",
    "Generator",
    "InstalledModel",
    "Kind",
    "Message",
    "ModelCard",
    "Models",
    "Origin",
    "Progress",
    "Usage",
    "Vectors",
    "free_memory",
    "physical_cores",
]
