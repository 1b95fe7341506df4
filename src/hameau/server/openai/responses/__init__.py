"""OpenAI's responses: :mod:`~hameau.server.openai.responses.asked` and ``told`` are the shapes, ``reading`` leads to a model,
``making`` back, ``kept`` holds what may be read again, ``endpoints`` are the addresses."""

from hameau.server.openai.responses.endpoints import ENDPOINTS
from hameau.server.openai.responses.kept import Responses

__all__ = ["ENDPOINTS", "Responses"]
