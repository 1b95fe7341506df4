"""Was the answer right? By what must stand in it and what must not: no model judges another.

This measures whether a model reads short French passages and keeps to them, which is what it is for here. It says nothing
of how well it writes.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from hameau.models.types import GenerationRequest, Message

Mark = Literal["right", "wrong", "silent", "invented"]
"""``silent``: said that the passages do not say, and they do; ``invented``: answered what they do not say."""

ANSWER_TOKENS = 48
_RULES = (
    "Réponds en français, en une seule phrase courte, uniquement avec les extraits. "
    "Si les extraits ne donnent pas la réponse, écris seulement : Je ne sais pas."
)
_UNKNOWN = re.compile(
    r"\bne (?:sais|sait|savons|peux|peut) pas\b"
    r"|\bn(?:e |')(?:\w+ ){0,2}?(?:dit|disent|precise\w*|mentionne\w*|indique\w*|donne\w*|contien\w*|repond\w*|"
    r"fourni\w*|parle\w*|figure\w*|trouve\w*|specifie\w*)(?: \w+){0,1}? (?:pas|rien|aucun\w*|ni)\b"
    r"|\bn'(?:est|a|y a|ont|sont|etait)(?: \w+)? pas (?:ete )?(?:precise|mentionne|indique|dit|donne|fourni|connu|specifie|d')\w*"
    r"|\baucune? (?:information|mention|precision|indication|reponse|donnee)\b"
    r"|\bimpossible (?:de|a) (?:dire|savoir|repondre|determiner)\b|\bpas d'information\b|\b(?:est|reste) inconnue?\b"
)
"""How « I don't know » is said, without accents and in small letters."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question over ``passages``. Without ``accepts`` they do not answer it."""

    id: str
    passages: tuple[str, ...]
    question: str
    accepts: tuple[str, ...]
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """How often what happened."""

    asked: int
    right: int
    wrong: int
    silent: int
    invented: int


@cache
def questions(language: str = "fr") -> tuple[Question, ...]:
    """All of them."""
    found = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    return tuple(
        Question(
            each["id"],
            tuple(each["passages"]),
            each["question"],
            tuple(each["accepts"]),
            tuple(each.get("refuses", ())),
        )
        for each in found["questions"]
    )


def request_for(question: Question) -> GenerationRequest:
    """What the model is asked. The same model gives the same answer each time."""
    passages = "\n\n".join(f"[{number}] {passage}" for number, passage in enumerate(question.passages, 1))
    asked = f"Extraits :\n\n{passages}\n\nQuestion : {question.question}"
    return GenerationRequest(
        (Message("system", _RULES), Message("user", asked)), max_tokens=ANSWER_TOKENS, temperature=0.0, seed=1
    )


def mark(question: Question, answer: str) -> Mark:
    """The verdict on ``answer``."""
    said = folded(answer)
    unknown = _UNKNOWN.search(said) is not None
    if not question.accepts:
        return "right" if unknown else "invented"
    if _any_in(question.accepts, said) and not _any_in(question.refuses, said):
        return "right"
    return "silent" if unknown else "wrong"


def tally(marks: Sequence[Mark]) -> Score:
    """``marks``, counted."""
    return Score(len(marks), marks.count("right"), marks.count("wrong"), marks.count("silent"), marks.count("invented"))


def folded(text: str) -> str:
    """Small letters without accents, numbers in one spelling (``1 240,50 €`` and ``1240.50 €`` are one)."""
    text = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("’", "'").casefold())
    text = " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).replace("*", "").split())
    text = re.sub(r"(?<=\d) (?=\d)", "", text)
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


def _any_in(forms: Iterable[str], said: str) -> bool:
    return any(re.search(rf"(?<![\w.]){re.escape(folded(form))}(?!\w|\.\d)", said) for form in forms)
