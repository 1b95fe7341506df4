"""A word that stands nowhere in the library is taken for the nearest one that does: « calendreir » for « calendrier ».

The index is the dictionary: no list of words, every name of the house is known. Only a word without any passage is touched, so
a right question never changes. One slip (Damerau, 1964, CACM 7(3): four errors in five): all spellings one slip away are looked
up; for long words two slips, among those that begin alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from hameau.library.analysis import EXACT, fold, query_terms
from hameau.storage import Queries, Session

_QUERIES = Queries(Path(__file__).with_name("spelling.sql"))
_WORD = re.compile(r"[^\W\d_]{4,32}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = 7
"""Letters from which two slips are looked for."""
_BEGINNING = 3
_MOST = 3
"""Words that are corrected in one question: more of them are another language, or no words."""
Counts = Callable[[Sequence[str]], Mapping[str, int]]


def corrected(session: Session, text: str, languages: Sequence[str], counts: Counts) -> tuple[str, dict[str, str]]:
    """``text`` with its unknown words replaced, and what was replaced by what.

    ``counts`` says in how many passages terms stand.
    """
    words = {found[0]: fold(found[0]) for found in _WORD.finditer(text)}
    stems = {word: query_terms(word, languages) for word in words}
    known = counts(
        [*(EXACT + folded for folded in words.values()), *(stem for some in stems.values() for stem in some)]
    )
    unknown = [
        word
        for word, folded in words.items()
        if stems[word] and folded.isascii() and EXACT + folded not in known and not any(s in known for s in stems[word])
    ]
    if len(unknown) > _MOST:
        return text, {}
    taken: dict[str, str] = {}
    for word in unknown:
        if better := nearest(session, words[word]):
            taken[word] = better
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", better, text)
    return text, taken


def nearest(session: Session, word: str) -> str:
    """The commonest word of the index that is one slip from ``word`` (folded), two when it is long; "" when there is none."""
    asked = {"words": json.dumps([EXACT + one for one in slips(word)])}
    found: dict[str, int] = dict(session.tuples(_QUERIES["known_words"], asked))
    if not found and len(word) >= _LONG:
        begin = EXACT + word[:_BEGINNING]
        alike = session.tuples(_QUERIES["words_from"], {"first": begin, "after": begin + "{", "short": len(word) - 1})
        found = {one: count for one, count in alike if distance(one[1:], word, 2) <= 2}
    if not found:
        return ""
    return max(found, key=lambda one: (one[1] == word[0], found[one], one))[1:]


def slips(word: str) -> Iterator[str]:
    """All that is one letter left out, put in, changed, or exchanged with its neighbour away from ``word``."""
    seen = {word}
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        made = [head + letter + tail for letter in _LETTERS]
        if tail:
            made += [head + tail[1:], *(head + letter + tail[1:] for letter in _LETTERS)]
        if len(tail) > 1:
            made.append(head + tail[1] + tail[0] + tail[2:])
        for one in made:
            if one not in seen:
                seen.add(one)
                yield one


def distance(one: str, other: str, most: int) -> int:
    """Slips between two words (optimal string alignment), or more than ``most``."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
