"""How long a search takes over 10,000 passages, embedding the question included: median, 95th percentile, worst.

    python bench/search_latency.py FOLDER [--passages 10000] [--runs 3]

FOLDER holds ``corpus.jsonl`` and ``queries.jsonl`` (see retrieval.py). The corpus is repeated until there are enough passages.
Vectors of passages are random: a scan takes as long whatever they are; the questions are embedded for real.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from retrieval import fill_with_rows, rows

from hameau.library import Library
from hameau.models import Vectors, physical_cores
from hameau.models.engines import ENGINES
from hameau.storage import Database

DIMENSIONS = 384


class TimedEmbedder:
    """The product's own embedder; keeps how long each question took, in milliseconds."""

    def __init__(self) -> None:
        self._engine = ENGINES.embedder(physical_cores())
        self.id = self._engine.id
        self.took: list[float] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        began = time.perf_counter()
        vectors = self._engine.embed_queries(texts)
        self.took.append(1000 * (time.perf_counter() - began))
        return vectors


def percentiles(label: str, values: list[float]) -> str:
    ordered = sorted(values)
    return (
        f"{label:24} median {statistics.median(ordered):6.1f} ms   p95 {ordered[int(0.95 * len(ordered))]:6.1f} ms"
        f"   worst {ordered[-1]:6.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    corpus = list(itertools.islice(itertools.cycle(rows(asked.folder / "corpus.jsonl")), asked.passages))
    questions = [row["text"] for row in rows(asked.folder / "queries.jsonl")]
    embedder = TimedEmbedder()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "bench.db")
        fill_with_rows(database, corpus)
        library = Library(database, lambda: embedder)
        vectors = np.random.default_rng(0).normal(size=(len(corpus), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for start in range(0, len(corpus), 1000):
            ids = list(range(start + 1, min(start + 1000, len(corpus)) + 1))
            library.write_vectors(embedder.id, ids, vectors[start : start + len(ids)])
        began = time.perf_counter()
        library.warm()
        print(f"{len(corpus)} passages; vectors loaded in {1000 * (time.perf_counter() - began):.0f} ms")
        library.search(questions[0])
        embedder.took.clear()
        took = [library.search(question, limit=20).took_ms for _ in range(asked.runs) for question in questions]
        print(percentiles("search, all of it", took))
        print(percentiles("  embedding the question", embedder.took))
        print(percentiles("  the rest", [whole - part for whole, part in zip(took, embedder.took, strict=True)]))
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
        database.close()


if __name__ == "__main__":
    main()
