"""The text part of indexing against SQLite FTS5 fed the same texts from memory, and against Recoll reading the same files.

    python bench/indexing_text.py FOLDER [--runs 3] [--recoll] [--batch 64]

Every .md and .txt file under FOLDER. Three ways to a searchable text, in turn, in one run:

* bare: one FTS5 table as SQLite makes it (it keeps the text), one transaction for all;
* memory: what Hameau does of a text it has: passages, language, terms, title, index, ``--batch`` documents a transaction;
* files: the whole of ``hameau sync``: listing, opening, hashing, decoding, and all of the above;

and with ``--recoll``, ``recollindex`` on the same folder, new configuration each time. The least time of each counts: other
work on the machine only adds to it. Ratios are what tells; rates are this machine's.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw
from common import machine

from hameau.hub import Hub, read_settings
from hameau.library import Extracted, Item, Library
from hameau.library.preparing import prepare
from hameau.storage import Database

Text = tuple[str, str]
BEGUN_AT_ONCE = 500


@contextmanager
def seconds(kept: list[float]) -> Iterator[None]:
    """Puts on the list how long the block took."""
    began = time.perf_counter()
    yield
    kept.append(time.perf_counter() - began)


def bare(texts: Sequence[Text], place: Path, kept: list[float]) -> None:
    """SQLite's own full-text index, with the journal and the safety that the library has."""
    connection = apsw.Connection(str(place / "bare.db"))
    for _ in connection.execute("pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -8000"):
        pass
    connection.execute("create virtual table found using fts5 (title, body)")
    with seconds(kept):
        connection.execute("begin")
        connection.executemany("insert into found (title, body) values (?, ?)", texts)
        connection.execute("commit")
    connection.close()


def from_memory(texts: Sequence[Text], place: Path, kept: list[float], batch: int) -> int:
    """The library's own work on texts it is handed; how many passages there are."""
    database = Database(place / "memory.db")
    library = Library(database)
    source = library.add_source("bench", "memory")
    with seconds(kept):
        for first in range(0, len(texts), BEGUN_AT_ONCE):
            part = texts[first : first + BEGUN_AT_ONCE]
            begun = library.begin_documents(source.id, [Item(uri, uri, len(text), "", "1") for uri, text in part])
            for at in range(0, len(part), batch):
                pairs = zip(begun[at : at + batch], part[at : at + batch], strict=True)
                library.write_documents([prepare(one, Extracted(text), one.uri) for one, (_, text) in pairs])
    passages = library.status().passages
    database.close()
    return passages


def from_files(folder: Path, place: Path, kept: list[float]) -> tuple[int, int]:
    """Everything that happens when a folder is added; documents and passages."""
    hub = Hub(read_settings({"home": str(place / "home")}))
    hub.add_source("folder", str(folder))
    with seconds(kept):
        hub.indexer.run_until_idle(vectors=False)
    status = hub.library.status()
    hub.close()
    return status.documents, status.passages


def recoll(folder: Path, place: Path, kept: list[float]) -> None:
    """Recoll's indexer on ``folder``, with an index and settings of its own."""
    settings = place / "recoll"
    settings.mkdir()
    (settings / "recoll.conf").write_text(f"topdirs = {folder.resolve()}\nidxflushmb = 50\n")
    with seconds(kept):
        subprocess.run(["recollindex", "-c", str(settings), "-z"], check=True, capture_output=True)


def rounds(runs: int, ways: Sequence[Callable[[Path, list[float]], object]]) -> list[float]:
    """The least time of each way, the ways in turn."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(runs):
        for way, kept in zip(ways, taken, strict=True):
            place = Path(tempfile.mkdtemp(prefix="hameau-bench-"))
            try:
                way(place, kept)
            finally:
                shutil.rmtree(place)
    return [min(kept) for kept in taken]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--recoll", action="store_true")
    parser.add_argument("--batch", type=int, default=64)
    asked = parser.parse_args()
    files = sorted(file for file in asked.folder.rglob("*") if file.suffix in (".md", ".txt"))
    texts = [
        (str(file.relative_to(asked.folder)), file.read_text(encoding="utf-8", errors="replace")) for file in files
    ]
    size = sum(len(text.encode()) for _, text in texts) / 1e6
    counts: list[int] = []
    ways: dict[str, Callable[[Path, list[float]], object]] = {
        "bare FTS5": lambda place, kept: bare(texts, place, kept),
        "from memory": lambda place, kept: counts.append(from_memory(texts, place, kept, asked.batch)),
        "from files": lambda place, kept: from_files(asked.folder, place, kept),
    }
    if asked.recoll:
        ways["Recoll"] = lambda place, kept: recoll(asked.folder, place, kept)
    best = dict(zip(ways, rounds(asked.runs, list(ways.values())), strict=True))
    print(machine())
    print(f"{len(texts)} documents, {counts[0]} passages, {size:.1f} MB; least of {asked.runs}")
    for name, took in best.items():
        print(f"{name:12} {took:7.2f} s {size / took:7.1f} MB/s {len(texts) / took:8.0f} documents/s")
    print(f"memory / bare FTS5: {best['from memory'] / best['bare FTS5']:.2f} times the time")
    if "Recoll" in best:
        print(f"Recoll / files: {best['Recoll'] / best['from files']:.1f} times faster than Recoll")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
