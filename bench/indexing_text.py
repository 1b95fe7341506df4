"""How many passages a second the text part of indexing takes in: cutting, analysis, writing. One process.

Each document is two transactions, as the indexer does it.

    python bench/indexing_text.py FOLDER [--runs 3]      every .md and .txt file under FOLDER
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from hameau.library import Extracted, Item, Library
from hameau.storage import Database


def run(texts: list[tuple[str, str]]) -> tuple[int, float, float, int]:
    """Passages written, seconds on the clock, seconds of processor, bytes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "bench.db")
        library = Library(database)
        source = library.add_source("bench", "files")
        count, began, busy = 0, time.perf_counter(), time.process_time()
        for uri, text in texts:
            document = library.begin_document(source.id, Item(uri, uri, len(text), "", "1"))
            count += library.write_document(document.id, Extracted(text), uri).passages
        seconds, processor = time.perf_counter() - began, time.process_time() - busy
        database.close()
        return count, seconds, processor, (Path(folder) / "bench.db").stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    files = sorted(file for file in asked.folder.rglob("*") if file.suffix in (".md", ".txt"))
    texts = [
        (str(file.relative_to(asked.folder)), file.read_text(encoding="utf-8", errors="replace")) for file in files
    ]
    runs = [run(texts) for _ in range(asked.runs)]
    passages, size = runs[0][0], runs[0][3]
    characters = sum(len(text) for _, text in texts)
    print(
        f"{len(texts)} files, {passages} passages, {characters / 1e6:.1f} million characters, file of {size / 1e6:.1f} MB"
    )
    print(f"median of {asked.runs}: {statistics.median(passages / run[1] for run in runs):.0f} passages/s on the clock")
    print(
        f"median of {asked.runs}: {statistics.median(passages / run[2] for run in runs):.0f} passages/s of processor time"
    )
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
