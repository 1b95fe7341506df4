"""Asks one service, under its Connection and with its key, and says in plain words what it refuses.

What a service answers is a stranger's text: it is bounded, read into exact shapes, and never shown longer than a line or
with the key in it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from hameau.kit import N_, BadInput, HameauError, NotFound, Refused, Unavailable
from hameau.models.ports import Cancel
from hameau.models.types import Service
from hameau.perimeter import Answer, Ask, Client, Patience, Unreachable

logger = logging.getLogger(__name__)

Shape = TypeVar("Shape")

LISTING = Patience(first=20.0, between=20.0, total=16 << 20)
"""For questions that need no model."""
WRITING = Patience()
_REASON = 300  # signs of what a service says that are shown
_REFUSAL = 64 << 10  # bytes of it that are read
_ALL = 64 << 20
_BARE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


class Refusal(Exception):
    """A service answered with an error: its status, and its words for whoever knows the protocol. :meth:`Desk.explained` makes
    one of ours of it; none leaves this package."""

    def __init__(self, status: int, reason: str, said: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.said = said


class Desk:
    """One service, asked by whoever holds this. Thread-safe; every question has a line of its own."""

    def __init__(self, service: Service, client: Client) -> None:
        self.service = service
        self._client = client
        self._base = service.url.rstrip("/")

    @property
    def host(self) -> str:
        """Where it runs, for a person."""
        return urlsplit(self._base).netloc

    def get(self, path: str, shape: type[Shape]) -> Shape:
        """The answer to a question without a body."""
        with self.asked(path, None, patience=LISTING) as answer:
            return self.decoded(answer.read(LISTING.total), shape)

    def post(self, path: str, body: object, shape: type[Shape], patience: Patience = WRITING) -> Shape:
        """The whole answer to a question."""
        with self.asked(path, body, patience=patience) as answer:
            return self.decoded(answer.read(_ALL), shape)

    @contextmanager
    def asked(
        self, path: str, body: object | None, cancel: Cancel | None = None, patience: Patience = WRITING
    ) -> Iterator[Answer]:
        """The answer to a question, when it is not an error: that is raised as :class:`Refusal`."""
        headers = {"Accept": "*/*"}
        if self.service.secret:
            headers["Authorization"] = f"Bearer {self.service.secret}"
        ask = Ask("GET", self._base + path, headers=headers)
        if body is not None:
            ask = Ask("POST", self._base + path, _json(body), headers | {"Content-Type": "application/json"})
        try:
            with self._client.exchange(self.service.connection, ask, cancel=cancel, patience=patience) as answer:
                if 300 <= answer.status < 400:
                    raise self._elsewhere(answer)
                if answer.status != 200:
                    raise self._refusal(answer)
                yield answer
        except Unreachable as error:
            raise Unavailable(
                N_("The service {service} ({host}) does not answer."),
                hint=N_("Is it running? Start it, then ask again."),
                service=self.service.id,
                host=self.host,
            ) from error

    def decoded(self, data: bytes | bytearray, shape: type[Shape]) -> Shape:
        """JSON that the service sent, in the form it must have."""
        try:
            return msgspec.json.decode(data, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            logger.warning("%s: %s: %r", self.service.id, error, bytes(data[:200]))
            raise self.nonsense() from error

    def nonsense(self) -> HameauError:
        """The error for an answer that is none."""
        return Unavailable(
            N_("What the service {service} says can't be understood."),
            hint=N_("Is it the kind of server that you connected it as? Look with: hameau models services"),
            service=self.service.id,
        )

    def hung_up(self) -> HameauError:
        """The error for an answer without its end."""
        return Unavailable(
            N_("The service {service} hung up in the middle of its answer."),
            hint=N_("Ask again; if it happens again, look at it."),
            service=self.service.id,
        )

    def failed(self, reason: str) -> HameauError:
        """The error for one that fails while it answers."""
        return Unavailable(
            N_("The service {service} failed: {reason}"), service=self.service.id, reason=self.shown(reason)
        )

    def explained(self, refusal: Refusal, model: str) -> HameauError:
        """What a refusal means for whoever asked for ``model``."""
        names = {"service": self.service.id, "model": model, "reason": refusal.reason}
        status = refusal.status
        if status in (401, 403):
            return Refused(
                N_("The service {service} refuses: the key is missing, or not right for this."),
                hint=N_("Connect it anew with its key: hameau models connect URL --name {service} --key-file FILE"),
                **names,
            )
        if (numbers := _numbers(refusal.said)) is not None:
            return BadInput(
                N_("That is too long for this model: {prompt} tokens, and it reads {context}."),
                hint=N_("Ask something shorter, or choose a model with a longer context."),
                prompt=numbers[0],
                context=numbers[1],
            )
        if status == 404:
            return NotFound(
                N_("The service {service} does not have the model {model}: {reason}"),
                hint=N_("See what it has: hameau models services --refresh"),
                **names,
            )
        if status == 429:
            return Unavailable(
                N_("The service {service} has too much to do, or the key is used up: {reason}"),
                hint=N_("Ask again later."),
                **names,
            )
        if (status < 500 and status != 408) or "not supported" in refusal.reason:
            return BadInput(N_("The service {service} can't take this request: {reason}"), **names)
        return self.failed(refusal.reason)

    def shown(self, reason: str) -> str:
        """What a service says, fit for a person's eyes: one line, not long, without the key."""
        if self.service.secret:
            reason = reason.replace(self.service.secret, "…")
        plain = " ".join(_BARE.sub(" ", reason).split())
        return plain if len(plain) <= _REASON else plain[:_REASON] + "…"

    def _refusal(self, answer: Answer) -> Refusal:
        try:
            raw = answer.read(_REFUSAL)
        except Unavailable as error:  # the status says enough
            logger.info("%s: %s", self.service.id, error)
            raw = b""
        said, words = _words(raw)
        logger.info("%s: status %s", self.service.id, answer.status)
        return Refusal(answer.status, self.shown(words) or f"HTTP {answer.status}", said)

    def _elsewhere(self, answer: Answer) -> HameauError:
        place = urlsplit(answer.header("location")[:500]).netloc or self.host
        return Refused(
            N_("The service {service} sends us on to {place}; nobody has allowed that."),
            hint=N_("Connect it anew with the address that it really has."),
            service=self.service.id,
            place=self.shown(place)[:100],
        )


def words_of(said: object) -> str:
    """The words of an error, in the forms that servers have for them."""
    if isinstance(said, Mapping):
        for name in ("message", "error", "detail", "msg"):
            if found := words_of(said.get(name)):
                return found
    if isinstance(said, list) and said:
        return words_of(said[0])
    return said if isinstance(said, str) else ""


def _words(raw: bytes) -> tuple[Mapping[str, Any], str]:
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}, raw[:1000].decode("utf-8", "replace")
    words = words_of(said)
    if isinstance(said, dict):
        inner = said.get("error")
        return (inner if isinstance(inner, dict) else said), words
    return {}, words


def _numbers(said: Mapping[str, Any]) -> tuple[int, int] | None:
    """Tokens of the prompt and of the context, where a service says that one does not fit into the other."""
    prompt, context = said.get("n_prompt_tokens"), said.get("n_ctx")  # llama.cpp
    if isinstance(prompt, int) and isinstance(context, int):
        return prompt, context
    if said.get("code") == "context_length_exceeded":  # OpenAI, Hameau
        numbers = [int(one) for one in re.findall(r"\d{1,9}", words_of(said))]
        return (max(numbers), min(numbers)) if len(numbers) == 2 else None
    return None


def _json(body: object) -> bytes:
    return msgspec.json.encode(body)
