"""Which language a text is in, from its commonest words. Small and certain enough to choose a stemmer; no model, no data file.

Function words tell European languages apart after a sentence or two (Grefenstette, 1995, "Comparing two language identification
schemes"); a script of its own tells the others.
"""

from __future__ import annotations

import re
from collections import Counter

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
_SPEAKING = {
    word: tuple(code for code, words in _WORDS.items() if word in words)
    for common in _WORDS.values()
    for word in common
}


def detect(text: str) -> str:
    """The two-letter code (ISO 639-1) of the language of ``text``, or ``""`` when nothing speaks for one."""
    sample = text[:SAMPLE]
    if len(text) > 4 * SAMPLE:
        middle = len(text) // 2
        sample += " " + text[middle : middle + SAMPLE]
    if not sample.isascii():
        letters = len(_LETTER.findall(sample))
        for code, script in _SCRIPTS:
            if letters and len(script.findall(sample)) > letters * 0.3:
                return code
    words = _WORD.findall(sample.lower())
    scores = dict.fromkeys(_WORDS, 0.0)
    for word, times in Counter(words).items():
        for code in _SPEAKING.get(word, ()):
            scores[code] += times / len(_SPEAKING[word])  # a word of several languages counts less
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    enough = scores[best] >= max(1.0, 0.04 * len(words))
    return best if enough and scores[best] > 1.15 * scores[second] else ""
