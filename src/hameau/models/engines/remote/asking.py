"""What the adapters of all services need to put a request into a service's words, and to read the answer."""

from __future__ import annotations

import base64

from hameau.kit import N_, BadInput
from hameau.models.types import GenerationRequest, Message

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


def check(request: GenerationRequest, service: str) -> None:
    """Raises :class:`BadInput` for what no service can be asked."""
    if bool(request.messages) == bool(request.prompt):
        raise BadInput(N_("There is nothing to answer."))
    if request.json_schema is not None and request.grammar:
        raise BadInput(N_("An answer can follow a schema or a grammar, not both."))
    if request.grammar:
        raise BadInput(
            N_("The service {service} can't be bound to a grammar; it takes a JSON schema."), service=service
        )


def messages_of(request: GenerationRequest) -> tuple[Message, ...]:
    """The chat, with the beginning of the answer as its last message."""
    if not request.prefill:
        return request.messages
    return (*request.messages, Message("assistant", request.prefill))


def clean(text: str) -> str:
    """Without lone surrogates, which JSON can't hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def base64_of(image: bytes) -> str:
    """An image as text."""
    return base64.b64encode(image).decode("ascii")


def data_url(image: bytes) -> str:
    """An image as an address that holds it (RFC 2397)."""
    kind = next((kind for sign, kind in _SIGNATURES if image.startswith(sign)), "")
    if not kind and image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        kind = "image/webp"
    return f"data:{kind or 'application/octet-stream'};base64,{base64_of(image)}"


def raw_of(token: str, said: list[int] | None) -> bytes:
    """The bytes of a token, by its text where a service does not say them."""
    if said is None or any(not 0 <= one <= 255 for one in said):
        return token.encode("utf-8", "replace")
    return bytes(said)


class Unrepeated:
    """Leaves out the prefill where a service says it again at the beginning of its answer."""

    def __init__(self, prefill: str) -> None:
        self._expected = prefill
        self._held = ""

    def __call__(self, piece: str) -> str:
        """What is new in ``piece``; empty while that is not known yet."""
        if not self._expected:
            return piece
        self._held += piece
        if self._expected.startswith(self._held) and len(self._held) < len(self._expected):
            return ""
        held, self._held, expected, self._expected = self._held, "", self._expected, ""
        return held.removeprefix(expected)

    def rest(self) -> str:
        """What was held back when the answer ended."""
        held, self._held, self._expected = self._held, "", ""
        return held
