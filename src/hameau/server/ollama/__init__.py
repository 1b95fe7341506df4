"""Ollama's protocol at ``/api``: any program that speaks it works by changing one address.

- ``asked``, ``told``: what its clients send and read; ``reading``, ``telling``, ``describing``: from there to a model and back
- ``chat``, ``embeddings``, ``models``, ``making``, ``pulling``: the addresses
- ``memory``: the conversation that ``generate`` hands out as numbers
- ``errors``: what went wrong, in its form
"""

from hameau.server.endpoint import Endpoint
from hameau.server.faces import FAILURE_SHAPES, FAILURES
from hameau.server.ollama import chat, embeddings, making, models, pulling
from hameau.server.ollama.errors import OllamaFailure, ollama_failure

FAILURES["ollama"] = ollama_failure
FAILURE_SHAPES["ollama"] = OllamaFailure

ENDPOINTS: tuple[Endpoint, ...] = (
    *models.ENDPOINTS,
    *chat.ENDPOINTS,
    *embeddings.ENDPOINTS,
    *making.ENDPOINTS,
    *pulling.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
