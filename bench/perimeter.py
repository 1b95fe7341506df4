"""What the gate costs: a connect, a token, a file that is indexed, a start. With and without it, in turns.

    python bench/perimeter.py [--rounds N] [--part connect|tokens|indexing|start ...]

Each sample is a process of its own that enters the gate, or does not, and then does the same work. Prints medians.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import home, median

from hameau.hub import Hub, read_settings
from hameau.models import EngineOptions, GenerationRequest, Message, Models, physical_cores
from hameau.models.engines import ENGINES
from hameau.perimeter import Enforcement, Perimeter, enter, here

PARTS = ("connect", "tokens", "indexing", "start")
CONNECTS, TOKENS, FILES = 400, 96, 400
SENTENCE = "Le conseil municipal se réunit le premier lundi du mois à la salle des fêtes, feuille {number}. "


def connect(folder: Path, port: int) -> dict[str, float]:
    """Microseconds of one connect: to a listener of our own tree, and to another program's under a Connection."""
    own = socket.create_server(("127.0.0.1", 0), backlog=CONNECTS)
    found = {"own": _connects(own.getsockname()[1])}
    Perimeter(folder).allow("127.0.0.1", port, why="bench", who="bench", name="bench")
    found["allowed"] = _connects(port)
    return found


def _connects(port: int) -> float:
    took = []
    for _ in range(CONNECTS):
        line = socket.socket()
        began = time.perf_counter()
        line.connect(("127.0.0.1", port))
        took.append(1e6 * (time.perf_counter() - began))
        line.close()
    return statistics.median(took)


def tokens(_folder: Path, _port: int) -> dict[str, float]:
    """Tokens a second of a small chat model, through the house's own engine process."""
    models = Models(read_settings().models_path, ENGINES)
    engine = ENGINES.chat(models.choose("chat", "qwen2.5-coder-0.5b-instruct"), EngineOptions(physical_cores(), 1024))
    request = GenerationRequest((Message("user", "Raconte le village."),), max_tokens=TOKENS)
    rates = []
    for _ in range(3):
        moments = [time.perf_counter() for chunk in engine.stream(request) if chunk.text]
        rates.append((len(moments) - 1) / (moments[-1] - moments[0]))
    engine.close()
    return {"tokens_per_second": statistics.median(rates)}


def indexing(folder: Path, _port: int) -> dict[str, float]:
    """Files a second of the text part of indexing, PDF-free: the parts that open files and processes most often."""
    papers = folder / "papers"
    papers.mkdir(parents=True)
    for number in range(FILES):
        page = "<!doctype html><title>x</title><p>" + SENTENCE.format(number=number) * 20
        (papers / f"{number}.html").write_text(page, encoding="utf-8")
    hub = Hub(read_settings({"home": str(folder)}))
    source = hub.add_source("folder", str(papers))
    began = time.perf_counter()
    hub.indexer.run_until_idle(vectors=False)
    seconds = time.perf_counter() - began
    assert hub.library.source(source.id).documents == FILES
    hub.close()
    return {"files_per_second": FILES / seconds}


def start(_folder: Path, _port: int) -> dict[str, float]:
    """Nothing to do: the time until here is what counts."""
    return {}


def one(part: str, gated: bool, folder: Path, port: int) -> dict[str, float]:
    """One sample, in a process of its own."""
    environment = {**os.environ, "HAMEAU_PERIMETER": "" if gated else "hook", "HAMEAU_HOME": str(folder)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--sample", part, str(port)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("gated") == gated
    return found or {"milliseconds": 1000 * (time.perf_counter() - began)}


def sample(part: str, port: int) -> None:
    folder = Path(os.environ["HAMEAU_HOME"])
    if os.environ["HAMEAU_PERIMETER"] != "hook":
        enter(folder)
    gated = here().level is Enforcement.GATE
    work = {"connect": connect, "tokens": tokens, "indexing": indexing, "start": start}[part]
    print(json.dumps({**work(folder, port), "gated": gated}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--sample", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sample:
        sample(asked.sample[0], int(asked.sample[1]))
        return
    other = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=_answer, args=(other,), daemon=True).start()
    for part in asked.part or PARTS:
        found: dict[bool, list[dict[str, float]]] = {True: [], False: []}
        for number in range(asked.rounds):
            for gated in (True, False) if number % 2 else (False, True):
                with home() as folder, tempfile.TemporaryDirectory():
                    found[gated].append(one(part, gated, folder, other.getsockname()[1]))
        for name in found[True][0]:
            bare, behind = (median([each[name] for each in found[gated]]) for gated in (False, True))
            print(
                f"{part} {name}: bare {bare:.2f}, behind the gate {behind:.2f} ({100 * (behind / bare - 1):+.1f} %)",
                flush=True,
            )


def _answer(listening: socket.socket) -> None:
    while True:
        line, _ = listening.accept()
        line.close()


if __name__ == "__main__":
    main()
