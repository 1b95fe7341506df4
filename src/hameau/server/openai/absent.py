"""What OpenAI's protocol has and Hameau has not: each address says so, in the protocol's own form."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hameau.kit import N_, NotFound
from hameau.server.call import call_of
from hameau.server.openai.errors import openai_failure

_EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_SPEECH = N_("Hameau can't listen or speak yet.")
_FILES = N_("Hameau keeps no files for programs: documents belong to the library of the person.")
_LIBRARY = N_("Ask the model hameau/library: it answers from the documents of this machine.")
_TRAINING = N_("Hameau does not train models.")
_STORED = N_("Hameau keeps no chats of programs.")

ABSENT: dict[str, tuple[str, str]] = {
    "/v1/audio": (_SPEECH, ""),
    "/v1/realtime": (_SPEECH, ""),
    "/v1/live": (_SPEECH, ""),
    "/v1/images": (N_("Hameau makes no pictures."), ""),
    "/v1/videos": (N_("Hameau makes no films."), ""),
    "/v1/moderations": (N_("Hameau does not judge texts: there is no moderation."), ""),
    "/v1/files": (_FILES, _LIBRARY),
    "/v1/uploads": (_FILES, _LIBRARY),
    "/v1/vector_stores": (_FILES, _LIBRARY),
    "/v1/containers": (N_("Hameau runs no programs of others."), ""),
    "/v1/batches": (N_("Hameau answers at once: there are no batches."), N_("Send the requests one by one.")),
    "/v1/fine_tuning": (_TRAINING, ""),
    "/v1/evals": (_TRAINING, ""),
    "/v1/assistants": (N_("Hameau has no assistants of this kind."), N_("Use chat completions or responses.")),
    "/v1/threads": (N_("Hameau has no assistants of this kind."), N_("Use chat completions or responses.")),
    "/v1/conversations": (_STORED, N_("Send what was said before with each request, or use previous_response_id.")),
    "/v1/chat/completions/{id}": (_STORED, N_("Use responses, which can be read again for a while.")),
    "/v1/responses/compact": (N_("Hameau does not shorten what was said."), ""),
}
"""By the beginning of the address: what to say, and what to do instead."""


def _route(path: str, message: str, hint: str) -> list[Route]:
    async def answer(request: Request) -> Response:
        return openai_failure(NotFound(message, hint=hint), call_of(request).language)

    return [Route(at, answer, methods=_EVERY, name=f"absent {at}") for at in (path, path + "/{rest:path}")]


ROUTES = [route for path, (message, hint) in ABSENT.items() for route in _route(path, message, hint)]
