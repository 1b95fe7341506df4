"""How fast the library follows a folder: a change that nobody announces, a renamed folder, a look at what did not change.

Run: ``python bench/following.py [FILES]`` (2,000 small notes when it is not said).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hameau.library import Extracted, Indexer, Library
from hameau.library.sources import FolderSource
from hameau.storage import Database

CHANGES = 20


class Counting:
    """Reads plain text, and counts."""

    def __init__(self) -> None:
        self.read = 0

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        self.read += 1
        return Extracted(path.read_text(encoding="utf-8"), media_type="text/plain")

    def close(self) -> None:
        """Nothing to free."""


def main(files: int) -> None:
    """Prints one figure a line."""
    dice = random.Random(5)
    words = ["".join(dice.choices("aeioulmnrst", k=dice.randrange(3, 9))) for _ in range(5_000)]
    with tempfile.TemporaryDirectory() as top:
        home, folder = Path(top) / "home", Path(top) / "notes"
        home.mkdir()
        for number in range(files):
            path = folder / "tout" / f"dossier{number // 100}" / f"note{number}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(" ".join(dice.choices(words, k=150)), encoding="utf-8")
        library, extractor = Library(Database(home / "hameau.db")), Counting()
        indexer = Indexer(library, adapters={"folder": FolderSource()}, extractor=extractor, home=home)
        source = library.add_source("folder", str(folder))
        tell("first reading, s", timed(indexer.run_until_idle))
        tell("a look at everything, nothing changed, s", timed(lambda: indexer.sync(source.id)))
        read = extractor.read
        (folder / "tout").rename(folder / "autre")
        tell("a renamed folder of all files, s", timed(lambda: indexer.sync(source.id)))
        tell("… files read", extractor.read - read)
        indexer.start()
        wait_for(lambda: not library.jobs.all())
        waits = [change(library, folder / "autre" / f"neuf{number}.md", number) for number in range(CHANGES)]
        tell("a new file until it is found, median, s", statistics.median(waits))
        tell("… slowest of 20, s", max(waits))
        indexer.stop()


def change(library: Library, path: Path, number: int) -> float:
    """Seconds from the moment a file is closed until a search finds it."""
    path.write_text(f"Le mot jamaisvu{number}bis.", encoding="utf-8")
    return timed(lambda: wait_for(lambda: bool(library.search(f"jamaisvu{number}bis").results)))


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        threading.Event().wait(0.01)


def timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def tell(what: str, figure: float) -> None:
    print(f"{what}: {figure:.3g}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
