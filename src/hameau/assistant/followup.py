"""Follow-up questions made whole. « et pour les non-adhérents ? » is searched together with the question before it.

No model is asked: on two cores a rewriting costs seconds, and a wrong one costs the answer. A question leans on the
one before when it is short and begins like a continuation, or speaks of something only by a pronoun.
"""

from __future__ import annotations

import re

from hameau.library import terms

_CONTINUES = re.compile(
    r"^\W*(?:et|mais|ou|donc|alors|sinon|aussi|pareil|même (?:question|chose)|and|but|or|what about|how about|also|then|same)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:il|elle|ils|elles|lui|leur|leurs|celui-ci|celle-ci|ceux-ci|celles-ci|ceci|cela|ça|son|sa|ses|"
    r"he|she|it|they|him|her|them|his|its|their|this|that|these|those)\b|(?<=-)(?:il|elle|ils|elles|t-il|t-elle)\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"^\W*(?:et|mais|and|but)\s+(?:où|qui|quand|where|who|when)\s+(?:est|sont|était|étaient|is|are|was|were)\b",
    re.IGNORECASE,
)
"""« Et où est la clé du four ? » only sounds like a continuation, when it names two things or more of its own."""
_NOBODY = re.compile(
    r"\b(?:faut-il|fallait-il|faudra-t-il|y a-t-il|y avait-il|y aura-t-il|s['’]agit-il|suffit-il|pleut-il|"
    r"est-il (?:possible|permis|interdit|obligatoire|nécessaire|prévu|utile|autorisé)|il (?:faut|y a|s['’]agit|est)|"
    r"is it (?:possible|allowed|forbidden|necessary|true)|(?:is|are|was|were) there)\b",
    re.IGNORECASE,
)
"""Pronouns that stand for nothing."""
_NAMED = re.compile(
    r"\b(?:(?:le|la|les|un|une|des|du|au|aux|ce|cet|cette|ces|mon|ma|mes|notre|nos|votre|vos|chaque)\s|l['’])"
    r"\s*[^\s,;:]+\s(?:[^,;:]*\s)?[^\s,;:]+-(?:t-)?(?:ils?|elles?)\b",
    re.IGNORECASE,
)
"""« Quand le lavoir a-t-il été rénové ? »: the pronoun repeats the subject, which stands before it."""
_OWN_NAME = re.compile(r"(?<=\s)[A-ZÀ-Ý][\w-]{2,}")
_SHORT_TERMS = 3


def leans_on(question: str) -> bool:
    """Whether ``question`` can only be understood with the one before it."""
    own = len(set(terms(question)))
    if _CONTINUES.search(question):
        whole = own > 1 and _WHOLE.search(question) and not _points(question)
        return own <= 2 * _SHORT_TERMS and not whole
    if _OWN_NAME.search(question):
        return False
    return own == 0 or (own <= 2 * _SHORT_TERMS and _points(question)) or own <= 1


def _points(question: str) -> bool:
    """Whether ``question`` speaks of something only by a pronoun."""
    return bool(_POINTS.search(_NAMED.sub(" ", _NOBODY.sub(" ", question))))


def make_whole(question: str, earlier: list[str]) -> str:
    """What to search for: ``question``, with the nearest earlier question that stands alone, and those between, before it."""
    if not earlier or not leans_on(question):
        return question
    parts = [question]
    for before in reversed(earlier):
        parts.append(before)
        if not leans_on(before):
            break
    return " ".join(reversed(parts))
