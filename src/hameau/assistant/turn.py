"""One question, from the search to the checked answer, without any input or output.

:func:`answer_turn` yields what it needs (``commands.py``) and what a face shows
(:data:`~hameau.assistant.types.AnswerEvent`); a driver sends back the replies. Its tests are plays: a list of yields and
replies.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from hameau.assistant.answering import Composition, cite
from hameau.assistant.commands import Clock, Listen, Search, Speak, Step, Turn, Weigh
from hameau.assistant.evidence import Quote, rank_quotes, within_budget
from hameau.assistant.followup import make_whole
from hameau.assistant.foreign import crosses_languages, foreign_probability
from hameau.assistant.judging import CERTAIN, DOUBTFUL, probability, read_signs
from hameau.assistant.outside import FromOutside, ask_outside
from hameau.assistant.prompts import answer_messages, could_be_not_found, says_not_found
from hameau.assistant.speaking import SentenceStream
from hameau.assistant.types import (
    Answer,
    BestSentence,
    Done,
    EvidenceFound,
    Question,
    SentenceChecked,
    TokenSaid,
    WebUsed,
)
from hameau.kit import N_, say
from hameau.library import SearchResult, SearchResults, terms
from hameau.models import GenerationRequest, Message

SHOWN = 8
"""Passages that are shown as evidence."""
LOOKED_AT = 20
"""Passages that are searched for; the judge looks at how the first stand out of them."""
PROMPT_CHARACTERS = 750
"""What the model reads of the documents: about 220 tokens, 3 seconds of the 1.5B on two cores."""
PROMPT_QUOTES = 5
SHARED_CHARACTERS, SHARED_QUOTES = 480, 3
"""Of each, when the library and the web both answer."""
ANSWER_TOKENS = 120
WRITTEN_CHARACTERS = 1400
WRITTEN_QUOTES = 8
WRITTEN_PASSAGES = 6
"""What a draft or a summary of a subject is written from."""
JUDGED_TERMS = 24
"""The judge was fitted on questions; a whole page of instructions is beyond it."""
FOLLOW_UP = 2.0
"""How much more the words of a follow-up count than those of the question before it."""
NEAREST = 3
"""Passages shown beside a « not found »."""
NOTHING_ANSWERS = N_("Your documents do not answer this question. Here is what comes closest.")
NOTHING_NEAR = N_("Your documents hold nothing about this.")
NOTHING_ANYWHERE = N_(
    "Neither your documents nor what was read of the web answers this question. Here is what comes closest."
)


class Times:
    """When things happened in this turn, in milliseconds since it began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock()
        self.evidence = 0.0
        self.first_token: float | None = None

    def since(self) -> float:
        """Milliseconds since the question was asked."""
        return self._clock() - self._begun


def answer_turn(question: Question, earlier: Sequence[str], language: str, clock: Clock) -> Turn:
    """Find, judge, ask the model, check, cite. Returns the answer that the last event, :class:`Done`, carries too.

    ``earlier`` are the questions of the conversation before this one, the first first.
    """
    times = Times(clock)
    whole = make_whole(question.text, list(earlier))
    found: SearchResults = yield Search(whole, LOOKED_AT)
    results, alone = found.results, None
    if whole != question.text:  # the follow-up may also be about something else
        alone = yield Search(question.text, LOOKED_AT)
        results = in_turns(results, alone.results)
    times.evidence = times.since()
    yield EvidenceFound(results[:SHOWN], times.evidence, whole)
    asked = asked_of(whole, found)
    weights: Mapping[str, float] = (yield Weigh(tuple(dict.fromkeys(terms(asked))))) if results else {}
    own = set(terms(question.text))
    if alone is not None:
        weights = {term: weight * (FOLLOW_UP if term in own else 1.0) for term, weight in weights.items()}
    found = replace(found, results=results)
    quotes = rank_quotes(asked, results, weights)
    confidence = confidence_in(asked, found, quotes, weights)
    if confidence < DOUBTFUL and alone is not None:  # what sounded like a follow-up may have been a question of its own
        own_asked = asked_of(question.text, alone)
        own_quotes = rank_quotes(own_asked, alone.results, weights)
        own_confidence = confidence_in(own_asked, alone, own_quotes, weights)
        if own_confidence >= DOUBTFUL and len(own) > 1:
            whole, asked = question.text, own_asked
            results, quotes, confidence = alone.results, own_quotes, own_confidence
    outside, beyond = yield from _outside(question, whole, asked, results, times, language)
    if max(confidence, outside.confidence) < DOUBTFUL:
        nearest = in_turns(results, beyond.results) if beyond.results else results
        return (yield from close(not_found(nearest, language, confidence, web=beyond.used), times))
    answering = [group for group in (Judged(results, quotes, confidence), outside) if group.confidence >= DOUBTFUL]
    chosen = _chosen(answering)
    foreign = any(crosses_languages(whole, group.results) for group in answering)
    composition = Composition(whole, chosen, foreign=foreign)
    yield BestSentence(cite(composition.quotes[0], 1), times.since())
    leaning = earlier[-1:] if whole != question.text else ()
    messages = answer_messages(question.text, leaning, composition.quotes, language)
    voice = Voice(composition, times)
    yield from voice.say(GenerationRequest(messages, max_tokens=ANSWER_TOKENS))
    results = in_turns(*(group.results for group in answering)) if len(answering) > 1 else answering[0].results
    confidence = max(confidence, outside.confidence)
    if voice.found_nothing and confidence < CERTAIN:
        return (yield from close(not_found(results, language, confidence, voice.model, beyond.used), times))
    return (yield from finish(composition, voice, results, times, confidence, beyond.used))


@dataclass(frozen=True, slots=True)
class Judged:
    """Passages of one place, their ranked sentences, and the judge's probability that they answer."""

    results: tuple[SearchResult, ...] = ()
    quotes: Sequence[Quote] = ()
    confidence: float = 0.0


def _outside(
    question: Question, whole: str, asked: str, results: Sequence[SearchResult], times: Times, language: str
) -> Generator[Step, Any, tuple[Judged, FromOutside]]:
    """What the web answers, when it is asked at all; shown together with the ``results`` of the library."""
    if not question.web_query:
        return Judged(), FromOutside()
    found = yield from ask_outside(question, asked, language)
    if not found.results:
        return Judged(), found
    yield EvidenceFound((*results[: SHOWN // 2], *found.results[: SHOWN // 2]), times.since(), whole)
    weights = found.weights or {}
    quotes = rank_quotes(asked, found.results, weights)
    searched = SearchResults(asked, 0.0, found.results, found.embedder)
    return Judged(found.results, quotes, confidence_in(asked, searched, quotes, weights)), found


def _chosen(answering: Sequence[Judged]) -> list[Quote]:
    """What the model reads: the best of each place that answers, those of the library first."""
    if len(answering) == 1:
        return within_budget(answering[0].quotes, PROMPT_CHARACTERS, PROMPT_QUOTES)
    return [quote for one in answering for quote in within_budget(one.quotes, SHARED_CHARACTERS, SHARED_QUOTES)]


def asked_of(text: str, found: SearchResults) -> str:
    """``text`` without what it said of where to look: no sentence of a mail says « dans mes courriels de mars ».

    All of it where nothing else was asked, and where the search took it as it stands.
    """
    words = found.understood.words
    return words if words and terms(words) != terms(text) else text


def in_turns(first: Sequence[SearchResult], second: Sequence[SearchResult]) -> tuple[SearchResult, ...]:
    """The two lists dealt like cards, each passage once."""
    dealt: dict[int, SearchResult] = {}
    for pair in zip_longest(first, second):
        for result in pair:
            if result is not None:
                dealt.setdefault(result.passage_id, result)
    return tuple(dealt.values())[:LOOKED_AT]


def finish(
    composition: Composition,
    voice: Voice,
    results: Sequence[SearchResult],
    times: Times,
    confidence: float | None,
    web: WebUsed | None = None,
) -> Turn:
    """The verbatim sentences after the model's words, and the end."""
    for sentence in composition.add_verbatim():
        yield SentenceChecked(sentence, composition.citations_of(sentence))
    answer = Answer(
        answer=composition.text(),
        answered=True,
        sentences=tuple(composition.sentences),
        citations=composition.citations(),
        model=voice.model,
        nearest=tuple(results[:NEAREST]),
        confidence=confidence,
        web=web,
    )
    return (yield from close(answer, times))


def write_from_evidence(
    wish: str,
    search: str,
    worded: Callable[[Sequence[Quote]], tuple[Message, ...]],
    tokens: int,
    language: str,
    times: Times,
) -> Turn:
    """A text of several sentences about ``wish`` from what ``search`` finds; ``worded`` puts it to the model."""
    found: SearchResults = yield Search(search, LOOKED_AT)
    times.evidence = times.since()
    yield EvidenceFound(found.results[:SHOWN], times.evidence, search)
    asked = asked_of(search, found)
    subject = asked if wish == search else wish
    weights: Mapping[str, float] = (yield Weigh(tuple(dict.fromkeys(terms(subject))))) if found.results else {}
    ranked = rank_quotes(subject, found.results, weights, passages=WRITTEN_PASSAGES)
    quotes = within_budget(ranked, WRITTEN_CHARACTERS, WRITTEN_QUOTES)
    confidence = confidence_in(asked, found, rank_quotes(asked, found.results, weights), weights)
    if not quotes or (confidence < DOUBTFUL and len(terms(asked)) <= JUDGED_TERMS):
        return (yield from close(not_found(found.results, language, confidence), times))
    composition = Composition(wish, quotes)
    voice = Voice(composition, times)
    yield from voice.say(GenerationRequest(worded(quotes), max_tokens=tokens))
    return (yield from finish(composition, voice, found.results, times, None))


def confidence_in(text: str, found: SearchResults, quotes: Sequence[Quote], weights: Mapping[str, float]) -> float:
    """The judge's probability, 0 to 1, that what was found, with its ranked ``quotes``, answers ``text``."""
    if not quotes:
        return 0.0
    if crosses_languages(text, found.results):
        by_meaning = foreign_probability(found.results, found.embedder)
        if by_meaning is not None:
            return by_meaning
    return probability(read_signs(text, found.results, quotes, weights, found.embedder))


def not_found(
    results: Sequence[SearchResult],
    language: str,
    confidence: float,
    model: str = "",
    web: WebUsed | None = None,
) -> Answer:
    """The honest « not found », with the passages that came closest."""
    asked_outside = web is not None and bool(web.hits)
    words = NOTHING_NEAR if not results else NOTHING_ANYWHERE if asked_outside else NOTHING_ANSWERS
    nearest = tuple(results[:NEAREST])
    return Answer(say(words, language), False, (), (), model, nearest=nearest, confidence=confidence, web=web)


def close(answer: Answer, times: Times) -> Turn:
    """The end of every turn: the times are filled in."""
    answer = replace(answer, evidence_ms=times.evidence, first_token_ms=times.first_token, total_ms=times.since())
    yield Done(answer)
    return answer


class Voice:
    """The model speaking into a composition. ``model`` is its name, empty when none is installed."""

    def __init__(self, composition: Composition, times: Times) -> None:
        self.model = ""
        self.found_nothing = False
        self._composition = composition
        self._times = times
        self._stream = SentenceStream()
        self._checked = False

    def say(self, request: GenerationRequest) -> Generator[Step, Any, None]:
        """Ask the model; its tokens as they come, its sentences as they are checked. Its « not found » is held back."""
        self.model = (yield Speak(request)) or ""
        if not self.model:
            return
        held: str | None = ""
        cut = False
        while (chunk := (yield Listen())) is not None:
            cut = chunk.finish == "length"
            if not chunk.text:
                continue
            if self._times.first_token is None:
                self._times.first_token = self._times.since()
            if held is not None and could_be_not_found(held + chunk.text):
                held += chunk.text
                continue
            text, held = (held or "") + chunk.text, None
            yield TokenSaid(text)
            yield from self._check(self._stream.feed(text))
        if held is not None and says_not_found(held):
            self.found_nothing = True
            return
        if held:
            yield TokenSaid(held)
        yield from self._check(self._stream.feed(held or ""))
        yield from self._check(self._last(self._stream.finish(), cut))

    def _last(self, said: Sequence[str], cut: bool) -> Sequence[str]:
        """Without the half sentence at which the model had to stop, unless it is all there is."""
        half = cut and said and not said[-1].rstrip("»\"' ").endswith((".", "!", "?", "…", "]"))
        return said[:-1] if half and (len(said) > 1 or self._checked) else said

    def _check(self, said: Sequence[str]) -> Iterator[SentenceChecked]:
        for text in said:
            if says_not_found(text):  # after other words: they stand or fall by their own check
                continue
            sentence = self._composition.add_said(text)
            if sentence is not None:
                self._checked = True
                yield SentenceChecked(sentence, self._composition.citations_of(sentence))
