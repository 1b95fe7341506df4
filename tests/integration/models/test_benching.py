"""A real model is measured: what comes out are real figures, and nobody waits who has stopped it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Finished
from fakes.models import ScriptedGenerator
from hameau.energy import Reading
from hameau.kit import Cancelled
from hameau.models import Cancel, Chunk, GenerationRequest, Generator, InstalledModel, ModelCard, Usage, bench
from hameau.models.questions import questions

CARD = ModelCard("small", "chat", "Small", "llama", "", "Q4_K_M", ("fr",), "MIT", "", 500, 700, 4096, "")


class Speaker(ScriptedGenerator):
    """Knows the answers of our questions, says what it cost, and takes no time."""

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        asked = request.messages[-1].content
        known = {one.question: (*one.accepts, "Je ne sais pas.")[0] for one in questions()}
        said = next((answer for question, answer in known.items() if question in asked), "Il était une fois")
        yield Chunk(said)
        yield Chunk(finish="stop", usage=Usage(120, 20, 60, prompt_ms=1000, completion_ms=2000))


class Desk:
    def __init__(self) -> None:
        self.unloaded: list[str] = []

    def resolve(self, name: str) -> InstalledModel:
        return InstalledModel(CARD, "", "")

    def generator(self, model_id: str | None = None) -> Generator:
        return Speaker()

    def unload(self, model_id: str) -> None:
        self.unloaded.append(model_id)


class Gauge:
    def __init__(self, used: float | None) -> None:
        self.used = used
        self.started = False

    def start(self) -> None:
        self.started = True

    def stop(self) -> Reading | None:
        return None if self.used is None else Reading(self.used, "rapl")


def test_speeds_energy_and_answers_are_told() -> None:
    desk = Desk()
    steps: list[tuple[str, int, int]] = []
    found = bench(desk, "small", Gauge(2.4), 2, told=lambda *step: steps.append(step))
    assert desk.unloaded == ["small"]
    assert (found.read_per_s, found.write_per_s) == (100.0, 30.0)
    assert found.watt_hours == pytest.approx(0.1)
    assert found.score is not None
    assert (found.score.asked, found.score.right) == (24, 24)
    assert len(steps) == 1 + 3 + 24


def test_energy_that_is_not_told_is_not_guessed() -> None:
    found = bench(Desk(), "small", Gauge(None), 2)
    assert (found.watt_hours, found.energy_source) == (None, "")


def test_speed_alone_asks_nothing() -> None:
    gauge = Gauge(1.0)
    found = bench(Desk(), "small", gauge, 2, ask=False)
    assert (found.score, found.answer_s, found.watt_hours, gauge.started) == (None, None, None, False)


def test_it_stops_when_it_is_told_to() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        bench(Desk(), "small", Gauge(None), 2, cancel=cancel)


@pytest.mark.needs_model
def test_the_commands_measure_a_real_model_and_advise_by_it(
    hameau: Callable[..., Finished], model_file: Callable[[str], Path], models_dir: Path, home: Path
) -> None:
    model_file("smollm2-135m-instruct")
    done = hameau("models", "bench", "smollm2-135m-instruct", "--no-questions", "--json")
    assert done.code == 0, done.err
    (measured,) = json.loads(done.out)
    assert measured["read_per_s"] > measured["write_per_s"] > 1
    assert measured["load_s"] > 0
    assert measured["memory_bytes"] > 50_000_000
    assert (home / "measured.json").exists()
    advice = json.loads(hameau("models", "advise", "--json").out)
    (one,) = [each for each in advice["advice"] if each["model"] == "smollm2-135m-instruct"]
    assert one["measured"]
    assert [each["verdict"] for each in advice["advice"]].count("best") == 1


def test_a_model_that_is_not_here_is_said(hameau: Callable[..., Finished]) -> None:
    done = hameau("models", "bench", "nope")
    assert done.code == 1
    assert "nope" in done.err
