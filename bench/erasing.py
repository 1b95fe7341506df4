"""How long forgetting one document takes in a library of many passages, and how long each step of it holds the lock.

``python bench/erasing.py [passages]`` (200,000). Made-up words with the frequencies of a language (Zipf); a tenth stand once.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from hameau.library import Extracted, Item, Library
from hameau.storage import Database

_WORDS, _EACH = 60_000, 40


def main(passages: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hameau.db"
        database = Database(path)
        library = Library(database)
        source = library.add_source("folder", "/papiers")
        documents = fill(library, source.id, passages)
        database.fold()
        before, began = path.stat().st_size, time.perf_counter()
        library.forget_document(documents[len(documents) // 2])
        told = time.perf_counter() - began
        steps = []
        more = True
        while more:
            at = time.perf_counter()
            more = library.erasing.step()
            steps.append(time.perf_counter() - at)
        steps.sort()
        count = library.status().passages
        print(f"{count} passages, {before / 1e6:.0f} MB; forgotten for everybody after {told * 1000:.1f} ms")
        print(
            f"the bytes: {len(steps)} steps, {sum(steps):.1f} s in all; a step: median {steps[len(steps) // 2] * 1000:.0f} ms,"
            f" 95 % under {steps[int(len(steps) * 0.95)] * 1000:.0f} ms, the longest {steps[-1] * 1000:.0f} ms"
        )
        database.close()


def fill(library: Library, source_id: str, passages: int) -> list[int]:
    chance = random.Random(1)
    words = [f"m{number:x}" for number in range(_WORDS)]
    weights = [1 / (rank + 5) for rank in range(_WORDS)]
    documents = []
    for number in range(passages // _EACH):
        said = chance.choices(words, weights, k=_EACH * 70)
        said[::10] = [f"u{number:x}x{at:x}" for at in range(len(said[::10]))]
        text = ". ".join(" ".join(said[at : at + 14]) for at in range(0, len(said), 14))
        item = Item(f"/papiers/{number}", str(number), len(text), "2026-01-01T00:00:00Z", str(number))
        document = library.begin_document(source_id, item)
        documents.append(library.write_document(document.id, Extracted(text, language="fr"), str(number)).id)
    return documents


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
