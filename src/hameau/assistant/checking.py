"""Does a sentence rest on its sources? Pure functions; docs/answers.md says in plain words what is checked and what is not.

A sentence of a model is *supported* when, against the quotes that it cites and their titles:

- every number and date in it stands there too (« deux cents » and 200, 14 juillet and 14/07 count as one),
- every proper name in it stands there or in the question,
- at least half of its telling words (their stems) stand there or in the question.

This catches invented figures, names and dates, which are what a small model gets wrong; it does not prove that the
sentence follows from the quotes (who did what to whom). A quote is checked letter for letter: it must stand in the
document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hameau.kit import N_
from hameau.library import terms

COVERAGE = 0.5
"""The least share of a sentence's telling words that must stand in its sources or in the question."""

_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.]\d{3})+(?!\d)(?:,\d+)?|\d+(?:[.,]\d+)?")
_NAME = re.compile(r"(?<![\w’'-])(?:[ldLD]['’])?([A-ZÀ-ÖØ-Þ][\w-]+(?:[ \u00a0][A-ZÀ-ÖØ-Þ][\w-]+)*)")
_MONTHS = {
    name: str(1 + number)
    for names in (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split())
}
_VALUES = {
    word: value
    for value, words in enumerate(
        [
            "zéro/zero",
            "un/une/one",
            "deux/two",
            "trois/three",
            "quatre/four",
            "cinq/five",
            "six",
            "sept/seven",
            "huit/eight",
            "neuf/nine",
            "dix/ten",
            "onze/eleven",
            "douze/twelve",
            "treize/thirteen",
            "quatorze/fourteen",
            "quinze/fifteen",
            "seize/sixteen",
        ]
    )
    for word in words.split("/")
} | {
    word: value
    for value, words in zip(
        range(20, 70, 10),
        ["vingt/vingts/twenty", "trente/thirty", "quarante/forty", "cinquante/fifty", "soixante/sixty"],
        strict=True,
    )
    for word in words.split("/")
}
_SCALES = {"cent": 100, "cents": 100, "hundred": 100, "mille": 1000, "thousand": 1000}
_QUIET_ONE = frozenset(("un", "une", "one"))
"""Articles as often as numbers: alone they prove nothing, and their absence is no doubt."""
_NO_NAMES = frozenset(
    "madame monsieur mesdames messieurs mademoiselle cordialement bonjour dear sir madam "
    "lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday friday saturday sunday".split()
).union(_MONTHS)
"""Capitals that name nobody."""
_MARKER = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``supported``, and what was missed: a gettext id and its field."""

    supported: bool
    doubt: str = ""
    missing: str = ""


def check_sentence(sentence: str, sources: Sequence[str], question: str = "", *, words: bool = True) -> Verdict:
    """The verdict on ``sentence`` against the texts of its ``sources`` (quotes and titles); the question's words are given."""
    sentence = _MARKER.sub("", sentence)
    if not sources:
        return Verdict(False, N_("No source was found for this sentence."))
    ground = " \n".join((*sources, question))
    if missing := numbers(sentence) - numbers(ground):
        return Verdict(False, N_("“{missing}” does not stand in the sources."), ", ".join(sorted(missing)))
    if missing := names_missing(sentence, ground):
        return Verdict(False, N_("“{missing}” does not stand in the sources."), ", ".join(sorted(missing)))
    if words and cover(sentence, ground) < COVERAGE:
        return Verdict(False, N_("Few of its words stand in the sources."))
    return Verdict(True)


def numbers(text: str) -> set[str]:
    """The values that ``text`` names, each in one spelling: ``1234.5``; months count as numbers, written-out ones too."""
    found = {_plain(match[0]) for match in _NUMBER.finditer(text)}
    words = re.findall(r"[^\W\d_]+", text.lower())
    found.update(_MONTHS[word] for word in words if word in _MONTHS and word != "may")
    run: list[str] = []
    for word in (*words, ""):
        if word in _VALUES or word in _SCALES:
            run.append(word)
        elif word != "et" or not run:
            if run and not _QUIET_ONE.issuperset(run):
                found.add(str(_spelled(run)))
            run = []
    return found


def _spelled(words: Sequence[str]) -> int:
    """The value of a number in letters: « quatre vingt dix », « deux cents », « mille neuf cent trente »."""
    total = part = 0
    for word in words:
        if word in ("mille", "thousand"):
            total, part = total + max(part, 1) * 1000, 0
        elif word in _SCALES:
            part = max(part, 1) * _SCALES[word]
        elif word in ("vingt", "vingts") and part % 100 == 4:  # quatre-vingts
            part += 76
        else:
            part += _VALUES[word]
    return total + part


def names_missing(sentence: str, ground: str) -> set[str]:
    """The proper names of ``sentence`` of which no word stands in ``ground``. A capital at its beginning proves no name."""
    known = frozenset(terms(ground))
    missing: set[str] = set()
    for match in _NAME.finditer(sentence):
        if match.start() == _first_letter(sentence):
            rest = match[1].split()[1:]
            words = terms(" ".join(rest)) if rest else []
        else:
            words = terms(match[1])
        if match[1].lower() in _NO_NAMES:
            continue
        if words and not any(word in known for word in words):
            missing.add(match[1])
    return missing


def cover(sentence: str, ground: str) -> float:
    """The share, 0 to 1, of the telling words of ``sentence`` whose stems stand in ``ground``; 1 when it has none."""
    said = set(terms(sentence))
    return len(said & set(terms(ground))) / len(said) if said else 1.0


def stands_in(quote: str, text: str) -> bool:
    """Whether ``quote`` stands in ``text`` letter for letter."""
    return bool(quote) and quote in text


def _plain(number: str) -> str:
    digits = re.sub(r"[ \u00a0\u202f]", "", number)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", digits):
        digits = digits.replace(".", "")
    digits = digits.replace(",", ".")
    if "." in digits:  # 1 480,00 and 1 480 are one
        digits = digits.rstrip("0").rstrip(".")
    return digits.lstrip("0") or "0"


def _first_letter(text: str) -> int:
    match = re.search(r"[^\W\d_]", text)
    return match.start() if match else 0
