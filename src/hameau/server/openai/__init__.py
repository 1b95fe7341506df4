"""OpenAI's protocol at ``/v1``: any program that speaks it works by changing one address.

- ``asked``, ``told``: what its clients send and read; ``reading``, ``telling``: from there to a model and back
- ``models``, ``chat``, ``completions``, ``embeddings``, ``responses``: one file an address
- ``absent``: what the protocol has and Hameau has not
- ``errors``: what went wrong, in its form
"""

from hameau.server.endpoint import Endpoint
from hameau.server.faces import FAILURE_SHAPES, FAILURES
from hameau.server.openai import chat, completions, embeddings, models, responses
from hameau.server.openai.absent import ROUTES
from hameau.server.openai.errors import OpenAiFailure, openai_failure
from hameau.server.openai.responses import Responses

FAILURES["openai"] = openai_failure
FAILURE_SHAPES["openai"] = OpenAiFailure

ENDPOINTS: tuple[Endpoint, ...] = (
    *models.ENDPOINTS,
    *chat.ENDPOINTS,
    *completions.ENDPOINTS,
    *embeddings.ENDPOINTS,
    *responses.ENDPOINTS,
)

__all__ = ["ENDPOINTS", "ROUTES", "Responses"]
