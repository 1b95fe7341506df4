"""A large library: how fast words and meaning are searched, how much memory that takes, and what the shortcuts lose.

    python bench/scale.py fill DATABASE BANK [--passages 1000000] [--vectors FILE]
    python bench/scale.py measure DATABASE QUESTIONS [--questions 200] [--exact 100]

BANK is a JSONL file of documents {uri, title, text or pieces: [[headings, text]…]}; FILE holds half-precision rows (as many
numbers as the embedder's dimensions), given to the passages in order: real vectors of passages, made beforehand. QUESTIONS is a
JSONL file {text}. ``measure`` changes nothing but what an older file lacks. Everything is the product's own code and the
embedding of each question is included.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
from common import machine, median, percentile
from numpy.typing import NDArray

from hameau.library import HOME, WEIGHTS, Extracted, Filter, Item, Library
from hameau.library.analysis import lookups
from hameau.library.blocks import unpacked
from hameau.library.passages import Piece
from hameau.library.preparing import prepare
from hameau.library.scope import EVERYTHING, Scopes
from hameau.library.textindex import Budget, TextIndex
from hameau.library.types import Locator
from hameau.library.vectors import VectorIndex
from hameau.models import Vectors, physical_cores
from hameau.models.engines import ENGINES
from hameau.storage import Database

TOGETHER = 200
"""Documents written in one transaction."""
LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
FILTERS = {
    "mails and web pages": Filter(kinds=frozenset({"mail", "page"})),
    "in German": Filter(languages=frozenset({"de"})),
    "of one year": Filter(since="2020-01-01", until="2021-01-01"),
    "of one month": Filter(since="2020-03-01", until="2020-04-01"),
}


class OwnEmbedder:
    """The product's embedder under the name that the vectors of the file have; keeps how long each question took (ms)."""

    def __init__(self, identity: str | None = None) -> None:
        self._engine = ENGINES.embedder(physical_cores())
        self.id = identity or self._engine.id
        self.took: list[float] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        began = time.perf_counter()
        vectors = self._engine.embed_queries(texts)
        self.took.append(1000 * (time.perf_counter() - began))
        return vectors


def lines(path: Path) -> Iterator[dict[str, object]]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def fill(asked: argparse.Namespace) -> None:
    """Write documents until there are enough passages, then their vectors."""
    database = Database(asked.database)
    library = Library(database)
    source = library.add_source("folder", str(asked.bank)).id
    written, began = 0, time.perf_counter()
    bank = lines(asked.bank)
    while written < asked.passages and (some := list(itertools.islice(bank, TOGETHER))):
        items = [Item(f"{at}/{row['uri']}", str(row["title"]), 0, "", "") for at, row in enumerate(some, written)]
        prepared = []
        for document, row in zip(library.begin_documents(source, items), some, strict=True):
            pieces = _pieces(row)
            text = "".join(piece.text for piece in pieces) if pieces else str(row["text"])
            prepared.append(prepare(document, Extracted(text, title=str(row["title"])), pieces=pieces))
        written += sum(document.passages for document in library.write_documents(prepared))
    print(f"{written} passages written in {time.perf_counter() - began:.0f} s")
    if asked.vectors:
        _fill_vectors(database, library, asked.vectors)
    database.close()


def _pieces(row: dict[str, object]) -> list[Piece] | None:
    found: list[Piece] = []
    at = 0
    for headings, text in row.get("pieces", ()):  # type: ignore[attr-defined]
        found.append(Piece(text, Locator(at, at + len(text), None, tuple(headings))))
        at += len(text)
    return found or None


def _fill_vectors(database: Database, library: Library, path: Path) -> None:
    identity = ENGINES.embedder(physical_cores()).id
    rows = np.memmap(path, np.float16, "r").reshape(-1, 384)
    with database.read() as session:
        ids = [row[0] for row in session.tuples("select id from passages order by id")]
    began = time.perf_counter()
    for first in range(0, min(len(ids), len(rows)), 4096):
        some = np.asarray(rows[first : first + len(ids[first : first + 4096])], np.float32)
        library.write_vectors(identity, ids[first : first + len(some)], some)
    print(f"{min(len(ids), len(rows))} vectors written in {time.perf_counter() - began:.0f} s")


def timed(label: str, texts: Sequence[str], ask: Callable[[str], object]) -> None:
    """Ask each text once; print how long that took, and how much computing (of all cores) it was."""
    took: list[float] = []
    computed: list[float] = []
    for text in texts:
        began, computing = time.perf_counter(), time.process_time()
        ask(text)
        took.append(1000 * (time.perf_counter() - began))
        computed.append(1000 * (time.process_time() - computing))
    said(label, took)
    said("    computing", computed)


def said(label: str, took: Sequence[float]) -> None:
    """One line of the table."""
    print(
        f"{label:44} median {median(took):6.1f} ms   p95 {percentile(took, 0.95):6.1f} ms   worst {max(took):6.1f} ms",
        flush=True,
    )


def resident() -> float:
    """Megabytes of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6


def measure(asked: argparse.Namespace) -> None:
    """Print everything that is asked of a large library."""
    print(machine())
    database = Database(asked.database)
    with database.read() as session:
        name, vectors = session.tuples("select id, vectors from embedders order by vectors desc limit 1")[0]
        passages = session.value("select count(*) from passages")
    texts = [str(row["text"]) for row in itertools.islice(lines(asked.questions), asked.count)]
    embedder = OwnEmbedder(name)
    library = Library(database, lambda: embedder)
    before = resident()
    began = time.perf_counter()
    first = library.search(texts[0])
    print(
        f"{passages} passages, {vectors} vectors; first search {first.took_ms:.0f} ms (by words: {not first.embedder})"
    )
    library.warm()
    print(
        f"all vectors loaded {1000 * (time.perf_counter() - began):.0f} ms after the start; {before:.0f} MB before",
        end="",
    )
    print(f", {resident():.0f} MB after", flush=True)
    for text in texts[-20:]:
        library.search(text)  # the pages of the file that any search needs
    embedder.took.clear()
    timed("search, all of it", texts, lambda text: library.search(text, limit=20))
    said("  of which the embedding of the question", embedder.took)
    print(f"resident memory: {resident():.0f} MB", flush=True)
    for label, only in FILTERS.items():
        scope = Scopes(database).of(HOME, only)
        label = f"  {label} ({scope.passages} passages)"
        timed(label, texts[:40], lambda text, only=only: library.search(text, limit=20, only=only))  # type: ignore[misc]
    _halves(database, name, embedder, texts)
    if asked.exact:
        _lost(database, name, embedder, texts[: asked.exact])
    database.close()


def _halves(database: Database, name: str, embedder: OwnEmbedder, texts: Sequence[str]) -> None:
    """Words and meaning apart."""
    text_index, index = TextIndex(WEIGHTS), VectorIndex(database, name)
    index.load()
    vectors = dict(zip(texts, (embedder.embed_queries([text])[0] for text in texts), strict=True))
    with database.read() as session:
        timed(
            "words alone", texts, lambda text: text_index.candidates(session, lookups(text, LANGUAGES), EVERYTHING, 200)
        )
    timed("meaning alone", texts, lambda text: index.nearest(vectors[text], 200, EVERYTHING))


def _lost(database: Database, name: str, embedder: OwnEmbedder, texts: Sequence[str]) -> None:
    """How much of what an exhaustive search finds is found: words, then meaning."""
    planned, whole = TextIndex(WEIGHTS), TextIndex(WEIGHTS, Budget(10**12, 10**12, 10**12))
    same = {10: 0.0, 50: 0.0, 200: 0.0}
    with database.read() as session:
        for text in texts:
            words = lookups(text, LANGUAGES)
            found = [list(half.candidates(session, words, EVERYTHING, 200)) for half in (planned, whole)]
            for depth in same:
                one, all_of_them = set(found[0][:depth]), set(found[1][:depth])
                same[depth] += len(one & all_of_them) / max(1, len(all_of_them)) / len(texts)
    print("words: of the exhaustive ranking's best, found " + ", ".join(f"{s:.4f} of {k}" for k, s in same.items()))
    index = VectorIndex(database, name)
    index.load()
    asked = np.stack([embedder.embed_queries([text])[0] for text in texts]).astype(np.float32)
    exact = _exhaustive(database, name, asked, 200)
    for depth in (10, 50, 200):
        found = [list(index.nearest(vector, depth, EVERYTHING)) for vector in asked]
        shares = [len(set(best[:depth]) & set(got)) / depth for best, got in zip(exact, found, strict=True)]
        print(f"meaning: recall@{depth} against an exact comparison with every vector: {sum(shares) / len(shares):.4f}")


def _exhaustive(database: Database, name: str, asked: NDArray[np.float32], depth: int) -> list[list[int]]:
    """The ``depth`` nearest of every question among all rows of the file, in full precision."""
    ids: NDArray[np.int64] = np.empty((len(asked), 0), np.int64)
    scores: NDArray[np.float32] = np.empty((len(asked), 0), np.float32)
    with database.read() as session:
        last = session.value("select max(rowid) from vectors")
        for first in range(0, last + 1, 20_000):
            rows = session.tuples(
                "select passage_id, vector from vectors where rowid between ? and ?"
                " and embedder = (select number from embedders where id = ?)",
                (first, first + 19_999, name),
            )
            if rows:
                some, vectors = unpacked(rows)
                ids = np.hstack((ids, np.broadcast_to(some, (len(asked), len(some)))))
                scores = np.hstack((scores, asked @ vectors.T))
                best = np.argsort(-scores, axis=1)[:, :depth]
                ids, scores = np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
    found: list[list[int]] = ids.tolist()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    filling = commands.add_parser("fill")
    filling.add_argument("database", type=Path)
    filling.add_argument("bank", type=Path)
    filling.add_argument("--passages", type=int, default=1_000_000)
    filling.add_argument("--vectors", type=Path)
    filling.set_defaults(work=fill)
    measuring = commands.add_parser("measure")
    measuring.add_argument("database", type=Path)
    measuring.add_argument("questions", type=Path)
    measuring.add_argument("--questions", type=int, default=200, dest="count")
    measuring.add_argument("--exact", type=int, default=100, help="questions compared with an exhaustive search")
    measuring.set_defaults(work=measure)
    asked = parser.parse_args()
    asked.work(asked)


if __name__ == "__main__":
    main()
