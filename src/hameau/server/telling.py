"""Troubles and doubts told in the reader's language. The house keeps them as texts to translate, with their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hameau.assistant import Answer, Sentence, Turn, told_web
from hameau.kit import say
from hameau.library import Document, Source


def told_document(document: Document, language: str) -> Document:
    """``document`` with its reason and hint in ``language``."""
    reason, hint = _told(document.reason, document.hint, document.fields, language)
    return replace(document, reason=reason, hint=hint, fields={})


def told_source(source: Source, language: str) -> Source:
    """``source`` with its error and hint in ``language``."""
    error, hint = _told(source.error, source.hint, source.fields, language)
    return replace(source, error=error, hint=hint, fields={})


def told_sentence(sentence: Sentence, language: str) -> Sentence:
    """``sentence`` with its doubt in ``language``."""
    if not sentence.doubt:
        return sentence
    return replace(sentence, doubt=say(sentence.doubt, language, {"missing": sentence.missing}))


def told_answer(answer: Answer, language: str) -> Answer:
    """``answer`` with the doubts of its sentences, and the troubles of the web, in ``language``."""
    web = told_web(answer.web, language) if answer.web else None
    return replace(answer, sentences=tuple(told_sentence(one, language) for one in answer.sentences), web=web)


def told_turn(turn: Turn, language: str) -> Turn:
    """``turn`` with the doubts of its answer in ``language``."""
    return replace(turn, answer=told_answer(turn.answer, language))


def _told(
    what: str | None, hint: str | None, fields: Mapping[str, object], language: str
) -> tuple[str | None, str | None]:
    return (say(what, language, fields) if what else None, say(hint, language, fields) if hint else None)
