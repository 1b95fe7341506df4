"""The process of an engine, as those who ask it see it: one that falls silent is ended, and the next one finds it anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.models import CARD
from hameau.kit import Unavailable
from hameau.models.engines.beside import Beside, loaded
from hameau.models.worker import Worker

FAKES = {"PYTHONPATH": ":".join(str(Path(__file__).parents[3] / name) for name in ("tests", "src"))}


@pytest.fixture
def engine() -> Iterator[Beside]:
    made = Beside(CARD, start, silence=0.4)
    yield made
    made.close()


def start() -> Worker:
    worker = Worker("fakes.mute_engine", FAKES)
    assert loaded(worker, {}) == {"ready": True}
    return worker


def ask(engine: Beside, what: bytes, cancel: threading.Event | None = None) -> list[bytes]:
    heard = []
    with engine.line(engine.number(), b"c", what) as line:
        while (frame := line.next(cancel)) is not None:
            heard.append(frame[1])
            if frame[0] == b"e":
                line.finished = True
                break
    return heard


def test_a_silent_engine_is_ended_for_everybody_and_begins_anew(engine: Beside) -> None:
    assert ask(engine, b"speak") == [b"word", b""]
    first = engine.pid
    with pytest.raises(Unavailable, match="stopped unexpectedly"):
        ask(engine, b"hush")
    assert ask(engine, b"speak") == [b"word", b""]
    assert engine.pid != first


def test_whoever_hung_up_does_not_leave_it_stuck(engine: Beside) -> None:
    gone = threading.Event()
    gone.set()
    assert ask(engine, b"hush", gone) == []
    with pytest.raises(Unavailable):
        ask(engine, b"speak")
    assert ask(engine, b"speak") == [b"word", b""]


def test_one_that_owes_nothing_may_be_silent(engine: Beside) -> None:
    assert ask(engine, b"speak") == [b"word", b""]
    first = engine.pid
    threading.Event().wait(1.0)
    assert ask(engine, b"speak") == [b"word", b""]
    assert engine.pid == first
