"""Engines that are other programs, on this machine or on another: everything goes through the perimeter's client.

- :mod:`~hameau.models.engines.remote.ollama`: an Ollama server
- :mod:`~hameau.models.engines.remote.openai`: any server with OpenAI's protocol: vLLM, llama.cpp, another Hameau
- :mod:`~hameau.models.engines.remote.desk`: asks a service, and turns what it refuses into words
- :mod:`~hameau.models.engines.remote.embedding`: vectors of any of them
"""

from collections.abc import Mapping

from hameau.models.engines.remote.ollama import OllamaServer
from hameau.models.engines.remote.openai import OpenAIServer
from hameau.models.ports import MakesService
from hameau.models.types import ServiceKind

SERVICES: Mapping[ServiceKind, MakesService] = {"ollama": OllamaServer, "openai": OpenAIServer}

__all__ = ["SERVICES"]
