"""Encyclopedias: from question to evidence over a ZIM archive, and what asking one does to the library's own search.

    python bench/zim.py FOLDER                     an archive of 100,000 entries that holds FOLDER's articles: time from question
                                                   to evidence, nothing of it embedded before; kiwix-serve's own search beside it
    python bench/zim.py FOLDER --quality           FOLDER as an archive alone, as a library alone, and as a library with an
                                                   archive of other articles beside it
    python bench/zim.py FOLDER --entries 20000     a smaller archive;  --keep FILE.zim  keeps it for the next time

FOLDER holds ``corpus.jsonl`` {id, title, text}, ``queries.jsonl`` {id, text, self_contained} and ``qrels.tsv``.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from common import machine, median, percentile
from libzim.writer import Creator, Hint, Item, StringProvider
from numpy.typing import NDArray
from retrieval import embed, fill_with_rows, judged, measures, overlaps, rows, words

from hameau.library import Archives, Library, Source, fold
from hameau.models import physical_cores
from hameau.models.engines.embedders import embedder as loaded
from hameau.storage import Database

QUESTIONS = 200


class Page(Item):  # type: ignore[misc]
    """An article as the scrapers of wikis write it: apostrophes as they are, sections, links."""

    def __init__(self, path: str, title: str, paragraphs: Sequence[str]) -> None:
        super().__init__()
        self._path, self._title, self._paragraphs = path, title, paragraphs

    def get_path(self) -> str:
        return self._path

    def get_title(self) -> str:
        return self._title

    def get_mimetype(self) -> str:
        return "text/html"

    def get_contentprovider(self) -> StringProvider:
        body = "".join(f"<p>{html.escape(text)}</p>" for text in self._paragraphs)
        title = html.escape(self._title)
        return StringProvider(f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>")

    def get_hints(self) -> dict[Hint, int]:
        return {Hint.FRONT_ARTICLE: 1, Hint.COMPRESS: 1}


def made_up(corpus: list[dict[str, str]], count: int) -> Iterator[tuple[str, list[str]]]:
    """``count`` articles that nobody wrote: the words of the real ones as often as there, in any order, under other names."""
    chance = random.Random(20260501)
    text = " ".join(row["text"] for row in corpus)
    spoken = text.split()
    names = sorted(set(re.findall(r"\b[A-ZÉÈÀ][a-zéèêàïôûç]{3,}\b", text)))
    for number in range(count):
        title = f"{chance.choice(names)} {chance.choice(names)} ({number})"
        yield title, [" ".join(chance.choices(spoken, k=60)) for _ in range(chance.randint(1, 9))]


def write(path: Path, corpus: list[dict[str, str]], more: Iterator[tuple[str, list[str]]]) -> None:
    """The articles of ``corpus`` by their titles, and ``more``, in one archive."""
    articles: dict[str, list[str]] = {}
    for row in corpus:
        articles.setdefault(row["title"], []).append(row["text"])
    with Creator(path).config_indexing(True, "fra") as creator:
        creator.set_mainpath("0")
        for number, (title, texts) in enumerate([*articles.items(), *more]):
            creator.add_item(Page(str(number), title, texts))
        creator.add_metadata("Title", "Banc d'essai")
        creator.add_metadata("Language", "fra")


class Local:
    """The product's own embedder, as it runs in the main process."""

    def __init__(self) -> None:
        self._engine = loaded(physical_cores())
        self.id = self._engine.id

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._engine.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._engine.embed_passages(texts)

    def save(self) -> None: ...


def house(folder: Path, engine: Local, zim: Path | None, corpus: list[dict[str, str]]) -> tuple[Library, Archives]:
    """A library with the rows of ``corpus`` in it and the archive ``zim`` beside it."""
    database = Database(folder / "bench.db")

    def source(source_id: str) -> Source:
        return library.source(source_id)

    archives = Archives(source)
    library = Library(database, lambda: engine, asked=archives)
    if corpus:
        fill_with_rows(database, corpus)
        embed(database, engine)  # type: ignore[arg-type]
    if zim is not None:
        library.add_source("zim", str(zim))
    return library, archives


def found(
    library: Library, queries: list[dict[str, str]], gold: dict[str, set[str]], corpus: list[dict[str, str]]
) -> dict[str, list[int]]:
    """Ranks of the results that share at least half of the shorter one's words with a gold passage."""
    texts = {row["id"]: words(row["text"]) for row in corpus}
    ranks: dict[str, list[int]] = {}
    for query in queries:
        seen = [words(result.text) for result in library.search(query["text"], limit=20).results]
        firsts = [
            next((r for r, text in enumerate(seen) if overlaps(text, texts[one])), None) for one in gold[query["id"]]
        ]
        ranks[query["id"]] = sorted(rank for rank in firsts if rank is not None)
    return ranks


def quality(folder: Path, engine: Local, work: Path) -> None:
    """Whether an archive answers, and whether it gets in the library's way."""
    corpus, queries = rows(folder / "corpus.jsonl"), rows(folder / "queries.jsonl")
    gold = judged(folder / "qrels.tsv")
    own, other = work / "own.zim", work / "other.zim"
    write(own, corpus, iter(()))
    write(other, [], made_up(corpus, 20_000))
    for label, zim, kept in (
        ("library alone", None, corpus), ("archive alone", own, []), ("library, other archive", other, corpus),
        ("library, same archive", own, corpus),
    ):  # fmt: skip
        place = work / label.replace(" ", "-").replace(",", "")
        place.mkdir()
        library, archives = house(place, engine, zim, kept)
        figures = measures(found(library, queries, gold, corpus), gold, [query["id"] for query in queries])
        said = "  ".join(f"{name} {value:5.1f}" for name, value in figures.items() if name != "R@100")
        print(f"{label:24} {said}", flush=True)
        archives.close()


def waits(folder: Path, engine: Local, zim: Path) -> None:
    """From question to evidence, each question once, nothing of it met before."""
    queries = [query["text"] for query in rows(folder / "queries.jsonl")][:QUESTIONS]
    with tempfile.TemporaryDirectory() as place:
        library, archives = house(Path(place), engine, zim, [])
        library.warm()
        library.search("bonjour")
        taken = []
        for query in queries:
            began = time.perf_counter()
            library.search(query)
            taken.append((time.perf_counter() - began) * 1000)
        archives.close()
    print(
        f"question to evidence: median {median(taken):.0f} ms, p95 {percentile(taken, 0.95):.0f} ms, longest {max(taken):.0f} ms"
    )


def beside(folder: Path, zim: Path) -> None:
    """kiwix-serve's own search over the same archive: its time, and how often the article that answers is among its first 10.

    It is given the question without accents: version 3.3 does not find accented words.
    """
    program = shutil.which("kiwix-serve")
    if program is None:
        print("kiwix-serve is not here")
        return
    queries, gold = rows(folder / "queries.jsonl")[:QUESTIONS], judged(folder / "qrels.tsv")
    titles = {row["id"]: row["title"] for row in rows(folder / "corpus.jsonl")}
    server = subprocess.Popen([program, "-i", "127.0.0.1", "-p", "8491", str(zim)], stdout=subprocess.DEVNULL)
    try:
        time.sleep(2)
        taken, right = [], 0
        for query in queries:
            asked = urllib.parse.urlencode(
                {"pattern": fold(query["text"]), "books.name": zim.stem, "pageLength": 10, "format": "xml"}
            )
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:8491/search?{asked}", timeout=30) as reply:
                    said = html.unescape(reply.read().decode())
            except OSError:
                said = ""
            taken.append((time.perf_counter() - began) * 1000)
            right += any(f"<title>{titles[one]}</title>" in said for one in gold[query["id"]])
    finally:
        server.terminate()
        server.wait()
    print(
        f"kiwix-serve: median {median(taken):.0f} ms, p95 {percentile(taken, 0.95):.0f} ms; "
        f"the right article among the first 10 for {100 * right / len(queries):.0f} %"
    )


def right_articles(folder: Path, engine: Local, zim: Path) -> None:
    """How often the article that answers is among the first 10 results of ours."""
    queries, gold = rows(folder / "queries.jsonl")[:QUESTIONS], judged(folder / "qrels.tsv")
    titles = {row["id"]: row["title"] for row in rows(folder / "corpus.jsonl")}
    with tempfile.TemporaryDirectory() as place:
        library, archives = house(Path(place), engine, zim, [])
        right = 0
        for query in queries:
            seen = {result.title for result in library.search(query["text"], limit=10).results}
            right += any(titles[one] in seen for one in gold[query["id"]])
        archives.close()
    print(f"ours: the right article among the first 10 for {100 * right / len(queries):.0f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="where the archive is kept, and found the next time")
    asked = parser.parse_args()
    print(machine())
    engine = Local()
    with tempfile.TemporaryDirectory(prefix="hameau-bench-") as work:
        if asked.quality:
            quality(asked.folder, engine, Path(work))
            return
        zim = asked.keep or Path(work) / "bench.zim"
        if not zim.exists():
            corpus = rows(asked.folder / "corpus.jsonl")
            began = time.perf_counter()
            write(zim, corpus, made_up(corpus, asked.entries - len({row["title"] for row in corpus})))
            print(
                f"{asked.entries} entries written in {time.perf_counter() - began:.0f} s, {zim.stat().st_size >> 20} MiB"
            )
        waits(asked.folder, engine, zim)
        right_articles(asked.folder, engine, zim)
        beside(asked.folder, zim)


if __name__ == "__main__":
    main()
