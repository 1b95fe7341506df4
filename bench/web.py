"""How well pages of the web answer: what is found on three pages, and whether the judge knows when none of them answers.

    python bench/web.py FOLDER [--questions N]

FOLDER holds ``corpus.jsonl`` {id, title, text}, ``queries_full.jsonl`` {id, text, self_contained} and ``qrels_full.tsv``. The
paragraphs of one title are one page. Each question is asked of the page that answers it beside two others that share most
words with it, and of three such others alone, as a search engine would give them. Prints how often the right paragraph
holds the first sentence that is quoted, how often the judge lets an answer through, and the time from the pages to the
evidence.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from hameau.assistant.commands import Measure, Measured, OpenPages, Step, Weigh
from hameau.assistant.evidence import rank_quotes
from hameau.assistant.judging import DOUBTFUL
from hameau.assistant.outside import FromOutside, ask_outside
from hameau.assistant.turn import confidence_in
from hameau.assistant.types import Question, WebUsed
from hameau.hub import Hub, read_settings
from hameau.library import SearchResults, terms
from hameau.websearch import Hit, WebPage


class Articles:
    """Pages made of the paragraphs of one title, and how telling each term is among them."""

    def __init__(self, folder: Path) -> None:
        rows = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
        texts: dict[str, list[str]] = defaultdict(list)
        self.paragraphs = {row["id"]: row for row in rows}
        for row in rows:
            texts[row["title"]].append(row["text"])
        self.pages = {
            title: WebPage(f"https://{n}.example/", title, "\n\n".join(t)) for n, (title, t) in enumerate(texts.items())
        }
        self.words = {title: Counter(terms(page.text)) for title, page in self.pages.items()}
        held = Counter(word for words in self.words.values() for word in words)
        self.idf = {word: math.log(1 + len(self.pages) / count) for word, count in held.items()}

    def near(self, question: str, but: str, most: int) -> list[WebPage]:
        """The pages that share most with ``question``, without that of ``but``."""
        asked = set(terms(question))
        shared = {
            t: sum(self.idf.get(w, 0) * min(words[w], 3) for w in asked) for t, words in self.words.items() if t != but
        }
        return [self.pages[title] for title in sorted(shared, key=lambda t: -shared[t])[:most]]

    def weights(self, wanted: Sequence[str]) -> Mapping[str, float]:
        """How telling each term is."""
        most = math.log(1 + len(self.pages) * 2)
        return {word: self.idf.get(word, most) for word in wanted}


def asked(question: str, pages: Sequence[WebPage], articles: Articles, hub: Hub) -> FromOutside:
    """What the assistant makes of these pages."""
    hits = tuple(Hit(page.title, page.url, "", ()) for page in pages)
    steps = ask_outside(Question(question, web_query=question), question, "fr")
    reply: Step = WebUsed(question, "searx.example", hits)
    next(steps)
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as end:
            found: FromOutside = end.value
            return found
        reply = None
        if isinstance(step, OpenPages):
            reply = tuple(pages)
        elif isinstance(step, Weigh):
            reply = articles.weights(step.terms)
        elif isinstance(step, Measure):
            embedder = hub.models.embedder()
            near = embedder.embed_passages(step.texts) @ embedder.embed_queries([step.question]).T
            reply = Measured(tuple(map(float, near.ravel())), embedder.id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    wanted = parser.parse_args()
    articles = Articles(wanted.folder)
    gold = dict(
        line.split("\t")[:2] for line in (wanted.folder / "qrels_full.tsv").read_text(encoding="utf-8").splitlines()[1:]
    )
    rows = (json.loads(line) for line in (wanted.folder / "queries_full.jsonl").open(encoding="utf-8"))
    questions = [row for row in rows if row.get("self_contained") and row["id"] in gold][: wanted.questions]
    hub = Hub(read_settings())
    right = first = passed = fooled = 0
    took = []
    try:
        for row in questions:
            question, paragraph = row["text"], articles.paragraphs[gold[row["id"]]]
            others = articles.near(question, paragraph["title"], 3)
            began = time.perf_counter()
            there = asked(question, [others[0], articles.pages[paragraph["title"]], others[1]], articles, hub)
            took.append(time.perf_counter() - began)
            quotes = rank_quotes(question, there.results, there.weights or {})
            first += bool(quotes) and quotes[0].text[:60] in paragraph["text"]
            right += any(one.text[:60].strip() in paragraph["text"] for one in there.results[:3])
            passed += judged(question, there) >= DOUBTFUL
            fooled += judged(question, asked(question, others, articles, hub)) >= DOUBTFUL
    finally:
        hub.close()
    count = len(questions)
    print(f"questions {count}")
    print(f"right paragraph in the first three passages {right / count:.1%}, holds the first quote {first / count:.1%}")
    print(f"let through with the page {passed / count:.1%}, without it {fooled / count:.1%}")
    print(
        f"pages to evidence p50 {statistics.median(took) * 1000:.0f} ms, p95 {statistics.quantiles(took, n=20)[-1] * 1000:.0f} ms"
    )


def judged(question: str, found: FromOutside) -> float:
    """The judge's probability."""
    weights = found.weights or {}
    quotes = rank_quotes(question, found.results, weights)
    return confidence_in(question, SearchResults(question, 0.0, found.results, found.embedder), quotes, weights)


if __name__ == "__main__":
    main()
