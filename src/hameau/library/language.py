"""Which language a text is in, from its commonest words. Small and certain enough to choose a stemmer; no model, no data file.

Function words tell European languages apart after a sentence or two (Grefenstette, 1995, "Comparing two language identification
schemes"); a script of its own tells the others.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from hameau.library.memory import Memory
from hameau.library.stopwords import QUESTION_FRENCH, STOP_WORDS

SAMPLE = 3_000
"""Characters looked at, from the start and from the middle."""
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
_SCRIPTS = (
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_WORDS = {code: (words | QUESTION_FRENCH if code == "fr" else words) for code, words in STOP_WORDS.items()}
_FOREIGN = re.compile("[\u0370-\u1dff\u2e80-\ud7af]")
"""Any letter of those scripts."""
_SPEAKING = {
    word: " ".join(code for code, words in _WORDS.items() if word in words)
    for word in frozenset().union(*_WORDS.values())
}
_REMEMBERED = 50_000
_FIRST = 900
"""Characters that may be enough."""


def detect(text: str) -> str:
    """The two-letter code (ISO 639-1) of the language of ``text``, or ``""`` when nothing speaks for one.

    Where the beginning leaves no doubt, the rest is not looked at.
    """
    if len(text) > 2 * _FIRST:
        code, certain = _speaks(text[:_FIRST])
        if certain:
            return code
    sample = text[:SAMPLE]
    if len(text) > 4 * SAMPLE:
        middle = len(text) // 2
        sample += " " + text[middle : middle + SAMPLE]
    return _speaks(sample)[0]


def _speaks(sample: str) -> tuple[str, bool]:
    """The language of ``sample``, and whether that is beyond doubt."""
    if not sample.isascii() and _FOREIGN.search(sample):
        letters = len(_LETTER.findall(sample))
        for code, script in _SCRIPTS:
            if letters and len(script.findall(sample)) > letters * 0.3:
                return code, True
    scores = dict.fromkeys(_WORDS, 0.0)
    words = 0
    for voices, times in Counter(map(_VOICES.__getitem__, sample.split())).items():
        count, votes = _counted(voices)
        words += times * count
        for code, weight in votes:
            scores[code] += times * weight
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    enough = scores[best] >= max(1.0, 0.04 * words)
    certain = scores[best] >= max(10.0, 0.2 * words) and scores[best] > 3 * scores[second]
    return best if enough and scores[best] > 1.15 * scores[second] else "", certain


def _listen(piece: str) -> str:
    """How many words stand in a piece of text between two spaces, and which languages each of the common ones speaks for."""
    words = _WORD.findall(piece.lower())
    return ",".join([str(len(words)), *(_SPEAKING[word] for word in words if word in _SPEAKING)])


@lru_cache(maxsize=2_000)
def _counted(voices: str) -> tuple[int, tuple[tuple[str, float], ...]]:
    """The number of words, and the votes: a word of several languages counts less for each."""
    count, *spoken = voices.split(",")
    codes = [codes.split() for codes in spoken]
    return int(count), tuple((code, 1 / len(several)) for several in codes for code in several)


_VOICES = Memory(_listen, _REMEMBERED)
