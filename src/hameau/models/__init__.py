"""Models: which there are, how they come here, and the engines that run them. Knows nothing of documents or questions.

- :class:`Models`: the room's desk: catalogue, installed models, ``add``, ``remove``, ``choose``, the loaded engines
- :class:`ModelCard`, :class:`InstalledModel`, :class:`Progress`: what a model is, and how far one that arrives has come
- :class:`Generator`, :class:`GenerationRequest`, :class:`Chunk`: a chat model, what is asked of it, what it says
- :class:`Embedder`, :class:`BackgroundEmbedder`: texts to vectors, for who waits and for who does not
- :func:`laid`, :func:`fields_of`, :func:`context_of`: a recipe's options (Ollama's names) under what is asked
- :class:`Services`, :class:`Proposal`: programs that run models for us, each under a Connection that a person allowed
- :func:`bench`, :func:`advise`: how a model does on this machine, and which one suits it
- :class:`Gate`: people come first
- :class:`Engines`: the adapters, which only the hub names (``hameau.models.engines``)
"""

from hameau.models.advising import Advice, Machine, Reason, advise
from hameau.models.background import BackgroundEmbedder
from hameau.models.benching import Measured, bench, keep_measured, measured_in
from hameau.models.blobs import Blobs, Receiving
from hameau.models.catalogue import Catalogue
from hameau.models.gate import Gate
from hameau.models.inspect import FileFacts
from hameau.models.machine import free_memory, physical_cores
from hameau.models.modelfile import Modelfile, read_modelfile
from hameau.models.models import Models
from hameau.models.names import alike
from hameau.models.ollama_store import PREFIX as OLLAMA
from hameau.models.ollama_store import nearby_in_ollama
from hameau.models.ports import Cancel, Embedder, Engines, Generator, Vectors
from hameau.models.recipes import context_of, fields_of, laid
from hameau.models.services import Proposal, Services
from hameau.models.types import (
    Ability,
    Adapter,
    Alternative,
    Chunk,
    EngineOptions,
    Finish,
    GenerationRequest,
    InstalledModel,
    Kind,
    LoadedModel,
    Memory,
    Message,
    ModelCard,
    Nearby,
    Origin,
    Progress,
    Recipe,
    RemoteModel,
    Service,
    ServiceKind,
    Token,
    Tool,
    ToolCall,
    ToolPiece,
    Unfinished,
    Usage,
)

__all__ = [
    "OLLAMA",
    "Ability",
    "Adapter",
    "Advice",
    "Alternative",
    "BackgroundEmbedder",
    "Blobs",
    "Cancel",
    "Catalogue",
    "Chunk",
    "Embedder",
    "EngineOptions",
    "Engines",
    "FileFacts",
    "Finish",
    "Gate",
    "GenerationRequest",
    "Generator",
    "InstalledModel",
    "Kind",
    "LoadedModel",
    "Machine",
    "Measured",
    "Memory",
    "Message",
    "ModelCard",
    "Modelfile",
    "Models",
    "Nearby",
    "Origin",
    "Progress",
    "Proposal",
    "Reason",
    "Receiving",
    "Recipe",
    "RemoteModel",
    "Service",
    "ServiceKind",
    "Services",
    "Token",
    "Tool",
    "ToolCall",
    "ToolPiece",
    "Unfinished",
    "Usage",
    "Vectors",
    "advise",
    "alike",
    "bench",
    "context_of",
    "fields_of",
    "free_memory",
    "keep_measured",
    "laid",
    "measured_in",
    "nearby_in_ollama",
    "physical_cores",
    "read_modelfile",
]
