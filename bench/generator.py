"""What Hameau adds to the bare engine: tokens a second and time to first token, both measured in one run, in turns.

    python bench/generator.py [--model ID] [--rounds N] [--tokens N]

The bare engine is the same library, called directly in a fresh process with its own defaults (only the model, the context
and the threads are set). Each round asks both the same new question, in alternating order, so that what else the machine
does falls on both. Prints medians and their ratios; needs an installed model.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from hameau.hub import read_settings
from hameau.models import EngineOptions, GenerationRequest, Message, Models, physical_cores
from hameau.models.engines import ENGINES

CONTEXT = 2048
FACTS = "Le moulin ouvre à {hour} heures ; la clé est chez {name}, rue du Four, au numéro {hour}. "
Sample = tuple[float, float]
"""Milliseconds to the first text, and tokens a second after it."""


def question(number: int) -> str:
    """About 400 tokens that no cache holds, for a prompt as Hameau's are."""
    facts = "".join(FACTS.format(hour=(number * 7 + line) % 24, name=f"Mme Noël-{number}-{line}") for line in range(12))
    return f"Question {number}. {facts}\nRaconte en détail tout ce que tu sais du village."


def bare(path: str, threads: int, pipe: Connection) -> None:
    """The other process: the engine with nothing of ours around it."""
    import xllamacpp  # noqa: PLC0415 - this process is the only one that needs it

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.verbosity = CONTEXT, 1, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    pipe.send("ready")
    while (body := pipe.recv()) is not None:
        pipe.send(timed(body, server.handle_chat_completions))


def timed(body: object, run: Callable[[object, Callable[[dict[str, object]], bool]], object]) -> Sample:
    """Times chunks in the OpenAI form."""
    start = time.perf_counter()
    moments: list[float] = []

    def heard(chunk: dict[str, object]) -> bool:
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and choices[0]["delta"].get("content"):
            moments.append(time.perf_counter())
        return False

    run(body, heard)
    return sample(start, moments)


def sample(start: float, moments: list[float]) -> Sample:
    return (moments[0] - start) * 1000, (len(moments) - 1) / (moments[-1] - moments[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b-instruct")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=48)
    asked = parser.parse_args()
    models = Models(read_settings().models_path, ENGINES)
    model = models.choose("chat", asked.model)
    threads = physical_cores()
    ours = ENGINES.chat(model, EngineOptions(threads, CONTEXT))
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=bare, args=(model.path, threads, there), daemon=True)
    process.start()
    here.recv()

    def ask_bare(text: str) -> Sample:
        body = {"messages": [{"role": "user", "content": text}], "stream": True, "max_tokens": asked.tokens}
        here.send(body | {"temperature": 0, "ignore_eos": True})
        got: Sample = here.recv()
        return got

    def ask_ours(text: str) -> Sample:
        request = GenerationRequest((Message("user", text),), max_tokens=asked.tokens)
        start = time.perf_counter()
        return sample(start, [time.perf_counter() for chunk in ours.stream(request) if chunk.text])

    samples: dict[str, list[Sample]] = {"bare": [], "hameau": []}
    for number in range(asked.rounds + 1):
        order = [("bare", ask_bare), ("hameau", ask_ours)]
        for name, ask in order if number % 2 else reversed(order):
            got = ask(question(number))
            if number:  # the first round warms both up
                samples[name].append(got)
    here.send(None)
    ours.close()
    models.close()
    medians = {name: [statistics.median(each) for each in zip(*got, strict=True)] for name, got in samples.items()}
    print(
        json.dumps(
            {
                "model": model.card.id,
                "rounds": asked.rounds,
                "first_token_ms": {name: round(got[0], 1) for name, got in medians.items()},
                "tokens_per_second": {name: round(got[1], 2) for name, got in medians.items()},
                "added_first_token_ms": round(medians["hameau"][0] - medians["bare"][0], 1),
                "lost_tokens_per_second": f"{100 * (1 - medians['hameau'][1] / medians['bare'][1]):.1f} %",
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
