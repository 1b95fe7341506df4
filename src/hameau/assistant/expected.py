"""What kind of thing a question asks for, by its question words: a time, a number, a name, a place. French and English."""

from __future__ import annotations

import re

_MONTHS = (
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    "january|february|march|april|june|july|august|september|october|november|december"
)
_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_NUMBER_WORDS = (
    "deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|cinquante|"
    "soixante|cent|mille|million|milliard|moitié|tiers|quart|aucun|two|three|four|five|seven|eight|nine|ten|hundred|thousand|half"
)
_TIME = re.compile(rf"\b(?:1\d{{3}}|20\d\d|siècle|century|\d{{1,2}}\s?h(?:\d\d)?|{_MONTHS}|{_DAYS})\b", re.IGNORECASE)
_NUMBER = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;:»’'\"(] )[«\"(]?[A-ZÀ-ÖØ-Þ][\w’'-]+|\b[ldLD]['’][A-ZÀ-Ö]\w+")

_ASKED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\b(?:quand|quelle (?:année|date|heure|époque|période)|quel (?:jour|mois|siècle)|à quelle heure|"
            r"when|what (?:year|date|time)|which (?:year|day|month))\b",
            re.IGNORECASE,
        ),
        _TIME,
    ),
    (
        re.compile(
            r"\bcombien\b|\bquel(?:le)?s? (?:est |était |sont )?(?:le |la |l['’])?(?:nombre|pourcentage|distance|prix|tarif|"
            r"taux|montant|hauteur|superficie|population|vitesse|taille|longueur|durée|âge|poids|coût|quantité)|"
            r"\bhow (?:many|much|long|far|old|tall)\b",
            re.IGNORECASE,
        ),
        _NUMBER,
    ),
    (re.compile(r"^\W*(?:à |de |par |avec |pour |chez )?(?:qui|who|whom|whose)\b", re.IGNORECASE), _NAME),
    (
        re.compile(
            r"\b(?:où|dans quel(?:le)?s? (?:pays|ville|région|lieu|commune)|where|in which (?:country|city|town))\b",
            re.IGNORECASE,
        ),
        _NAME,
    ),
)


def fits_expectation(question: str, sentence: str) -> bool:
    """Whether ``sentence`` holds the kind of thing that ``question`` asks for; false when the question names no kind."""
    return any(asks.search(question) and holds.search(sentence) for asks, holds in _ASKED)


def names_a_kind(question: str) -> bool:
    """Whether ``question`` asks for a time, a number, a name or a place."""
    return any(asks.search(question) for asks, _ in _ASKED)
