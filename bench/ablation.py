"""What each part of the ranking is worth: nDCG@10 and recall@20 with one part left out at a time.

    python bench/ablation.py EVAL [--files] [--vectors CACHE] [--every 14]

EVAL holds the sets ``piaf`` and ``mixte`` (see ``retrieval.py``). Each line shows two groups of questions: those of
``queries.jsonl``, on which nothing was chosen since, and every Nth of the others of PIAF (``piaf/queries_full.jsonl``), on which
the weights of the closer look were chosen, by five folds over articles.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval import CachedEmbedder, embed, fill_with_files, fill_with_rows, judged, measures, ranks, rows

import hameau.library.search as product
from hameau.library import WEIGHTS, Library, Weights
from hameau.library.fusion import Fit
from hameau.storage import Database

SETS = ("piaf", "mixte")
VARIANTS: Mapping[str, Weights] = {
    "all of it": WEIGHTS,
    "no closer look": replace(WEIGHTS, reranked=0),
    "30 looked at": replace(WEIGHTS, reranked=30),
    "100 looked at": replace(WEIGHTS, reranked=100),
    "without coverage": replace(WEIGHTS, covered=0.0),
    "without words as written": replace(WEIGHTS, written=0.0),
    "without names": replace(WEIGHTS, named=0.0),
    "without the title's weight": replace(WEIGHTS, title=0.0),
    "without headings": replace(WEIGHTS, heading=0.0),
}
Questions = list[dict[str, str]]


def reciprocal(text: Mapping[int, float], meaning: Mapping[int, float]) -> dict[int, Fit]:
    """The baseline: reciprocal ranks, k = 60, in place of scores."""
    kept: dict[int, list[float]] = {}
    for side, scores in enumerate((text, meaning)):
        for rank, key in enumerate(sorted(scores, key=lambda one: -scores[one])[:100]):
            kept.setdefault(key, [0.0, 0.0])[side] = 60 / (60 + rank + 1)
    return {key: Fit(*both) for key, both in kept.items()}


@dataclass(frozen=True, slots=True)
class Bench:
    """A filled library, and the groups of questions with what is relevant to each."""

    database: Database
    embedder: CachedEmbedder
    corpus: Questions
    groups: tuple[tuple[Questions, dict[str, set[str]]], ...]
    files: bool

    def line(self, label: str, weights: Weights) -> None:
        """One variant, measured on each group."""
        library = Library(self.database, lambda: self.embedder, weights=weights)
        library.warm()
        shown = []
        for questions, gold in self.groups:
            found = ranks(library, questions, gold, self.corpus, self.files)
            figures = measures(found, gold, [one["id"] for one in questions])
            shown.append(f"{figures['nDCG@10']:5.2f} {figures['R@20']:5.2f}")
        print(f"  {label:28} {'  |  '.join(shown)}", flush=True)


def compare(bench: Bench, only: str) -> None:
    """Each variant whose name begins with ``only``."""
    if "reciprocal ranks".startswith(only):
        fits, product.fits = product.fits, reciprocal
        bench.line("reciprocal ranks", replace(WEIGHTS, reranked=0))
        product.fits = fits
    for label, weights in VARIANTS.items():
        if label.startswith(only):
            bench.line(label, weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--every", type=int, default=14)
    parser.add_argument("--only", default="", help="variants whose names begin so")
    asked = parser.parse_args()
    embedder = CachedEmbedder(asked.vectors)
    chosen = rows(asked.folder / "piaf" / "queries.jsonl")
    texts = {one["text"] for one in chosen}
    others = [one for one in rows(asked.folder / "piaf" / "queries_full.jsonl") if one["text"] not in texts][
        :: asked.every
    ]
    for name in SETS:
        folder = asked.folder / name
        corpus = rows(folder / "corpus.jsonl")
        groups = (
            (chosen, judged(folder / "qrels.tsv")),
            (others, judged(asked.folder / "piaf" / "qrels_full.tsv")),
        )
        with tempfile.TemporaryDirectory() as place:
            database = Database(Path(place) / "bench.db")
            if asked.files:
                fill_with_files(database, folder / "files")
            else:
                fill_with_rows(database, corpus)
            embed(database, embedder)
            kind = " files" if asked.files else ""
            print(f"{name}{kind}: nDCG@10 R@20 of {len(chosen)}  |  of {len(others)} others", flush=True)
            compare(Bench(database, embedder, corpus, groups, asked.files), asked.only)
            database.close()
        embedder.save()


if __name__ == "__main__":
    main()
