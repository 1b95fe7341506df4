"""What every Generator must do: the real engine with a real model, and the fake that other tests use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.llama import llama_server
from fakes.models import CARD, ScriptedGenerator
from fakes.speaker_folder import tiny
from hameau.kit import BadInput
from hameau.models import Chunk, EngineOptions, GenerationRequest, Generator, InstalledModel, Message, Service
from hameau.models.catalogue import bundled
from hameau.models.engines import ENGINES
from hameau.perimeter import Perimeter

_CONTEXT = 512
ASK = GenerationRequest((Message("user", "Count from one to twenty, in words, one after the other."),), max_tokens=40)


ADAPTERS = [
    "fake",
    pytest.param("llama.cpp", marks=pytest.mark.needs_model),
    pytest.param("service", marks=pytest.mark.needs_model),
    pytest.param("transformers", marks=pytest.mark.needs_transformers),
]


@pytest.fixture(scope="module", params=ADAPTERS)
def generator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    """A generator whose context holds 512 tokens."""
    card = bundled().card("smollm2-135m-instruct")
    if request.param == "fake":
        yield ScriptedGenerator("one two three four five six", card=replace(CARD, context=_CONTEXT))
        return
    if request.param == "service":
        model_file: Callable[[str], Path] = request.getfixturevalue("model_file")
        yield from served(model_file(card.id), tmp_path_factory.mktemp("home"))
        return
    if request.param == "transformers":
        request.getfixturevalue("transformers")
        path = tiny(tmp_path_factory.mktemp("tiny"), context=_CONTEXT)
    else:
        path = request.getfixturevalue("model_file")(card.id)
    made = ENGINES.chat(InstalledModel(card, str(path), ""), EngineOptions(2, _CONTEXT))
    yield made
    made.close()


def served(model: Path, home: Path) -> Iterator[Generator]:
    """The same model in llama.cpp's own server, reached under a Connection."""
    border = Perimeter(home)
    with llama_server(model, "key", _CONTEXT) as place:
        host, _, port = place.partition(":")
        border.allow(host, int(port), why="a test", who="Ada", name="there")
        engine = ENGINES.services["openai"](
            Service("there", "openai", f"http://{place}", "there", "key"), border.client
        )
        yield engine.generator(replace(CARD, id="there/model"), engine.models()[0])
    border.journal.close()


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def test_only_the_last_chunk_has_an_end_and_the_usage(generator: Generator) -> None:
    chunks = list(generator.stream(ASK))
    assert text_of(chunks)
    assert all(not chunk.finish and chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-1].finish in ("stop", "length")
    usage = chunks[-1].usage
    assert usage
    assert usage.prompt_tokens > 0
    assert 0 < usage.completion_tokens <= ASK.max_tokens


def test_it_stops_at_the_limit(generator: Generator) -> None:
    chunks = list(generator.stream(replace(ASK, max_tokens=2)))
    assert chunks[-1].finish == "length"
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 2


def test_a_cancel_ends_it(generator: Generator) -> None:
    stop = threading.Event()
    chunks = []
    for chunk in generator.stream(ASK, stop):
        chunks.append(chunk)
        stop.set()
    assert chunks[-1].finish == "cancelled"
    assert len(chunks) < 10


def test_a_cancel_before_the_start_ends_it(generator: Generator) -> None:
    stop = threading.Event()
    stop.set()
    assert [chunk.finish for chunk in generator.stream(ASK, stop)] == ["cancelled"]


def test_an_abandoned_stream_disturbs_nothing(generator: Generator) -> None:
    stream = generator.stream(ASK)
    next(stream)
    close = getattr(stream, "close", None)
    assert close is not None
    close()
    assert text_of(list(generator.stream(ASK)))


def test_too_long_a_prompt_says_both_numbers(generator: Generator) -> None:
    with pytest.raises(BadInput) as caught:
        list(generator.stream(GenerationRequest((Message("user", "long words " * 600),))))
    numbers = [int(str(value)) for value in caught.value.fields.values()]
    assert max(numbers) > _CONTEXT
    assert min(numbers) <= _CONTEXT


def test_the_card_is_known(generator: Generator) -> None:
    assert generator.card.kind == "chat"
