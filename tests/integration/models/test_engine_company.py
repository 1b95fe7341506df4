"""Several conversations in one engine, and one that is given up in the middle of its prompt. A real model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hameau.models import EngineOptions, GenerationRequest, InstalledModel, Message
from hameau.models.catalogue import bundled
from hameau.models.engines.xllamacpp import LlamaGenerator, load

pytestmark = pytest.mark.needs_model

PARIS = GenerationRequest((Message("user", "Where is Paris?"),), max_tokens=8)
CONTEXT = 512


@pytest.fixture(scope="module", params=[1, 4], ids=["alone", "four"])
def generator(request: pytest.FixtureRequest, model_file: Callable[[str], Path]) -> Iterator[LlamaGenerator]:
    card = bundled().card("smollm2-135m-instruct")
    made = load(InstalledModel(card, str(model_file(card.id)), ""), EngineOptions(2, CONTEXT, request.param))
    yield made
    made.close()


def say(generator: LlamaGenerator, request: GenerationRequest) -> str:
    return "".join(chunk.text for chunk in generator.stream(request))


def test_many_ask_at_once_and_each_gets_its_own_answer(generator: LlamaGenerator) -> None:
    numbers = [str(10_000 + 37 * number) for number in range(8)]

    def go_on(number: str) -> str:
        return say(generator, GenerationRequest(prompt=f"{number}, {number}, {number}, {number},", max_tokens=6))

    before = generator.memory_bytes
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(go_on, numbers))
    assert [answer.split(",")[0].strip() for answer in answers] == numbers
    assert generator.memory_bytes - before < 300 << 20


@pytest.mark.parametrize("generator", [4], indirect=True, ids=["four"])
def test_a_long_answer_among_others_never_breaks_them(generator: LlamaGenerator) -> None:
    """Together they want far more than there is."""

    def write(number: int) -> tuple[str, int]:
        prompt = f"{number} " + "a long story about a mill, " * 10
        chunks = list(generator.stream(GenerationRequest(prompt=prompt, max_tokens=110, logit_bias={0: -100, 2: -100})))
        usage = chunks[-1].usage
        assert usage
        return chunks[-1].finish, usage.completion_tokens

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(write, range(3)))
    assert all(finish in ("stop", "length") and written > CONTEXT // 8 for finish, written in ends)


class Impatient:
    """A cancel that comes as soon as the engine is at work."""

    def __init__(self) -> None:
        self._asked = 0

    def is_set(self) -> bool:
        self._asked += 1
        return self._asked > 2


def test_a_prompt_given_up_is_not_read_to_the_end_of_its_batch(generator: LlamaGenerator) -> None:
    """The engine keeps what it has read; what was broken off in the middle of a batch it has not."""
    long = GenerationRequest(prompt="given up " * 220, max_tokens=1)
    assert [chunk.finish for chunk in generator.stream(long, Impatient())] == ["cancelled"]
    assert say(generator, PARIS)
    again, once_more = (list(generator.stream(long))[-1].usage for _ in range(2))
    assert again
    assert once_more
    assert again.cached_tokens < 50
    assert once_more.cached_tokens > 400


def test_whoever_goes_while_waiting_leaves_at_once(generator: LlamaGenerator) -> None:
    busy = generator.stream(replace(PARIS, max_tokens=-1, temperature=1.0))
    next(busy)
    stop = threading.Event()
    stop.set()
    whole = GenerationRequest(prompt="word " * (CONTEXT - 50), max_tokens=1)
    assert [chunk.finish for chunk in generator.stream(whole, stop)] == ["cancelled"]
    closer = getattr(busy, "close", None)
    assert closer
    closer()
    assert say(generator, PARIS)
