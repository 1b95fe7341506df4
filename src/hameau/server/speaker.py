"""What any program's face needs to let something speak: a model, or the library itself as a model. One place for both faces.

Knows nothing of the forms in which OpenAI's and Ollama's clients ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hameau.assistant import Citation, as_model
from hameau.kit import N_, BadInput, Missing, NotFound, say
from hameau.models import Cancel, Chunk, GenerationRequest, InstalledModel, context_of, laid
from hameau.server.call import Call
from hameau.server.visitors import must

LIBRARY = "hameau/library"
"""The library as a model, in every list of models: it answers with citations."""
FREEDOM = 0.8
"""The temperature of an answer when neither the program nor the model's recipe says one, as in Ollama and llama.cpp."""


class NoModel(NotFound):
    """There is no such model here."""

    code = "model_not_found"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a program asks for, whatever its protocol."""

    model: str
    request: GenerationRequest
    given: frozenset[str] = frozenset()
    """The fields of ``request`` that the program itself chose: the model's recipe fills the others."""
    context: int | None = None
    """Tokens that the program wants to have room for; ``None``: what the model has."""
    keep_alive: float | None = None
    """Seconds that the model stays in memory afterwards; 0: goes at once; negative: stays; ``None``: as the settings say."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of what was said. ``citations`` come with the last one, when the library spoke."""

    chunk: Chunk
    citations: tuple[Citation, ...] = ()


def model_of(call: Call, name: str) -> InstalledModel | None:
    """The model called ``name``, ``None`` for the library. Raises :class:`NoModel`."""
    if is_library(name):
        return None
    try:
        return call.house.models.resolve(name)
    except (Missing, NotFound) as error:
        raise NoModel(error.message, hint=error.hint, **error.fields) from error


def library_title(call: Call) -> str:
    """What the library is called in a list of models."""
    return say(N_("The library: answers from your documents, with their sources"), call.language)


def is_library(name: str) -> bool:
    """Whether ``name`` is the library's, as Ollama's programs may write it too (``hameau/library:latest``)."""
    return name.strip().lower().removesuffix(":latest") == LIBRARY


def speak(call: Call, wanted: Wanted, cancel: Cancel) -> Iterator[Said]:
    """The answer, piece by piece. Raises what the models and the assistant raise; nothing runs before the first piece."""
    model = model_of(call, wanted.model)
    if model is None:
        must(call.visitor, "read")
        yield from _library(call, wanted, cancel)
        return
    must(call.visitor, "chat")
    if model.card.kind != "chat":
        raise BadInput(
            N_("{model} is not a chat model."), hint=N_("It turns texts into vectors: ask it for embeddings."),
            model=model.card.title,
        )  # fmt: skip
    request = laid(model.recipe, wanted.request, wanted.given)
    context = wanted.context or context_of(model.recipe.options)
    generator = call.house.models.generator(model.card.id, context=context, keep_alive=wanted.keep_alive)
    yield from map(Said, generator.stream(request, cancel))


def _library(call: Call, wanted: Wanted, cancel: Cancel) -> Iterator[Said]:
    """The library speaks for itself."""
    for spoken in as_model(call.house.assistant, wanted.request, cancel, call.language):
        yield Said(spoken.chunk, spoken.citations)
