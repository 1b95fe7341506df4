"""Fits the judge of ``hameau.assistant.judging`` on public questions whose answer is taken out of the search results.

    python bench/answerability.py FOLDER --home HOME [--leave-out questions.jsonl] [--questions N]

FOLDER holds ``files/``, ``corpus.jsonl`` {id, title, text}, ``queries_full.jsonl`` {id, text, self_contained} and
``qrels_full.tsv``. Each question that stands alone is judged three times: with all passages found, without those of the
gold document, and without those that hold the gold paragraph. Questions of ``--leave-out`` (the set that measures the
answers) are not used. Prints the coefficients (logistic regression, Newton's method, L2 of 1), and five-fold
cross-validated figures.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.assistant.evidence import rank_quotes
from hameau.assistant.judging import Signs, read_signs
from hameau.hub import Hub, read_settings
from hameau.library import Library, SearchResult, fold, terms

Floats = NDArray[np.float64]
LOOKED_AT = 20
FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--leave-out", type=Path)
    parser.add_argument("--questions", type=int, default=1200)
    asked = parser.parse_args()
    hub = Hub(read_settings({"home": str(asked.home)}))
    try:
        hub.library.add_source("folder", str((asked.folder / "files").resolve()))
        hub.indexer.run_until_idle()
        rows = judged(hub.library, asked.folder, left_out(asked.leave_out), asked.questions)
    finally:
        hub.close()
    report(rows)


def left_out(path: Path | None) -> set[str]:
    """The questions not to learn from."""
    if path is None:
        return set()
    return {json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()}


def judged(library: Library, folder: Path, without: set[str], most: int) -> Floats:
    """A row a judgement: kind (0 answerable, 1 document gone, 2 paragraph gone), number of the question, signs."""
    corpus = {row["id"]: row for row in map(json.loads, (folder / "corpus.jsonl").read_text("utf-8").splitlines())}
    relevant = [line.split("\t") for line in (folder / "qrels_full.tsv").read_text("utf-8").splitlines()[1:]]
    gold = {question: corpus[passage] for question, passage, *_ in relevant if passage in corpus}
    questions = [json.loads(line) for line in (folder / "queries_full.jsonl").read_text("utf-8").splitlines()]
    usable = [q for q in questions if q["self_contained"] and q["id"] in gold and q["text"] not in without]
    random.Random(7).shuffle(usable)
    rows = []
    for number, question in enumerate(usable[:most]):
        text, passage = question["text"], gold[question["id"]]
        found = library.search(text, limit=3 * LOOKED_AT)
        weights = library.term_weights(list(dict.fromkeys(terms(text))))
        document = fold(passage["title"])
        left = {
            0: list(found.results),
            1: [result for result in found.results if fold(result.title) != document],
            2: [result for result in found.results if not overlaps(result.text, passage["text"])],
        }
        for kind, results in left.items():
            rows.append((kind, number, *signs(text, results[:LOOKED_AT], weights, found.embedder)))
    return np.array(rows, float)


def signs(text: str, results: Sequence[SearchResult], weights: dict[str, float], embedder: str) -> tuple[float, ...]:
    """As the assistant reads them."""
    return astuple(read_signs(text, results, rank_quotes(text, results, weights), weights, embedder))


def overlaps(one: str, other: str) -> bool:
    """Whether the texts share at least half of the shorter one's words."""
    first, second = Counter(fold(one).split()), Counter(fold(other).split())
    return 2 * (first & second).total() >= min(first.total(), second.total())


def fit(signs: Floats, answerable: Floats, weight: Floats) -> Floats:
    """The coefficients and, last, the intercept."""
    mean, deviation = signs.mean(0), signs.std(0) + 1e-9
    scaled = np.c_[(signs - mean) / deviation, np.ones(len(signs))]
    found = np.zeros(scaled.shape[1])
    penalty = np.r_[np.ones(len(found) - 1), 0.0]
    for _ in range(50):
        p = 1 / (1 + np.exp(-scaled @ found))
        gradient = scaled.T @ (weight * (p - answerable)) + penalty * found
        hessian = (scaled * (weight * p * (1 - p))[:, None]).T @ scaled + np.diag(penalty + 1e-9)
        found -= np.linalg.solve(hessian, gradient)
    coefficients = found[:-1] / deviation
    return np.r_[coefficients, found[-1] - coefficients @ mean]


def separation(higher: Floats, lower: Floats) -> float:
    """The area under the ROC curve."""
    return float(np.mean([np.mean(one > lower) + 0.5 * np.mean(one == lower) for one in higher]))


def report(rows: Floats) -> None:
    kind, signs = rows[:, 0], rows[:, 2:]
    answerable = (kind == 0).astype(float)
    weight = np.where(kind == 0, 1.0, 0.5)  # as many answerable as not
    fold_of = rows[:, 1].astype(int) % FOLDS
    z = np.zeros(len(rows))
    for held in range(FOLDS):
        here = fold_of == held
        found = fit(signs[~here], answerable[~here], weight[~here])
        z[here] = signs[here] @ found[:-1] + found[-1]
    p = 1 / (1 + np.exp(-z))
    print(f"questions: {int(rows[:, 1].max()) + 1}")
    for name, column in zip((field.name for field in fields(Signs)), signs.T, strict=True):
        print(f"  {name:14s} alone: {separation(column[kind == 0], column[kind > 0]):.3f}")
    areas = [separation(z[kind == 0], z[kind == gone]) for gone in (1, 2)]
    print(f"area: document gone {areas[0]:.3f}, paragraph gone {areas[1]:.3f}")
    for threshold in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5):
        shares = [float(np.mean(p[kind == which] < threshold)) for which in (0, 1, 2)]
        print(
            f"below {threshold}: answerable {shares[0]:.3f}, document gone {shares[1]:.3f}, paragraph gone {shares[2]:.3f}"
        )
    final = fit(signs, answerable, weight)
    print("COEFFICIENTS =", tuple(round(float(value), 3) for value in final[:-1]))
    print("INTERCEPT =", round(float(final[-1]), 3))


if __name__ == "__main__":
    main()
