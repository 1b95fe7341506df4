"""Many at once on one small model: nobody is lost, nobody hears another's answer, and memory stays where it is.

``HAMEAU_ROUNDS`` (60): how many.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hameau.models import Chunk, GenerationRequest, Message, Models
from hameau.models.engines import ENGINES
from hameau.perimeter import asking

pytestmark = pytest.mark.needs_model

MODEL = "smollm2-135m-instruct"
MANY = int(os.environ.get("HAMEAU_ROUNDS", "60"))
PLACES = 4
GROWTH = 1.1


@pytest.fixture(scope="module")
def models(model_file: Callable[[str], Path]) -> Iterator[Models]:
    made = Models(model_file(MODEL).parent, ENGINES, parallel=PLACES)
    yield made
    made.close()


def ask(number: int) -> GenerationRequest:
    """A request that only one answer fits."""
    return GenerationRequest(prompt=f"{number}", max_tokens=8, grammar=f'root ::= "n{number}"')


def test_many_short_requests_at_once(models: Models) -> None:
    said: dict[int, list[Chunk]] = {}

    def work(number: int) -> None:
        with asking(f"key {number % 7}"):
            said[number] = list(models.generator(MODEL).stream(ask(number)))

    def crowd(numbers: range) -> int:
        threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return models.loaded()[0].memory_bytes

    warm = crowd(range(MANY // 5))
    after = crowd(range(MANY // 5, MANY))
    assert {n: "".join(chunk.text for chunk in chunks) for n, chunks in said.items()} == {
        n: f"n{n}" for n in range(MANY)
    }
    assert all(chunks[-1].finish == "stop" for chunks in said.values())
    assert after < warm * GROWTH
    assert (models.loaded()[0].running, models.loaded()[0].waiting) == (0, 0)


def test_those_who_hang_up_do_not_hold_up_the_others(models: Models) -> None:
    gone = threading.Event()
    story = GenerationRequest((Message("user", "Tell me a long story."),), max_tokens=150)
    ends: list[str] = []
    writing = threading.Barrier(PLACES + 1)

    def listen() -> None:
        for number, chunk in enumerate(models.generator(MODEL).stream(story, gone)):
            if number == 0 and not gone.is_set():
                writing.wait()
            if chunk.finish:
                ends.append(chunk.finish)

    threads = [threading.Thread(target=listen) for _ in range(12)]
    for thread in threads:
        thread.start()
    writing.wait()
    gone.set()
    assert "".join(chunk.text for chunk in models.generator(MODEL).stream(ask(1))) == "n1"
    for thread in threads:
        thread.join()
    assert ends == ["cancelled"] * 12
    assert models.loaded()[0].running == 0


def test_put_away_while_it_speaks_and_back_again(models: Models) -> None:
    stream = models.generator(MODEL).stream(GenerationRequest((Message("user", "Count to ten."),), max_tokens=12))
    assert next(stream)
    models.unload(MODEL)
    assert list(stream)[-1].finish == "length"
    handle = models.generator(MODEL, context=4096)
    assert "".join(chunk.text for chunk in handle.stream(ask(2))) == "n2"
    assert models.loaded()[0].context == 4096
