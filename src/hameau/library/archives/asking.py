"""A question to an archive: which words are looked for together, and which of the articles found are worth reading.

An archive's own index (Xapian) finds the articles that hold *all* the words it is given, so a question is asked several times:
all its words, then all but the least telling, then its most telling ones two and two. Knows no archive and no HTML.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from hameau.library.analysis import query_terms
from hameau.library.archives.types import Named

WORDS = 12
"""Of a question, the most telling ones."""
EACH = 20
"""Articles taken from one query of the index."""
ENOUGH = 60
QUERIES = 30
SECONDS = 0.03
"""Spent in the index for one question, about."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019\u02bc][^\W_]+)*")
_ELIDED = re.compile(r"(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu)['\u2019\u02bc](?=\w)", re.IGNORECASE)
_VOWEL = tuple("aeiouyhàâäéèêëîïôöùûüœæ")
_NAME = re.compile(
    r"(?<![.!?] )(?<!^)[A-ZÀ-ÖØ-Þ][\w-]+(?:(?: (?:de|du|des|la|le|les|d'|von|van|of|the))* [A-ZÀ-ÖØ-Þ][\w-]+)*"
)


class Index(Protocol):
    """What is asked of an archive."""

    def count(self, words: str) -> int: ...
    def holding(self, words: str, most: int) -> list[str]: ...
    def titled(self, words: str, most: int) -> list[Named]: ...
    def title(self, path: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question: as the index is asked for it, what the library makes of it, and how telling it is."""

    asked: str
    stems: tuple[str, ...]
    weight: float
    elided: tuple[str, ...] = ()
    """How else it stands in an index that was made carelessly, where « l'école » is one word."""


def words_of(question: str, language: str) -> list[tuple[str, tuple[str, ...]]]:
    """The words worth asking for, without elisions, stop words and question words; each with its stems."""
    found: dict[str, tuple[str, ...]] = {}
    for token in _WORD.findall(question):
        while elided := _ELIDED.match(token):
            token = token[elided.end() :]
        if stems := tuple(query_terms(token, [language])):
            found.setdefault(token.lower(), stems)
    return list(found.items())


def weighed(question: str, language: str, index: Index, entries: int) -> list[Word]:
    """The words with how telling each is (inverse document frequency), the most telling first; those that stand nowhere
    are last, and weigh most."""
    words = []
    for asked, stems in words_of(question, language)[: 2 * WORDS]:
        held = index.count(asked)
        others = {}
        if asked.startswith(_VOWEL):
            others = {elided: many for elided in (f"l'{asked}", f"d'{asked}") if (many := index.count(elided))}
        held += sum(others.values())
        weight = math.log(1 + (entries - min(held, entries) + 0.5) / (held + 0.5))
        words.append((held == 0, Word(asked, stems, weight, tuple(others))))
    words.sort(key=lambda pair: (pair[0], -pair[1].weight))
    return [word for _, word in words][:WORDS]


def candidates(question: str, words: Sequence[Word], index: Index, known: Callable[[Word], bool]) -> dict[str, float]:
    """Paths of articles, each with how much of the question it must hold, from 0 to 1; the most promising first."""
    told = [word for word in words if known(word)]
    total = sum(word.weight for word in words) or 1.0
    found: dict[str, float] = {}
    until = time.monotonic() + SECONDS
    for asked, together in enumerate(_together(told)):
        if asked >= QUERIES or len(found) >= ENOUGH or (asked and time.monotonic() > until):
            break
        share = sum(word.weight for word in together) / total
        for spelt in _spellings(together):
            for rank, path in enumerate(index.holding(spelt, EACH)):
                found[path] = max(found.get(path, 0.0), share * (1.0 - 0.3 * rank / EACH))
    for path, share in _by_title(question, told, index, total).items():
        found[path] = found.get(path, 0.0) + share
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _together(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Which words are asked for together, the most telling company first."""
    if not words:
        return
    every = tuple(words)
    many = len(every)
    companies = [every[:size] for size in range(2, many)]
    companies += [(*every[:at], *every[at + 1 :]) for at in range(many) if many > 2]
    companies += [*combinations(every[:5], 2), *((word,) for word in every[:3])]
    yield every
    others = [one for one in dict.fromkeys(companies) if one != every]
    yield from sorted(others, key=lambda one: -sum(word.weight for word in one))


def _spellings(words: Sequence[Word]) -> list[str]:
    """The words as one query; and again with each that is written with an elision too."""
    plain = [word.asked for word in words]
    others = [[*plain[:at], elided, *plain[at + 1 :]] for at, word in enumerate(words) for elided in word.elided]
    return [" ".join(one) for one in [plain, *others[:3]]]


def _by_title(question: str, words: Sequence[Word], index: Index, total: float) -> dict[str, float]:
    """Articles that are called what the question names."""
    names = list(dict.fromkeys(_NAME.findall(question)))[:4]
    names += [word.asked for word in words[:3]]
    weights: Mapping[str, float] = {stem: word.weight for word in words for stem in word.stems}
    found: dict[str, float] = {}
    for name in names:
        for named in index.titled(_ELIDED.sub("", name), 8):
            stems = query_terms(named.title, ["fr"]) or query_terms(named.title, [""])
            said = sum(weights.get(stem, 0.0) for stem in stems)
            unsaid = sum(1.0 for stem in stems if stem not in weights)
            if said:
                found[named.path] = max(found.get(named.path, 0.0), 0.6 * said / total / (1.0 + 0.5 * unsaid))
    return found
