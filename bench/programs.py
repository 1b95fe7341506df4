"""What a program loses by asking Hameau over HTTP, and not the bare engine: tokens a second and time to the first, of 1 and 8
streams; and 200 short requests at once.

    python bench/programs.py [--model ID] [--small ID] [--rounds N] [--tokens N]

The bare engine is llama.cpp's own server out of the same library, in a process of its own that listens on the loopback, with the
same model, context, threads, batches and number of answers at once. Both are asked by the same client in one run, in turns, in
alternating order, the same new questions, so that what else the machine does falls on both. Prints medians and what Hameau
adds; needs installed models.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from common import Server, home, machine, median

from hameau.hub import read_settings
from hameau.models import Models, physical_cores
from hameau.models.engines import ENGINES

CONTEXT, PLACES, BATCH, CACHE_MIB = 4096, 8, 512, 256
MANY, EARLY = 200, 40


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream: seconds to its first text, to its end, and how many tokens it had."""

    first: float
    end: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Some streams at once: the median milliseconds to the first text, and tokens a second of all together.

    Of one stream after its first text; of several from the question to the last word, because some write while others are
    still read.
    """

    first: float
    speed: float


def bare(path: str, port: int, pipe: Connection) -> None:
    """The other process: the engine and its own HTTP server, with nothing of ours around it."""
    import xllamacpp  # noqa: PLC0415 - this process is the only one that needs it

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.kv_unified = CONTEXT, PLACES, True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = physical_cores()
    params.n_batch = params.n_ubatch = BATCH
    params.cache_ram_mib = CACHE_MIB
    params.fit_params = params.warmup = params.ui = False
    params.verbosity = -1
    params.hostnames, params.port = ["127.0.0.1"], port
    server = xllamacpp.Server(params)
    pipe.send(server.listening_address)
    pipe.recv()
    os._exit(0)


def ask(url: str, model: str, question: str, tokens: int) -> Heard:
    """One chat completion, streamed, as the official clients ask for it."""
    place = urlsplit(url)
    assert place.hostname
    body = {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": tokens,
        "temperature": 0.7,
        "seed": 7,
    }
    line = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
    line.connect()
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    start = time.perf_counter()
    first = end = 0.0
    count = 0
    line.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    reply = line.getresponse()
    if reply.status != 200:
        raise SystemExit(f"{url}: {reply.status} {reply.read().decode()}")
    while said := reply.readline():
        if not said.startswith(b"data: {"):
            continue
        piece = json.loads(said[6:])
        end = time.perf_counter() - start
        if not first and piece["choices"] and piece["choices"][0]["delta"].get("content"):
            first = end
        if usage := piece.get("usage"):
            count = usage["completion_tokens"]
    line.close()
    return Heard(first, end, count)


def together(work: list[Callable[[], Heard]]) -> tuple[list[Heard], float]:
    """All at once, each in a thread; what they heard, and how long it took."""
    heard: list[Heard] = []
    threads = [threading.Thread(target=lambda one=one: heard.append(one())) for one in work]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard, time.perf_counter() - start


def sample(url: str, model: str, questions: list[str], tokens: int) -> Sample:
    """As many streams as there are questions."""
    heard, _ = together([partial(ask, url, model, q, tokens) for q in questions])
    began = heard[0].first if len(heard) == 1 else 0.0
    writing = max(one.end for one in heard) - began
    return Sample(median([one.first * 1000 for one in heard]), sum(one.tokens for one in heard) / writing)


def question(number: int) -> str:
    """A short one that no cache holds."""
    return f"Question {number}. Raconte en détail la journée de Mme Noël-{number}, qui tient le moulin numéro {number * 7}."


def compare(urls: dict[str, str], model: str, streams: int, rounds: int, tokens: int) -> None:
    """Prints one line: both medians, and what Hameau adds."""
    found: dict[str, list[Sample]] = {name: [] for name in urls}
    for number in range(rounds + 1):
        questions = [question(number * 100 + stream) for stream in range(streams)]
        for name in sorted(urls, reverse=bool(number % 2)):
            taken = sample(urls[name], model, questions, tokens)
            if number:  # the first round is not counted: models and connections warm up
                found[name].append(taken)
    speed = {name: median([one.speed for one in taken]) for name, taken in found.items()}
    first = {name: median([one.first for one in taken]) for name, taken in found.items()}
    ratio = statistics.median(a.speed / b.speed for a, b in zip(found["hameau"], found["bare"], strict=True))
    later = statistics.median(a.first - b.first for a, b in zip(found["hameau"], found["bare"], strict=True))
    print(
        f"{streams} stream(s): {speed['hameau']:.1f} tokens/s against {speed['bare']:.1f} bare "
        f"(median of pairs {100 * (ratio - 1):+.1f} %), first token {first['hameau']:.0f} ms against {first['bare']:.0f} "
        f"(median of pairs {later:+.0f} ms)",
        flush=True,
    )


def many(server: Server, model: str) -> None:
    """200 short requests at once, each of which only one answer fits."""
    wrong: list[int] = []
    statuses: list[int] = []

    def one(number: int) -> Heard:
        body = {
            "model": model,
            "messages": [{"role": "user", "content": f"{number}"}],
            "max_tokens": 24,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "integer", "const": number}},
            },
        }
        place = urlsplit(server.url)
        assert place.hostname
        line = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
        line.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        reply = line.getresponse()
        statuses.append(reply.status)
        said = json.loads(reply.read())
        if reply.status != 200 or said["choices"][0]["message"]["content"].strip() != str(number):
            wrong.append(number)
        line.close()
        return Heard(0, 0, 1)

    def memory() -> float:
        return sum(process.memory_info().rss for process in server.tree) / 1e6

    together([partial(one, n) for n in range(EARLY)])
    before = memory()
    _, seconds = together([partial(one, n) for n in range(MANY)])
    print(
        f"{MANY} requests at once on {model}: {len(statuses) - EARLY} answered, {len(wrong)} wrong, {seconds:.1f} s; "
        f"memory {before:.0f} MB before, {memory():.0f} MB after",
        flush=True,
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b-instruct")
    parser.add_argument("--small", default="smollm2-135m-instruct")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=64)
    asked = parser.parse_args()
    settings = read_settings()
    models = Models(settings.models_path, ENGINES)
    path = models.choose("chat", asked.model).path
    os.environ["HAMEAU_MODELS_DIR"] = str(settings.models_path)
    os.environ["HAMEAU_PARALLEL_ANSWERS"], os.environ["HAMEAU_CONTEXT_TOKENS"] = str(PLACES), str(CONTEXT)
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # what Hameau gives its engine, for both
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    engine = multiprocessing.get_context("spawn").Process(target=bare, args=(path, port, theirs), daemon=True)
    engine.start()
    address = ours.recv()
    with home() as folder:
        server = Server(folder)
        try:
            print(machine())
            print(f"{asked.model}, {asked.tokens} tokens an answer, {asked.rounds} rounds")
            for streams in (1, PLACES):
                compare({"hameau": server.url, "bare": address}, asked.model, streams, asked.rounds, asked.tokens)
            ours.send("done")
            engine.join(10)
            many(server, asked.small)
        finally:
            server.stop()
            engine.kill()


if __name__ == "__main__":
    main()
