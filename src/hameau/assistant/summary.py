"""Summaries of a document, a folder or a subject.

Reading a whole document through a small model takes minutes; its central sentences are known in milliseconds. So the
sentences that carry it are chosen first, and the model only words them. A sentence is central when its terms recur over
the document (SumBasic; Nenkova and Vanderwende, 2005): sentences are taken one after the other by the mean probability
of their terms, and the terms that were taken count less for the next one, so that nothing is said twice. A subject is
searched for instead, like a question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hameau.assistant.answering import Composition, cite
from hameau.assistant.commands import Clock, Read, ReadDocuments, Turn
from hameau.assistant.evidence import QUOTE_CHARACTERS, Quote
from hameau.assistant.prompts import summary_messages
from hameau.assistant.turn import Times, Voice, finish, write_from_evidence
from hameau.assistant.types import BestSentence, EvidenceFound, Question
from hameau.kit import N_, BadInput, NotFound
from hameau.library import Passage, SearchResult, sentences, terms
from hameau.models import GenerationRequest

SENTENCES = 8
CHARACTERS = 1400
SUMMARY_TOKENS = 220
PASSAGES_READ = 400
"""Of a longer document, passages are taken evenly over its length."""
DOCUMENTS_READ = 12
_SHORTEST, _LONGEST = 40, QUOTE_CHARACTERS


def summary_turn(question: Question, language: str, clock: Clock) -> Turn:
    """Choose the central sentences of ``question.document_id`` or ``source_id``, or those nearest to the subject that
    ``question.text`` names; have them worded, check each sentence."""
    times = Times(clock)
    if question.document_id is None and question.source_id is None:
        return (yield from _of_subject(question.text, language, times))
    handed: Sequence[Read] = yield ReadDocuments(DOCUMENTS_READ)
    read = [one for one in handed if any(passage.text.strip() for passage in one.passages)]
    if not read:
        raise NotFound(
            N_("There is no text to summarise."),
            hint=N_("Choose another document, or wait until this one has been read."),
        )
    quotes = central_quotes(read)
    times.evidence = times.since()
    shown = tuple(dict.fromkeys(quote.result for quote in quotes))
    yield EvidenceFound(shown, times.evidence, question.text)
    composition = Composition(question.text, quotes)
    yield BestSentence(cite(quotes[0], 1), times.since())
    title = ", ".join(one.document.title for one in read[:3])
    messages = summary_messages(title, quotes, language, question.text)
    voice = Voice(composition, times)
    yield from voice.say(GenerationRequest(messages, max_tokens=SUMMARY_TOKENS))
    return (yield from finish(composition, voice, shown, times, None))


def _of_subject(subject: str, language: str, times: Times) -> Turn:
    if not subject:
        raise BadInput(N_("What should be summarised?"), hint=N_("Choose a document or a folder, or name a subject."))
    return (
        yield from write_from_evidence(
            subject,
            subject,
            lambda quotes: summary_messages(subject, quotes, language),
            SUMMARY_TOKENS,
            language,
            times,
        )
    )


def central_quotes(read: Sequence[Read]) -> list[Quote]:
    """The sentences that carry the documents, in their order; each document of a folder has at least one."""
    share = max(1, SENTENCES // max(1, len(read)))
    chosen: list[Quote] = []
    left = CHARACTERS
    for one in read:
        for quote in _central(one, share if len(read) > 1 else SENTENCES):
            if len(quote.text) <= left or not chosen:
                chosen.append(quote)
                left -= len(quote.text)
    return chosen


def _central(read: Read, most: int) -> list[Quote]:
    candidates = _candidates(read)
    counts = Counter(term for _, found in candidates for term in found)
    total = sum(counts.values()) or 1
    weight = {term: count / total for term, count in counts.items()}
    chosen: list[Quote] = []
    while candidates and len(chosen) < most:
        best = max(candidates, key=lambda pair: _mean(pair[1], weight) * (1.5 if pair[0].rank == 0 else 1.0))
        candidates.remove(best)
        chosen.append(best[0])
        for term in best[1]:
            weight[term] **= 2
    return sorted(chosen, key=lambda quote: quote.start)


def _candidates(read: Read) -> list[tuple[Quote, frozenset[str]]]:
    found: list[tuple[Quote, frozenset[str]]] = []
    step = max(1, len(read.passages) // PASSAGES_READ)
    for rank, passage in enumerate(read.passages[::step]):
        result = _as_result(read, passage)
        for start, end in sentences(passage.text):
            text = passage.text[start:end]
            if _SHORTEST <= len(text) <= _LONGEST and not text.startswith(("#", "|")):
                found.append(
                    (Quote(result, rank, passage.locator.start + start, text, 1.0, 0.0), frozenset(terms(text)))
                )
    if not found:  # a document of titles or of very long lines: its beginning is all there is
        passage = next(one for one in read.passages if one.text.strip())
        lead = len(passage.text) - len(passage.text.lstrip())
        text = passage.text.strip()[:_LONGEST]
        found.append(
            (Quote(_as_result(read, passage), 0, passage.locator.start + lead, text, 1.0, 0.0), frozenset(terms(text)))
        )
    return found


def _mean(found: frozenset[str], weight: dict[str, float]) -> float:
    return sum(weight[term] for term in found) / len(found) if found else 0.0


def _as_result(read: Read, passage: Passage) -> SearchResult:
    document = read.document
    return SearchResult(passage.id, document.id, document.title, document.uri, passage.text, passage.locator, 0.0)
