"""Drafts from a template, with the evidence. Blanks are looked up one by one; a blank without an answer stays a blank.

A blank is written ``{{how much a member pays}}`` or ``[…: how much a member pays]``; what stands in it is asked of
the documents like any question. The words of the template are never touched. Without a blank the template is an
instruction, and the model drafts.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

from hameau.assistant.answering import cite
from hameau.assistant.checking import check_sentence
from hameau.assistant.commands import Clock, Listen, Search, Speak, Step, Turn, Weigh
from hameau.assistant.evidence import Quote, rank_quotes, within_budget
from hameau.assistant.judging import DOUBTFUL
from hameau.assistant.prompts import answer_messages, draft_messages, says_not_found
from hameau.assistant.turn import (
    LOOKED_AT,
    PROMPT_CHARACTERS,
    PROMPT_QUOTES,
    SHOWN,
    Times,
    close,
    confidence_in,
    write_from_evidence,
)
from hameau.assistant.types import Answer, Citation, EvidenceFound, Question, Sentence, SentenceChecked, TokenSaid
from hameau.kit import N_, BadInput, say
from hameau.library import SearchResult, SearchResults, terms
from hameau.models import GenerationRequest

BLANK = re.compile(r"\{\{\s*([^{}]{1,300}?)\s*\}\}|\[…\s*:\s*([^\[\]]{1,300}?)\s*\]")
TO_FILL = N_("[to fill in: {what}]")
BLANKS = 30
DRAFT_TOKENS = 300
FILL_TOKENS = 48
_MARKER = re.compile(r"\s*\[\d+\]")


def draft_turn(question: Question, language: str, clock: Clock) -> Turn:
    """Fill the blanks of ``question.template``; without blanks, draft as ``question.text`` and the template say."""
    if BLANK.search(question.template):
        return (yield from _fill(question, language, Times(clock)))
    if not (question.text.strip() or question.template.strip()):
        raise BadInput(
            N_("What should be drafted?"), hint=N_("Write what it is about, or give a template with {{blanks}}.")
        )
    return (yield from _write(question, language, Times(clock)))


def _fill(question: Question, language: str, times: Times) -> Turn:
    blanks = [(match.span(), match[1] or match[2]) for match in BLANK.finditer(question.template)]
    if len(blanks) > BLANKS:
        raise BadInput(
            N_("A template can have {most} blanks at most; this one has {count}."), most=BLANKS, count=len(blanks)
        )
    filled, done, shown = _Filled(), 0, False
    for (start, end), what in blanks:
        quotes, results = yield from _look_up(f"{question.text} {what}".strip(), what)
        if not shown:
            times.evidence, shown = times.since(), True
            yield EvidenceFound(results[:SHOWN], times.evidence, what)
        value = (yield from _short_answer(what, quotes, language, filled, times)) if quotes else ""
        before = question.template[done:start]
        yield TokenSaid(before + (value or say(TO_FILL, language, {"what": what})))
        filled.add(before, what, value, quotes, language)
        done = end
    yield TokenSaid(question.template[done:])
    filled.text += question.template[done:]
    for sentence in filled.sentences:
        yield SentenceChecked(sentence, tuple(c for c in filled.citations if c.number in sentence.citations))
    answered = any(sentence.citations for sentence in filled.sentences)
    answer = Answer(filled.text, answered, tuple(filled.sentences), tuple(filled.citations), filled.model)
    return (yield from close(answer, times))


class _Filled:
    """The text so far, and for each blank the value with its citation."""

    def __init__(self) -> None:
        self.text = ""
        self.model = ""
        self.sentences: list[Sentence] = []
        self.citations: list[Citation] = []

    def add(self, before: str, what: str, value: str, quotes: list[Quote], language: str) -> None:
        self.text += before
        if not value:
            self.text += say(TO_FILL, language, {"what": what})
            self.sentences.append(Sentence(what, (), False, N_("No source was found for this sentence.")))
            return
        number = len(self.citations) + 1
        quote = max(quotes, key=lambda one: len(set(terms(value)) & set(terms(one.text))))
        verdict = check_sentence(value, [quote.text, quote.result.title], what)
        self.citations.append(cite(quote, number))
        self.sentences.append(
            Sentence(f"{what} : {value}", (number,), verdict.supported, verdict.doubt, missing=verdict.missing)
        )
        self.text += f"{value} [{number}]"


def _look_up(query: str, what: str) -> Generator[Step, Any, tuple[list[Quote], tuple[SearchResult, ...]]]:
    found: SearchResults = yield Search(query, LOOKED_AT)
    weights: Mapping[str, float] = (yield Weigh(tuple(dict.fromkeys(terms(what))))) if found.results else {}
    quotes = rank_quotes(what, found.results, weights)
    if confidence_in(what, found, quotes, weights) < DOUBTFUL:
        return [], found.results
    return within_budget(quotes, PROMPT_CHARACTERS, PROMPT_QUOTES), found.results


def _short_answer(
    what: str, quotes: list[Quote], language: str, filled: _Filled, times: Times
) -> Generator[Step, Any, str]:
    """A few words of the model for one blank; without a model, the sentence itself."""
    messages = answer_messages(what, (), quotes, language)
    filled.model = (yield Speak(GenerationRequest(messages, max_tokens=FILL_TOKENS, stop=("\n",)))) or ""
    if not filled.model:
        return quotes[0].text
    said = ""
    while (chunk := (yield Listen())) is not None:
        if chunk.text and times.first_token is None:
            times.first_token = times.since()
        said += chunk.text
    said = " ".join(_MARKER.sub("", said).split()).rstrip(".")
    return "" if says_not_found(said) else said


def _write(question: Question, language: str, times: Times) -> Turn:
    wish = f"{question.text}\n{question.template}".strip()
    return (
        yield from write_from_evidence(
            wish,
            question.text or question.template,
            lambda quotes: draft_messages(wish, quotes, language),
            DRAFT_TOKENS,
            language,
            times,
        )
    )
