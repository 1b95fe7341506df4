"""From a model's sentences and the quotes it was given to an answer whose every sentence points at its source. Pure.

The model's own markers (``[2]``) are taken only when the quote they name bears the sentence out: small models number
at random. A sentence cites the quote that holds most of what it adds to the question, and a second one when that
holds something the first lacks. After the model's words stand the verbatim sentences they rest on, so that the answer
is right there even when the model is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hameau.assistant.checking import Verdict, check_sentence, stands_in
from hameau.assistant.evidence import Quote, place
from hameau.assistant.types import Citation, Sentence
from hameau.kit import N_
from hameau.library import terms

VERBATIM = 3
"""Verbatim sentences after the model's words, at most."""
CLOSE_BEHIND = 0.5
"""A verbatim sentence is added beside the first when its score reaches this share of the best one's."""
BESIDE_THE_POINT = 0.75
"""A sentence of the model that rests only on quotes below this share of the best score is doubtful: right figures of the
wrong thing are what a small model gives most."""
_MARKER = re.compile(r"\s*\[(\d+)\]")
_GOOD_ENOUGH = 0.2


@dataclass
class Composition:
    """The answer as it grows. ``quotes`` are those the model was given, best first; numbers are given as quotes get cited."""

    question: str
    quotes: Sequence[Quote]
    foreign: bool = False
    """The question and the quotes are in different languages: words can't be compared, figures and names can."""
    sentences: list[Sentence] = field(default_factory=list)
    # The best quote is number 1, whatever the model says: it is what a person should read first.
    _numbers: dict[int, int] = field(default_factory=lambda: {0: 1})

    def add_said(self, text: str) -> Sentence | None:
        """A sentence of the model, its markers replaced by citations; ``None`` when nothing but markers was said."""
        bare = self._without_place(" ".join(_MARKER.sub("", text).split()))
        if not any(character.isalnum() for character in bare):
            return None
        cited = self._cited(bare, [int(number) - 1 for number in _MARKER.findall(text)])
        verdict = self._verdict(bare, cited)
        numbers = tuple(self._number(index) for index in cited)
        return self._keep(Sentence(bare, numbers, verdict.supported, verdict.doubt, missing=verdict.missing))

    def add_verbatim(self, most: int = VERBATIM) -> list[Sentence]:
        """The sentences of the documents that the answer rests on: those that were cited, then the best ones close behind.

        Of each place that was asked (library, encyclopedias, web) at least one.
        """
        if not self.quotes:
            return []
        places = {quote.result.origin: index for index, quote in reversed(list(enumerate(self.quotes)))}
        cited = list(self._numbers)
        first = max(quote.score for quote in self.quotes)
        close = [index for index, quote in enumerate(self.quotes) if quote.score >= CLOSE_BEHIND * first]
        wanted = list(dict.fromkeys([0, *sorted(places.values()), *cited, *close]))[: most + len(places) - 1]
        added = []
        for index in wanted:
            quote = self.quotes[index]
            if stands_in(quote.text, quote.result.text):
                number = self._number(index)
                added.append(self._keep(Sentence(quote.text, (number,), supported=True, verbatim=True)))
        return added

    def citations(self) -> tuple[Citation, ...]:
        """The citations so far, in the order of their numbers."""
        return tuple(
            cite(self.quotes[index], number) for index, number in self._numbers.items() if index < len(self.quotes)
        )

    def citations_of(self, sentence: Sentence) -> tuple[Citation, ...]:
        """Those of one sentence."""
        return tuple(citation for citation in self.citations() if citation.number in sentence.citations)

    def text(self) -> str:
        """The whole answer as plain text."""
        return plain(self.sentences)

    def _without_place(self, sentence: str) -> str:
        """Small models copy « Title, heading : » with the sentence."""
        for quote in self.quotes:
            label = f"{place(quote.result)} : "
            if sentence.startswith(label):
                return sentence.removeprefix(label)
        return sentence

    def _keep(self, sentence: Sentence) -> Sentence:
        self.sentences.append(sentence)
        return sentence

    def _verdict(self, sentence: str, cited: Sequence[int]) -> Verdict:
        """Also doubtful: what rests on a quote much further from the question than another that says something else."""
        best = max((quote.score for quote in self.quotes), default=0.0)
        if cited and not self.foreign and max(self.quotes[index].score for index in cited) < BESIDE_THE_POINT * best:
            return Verdict(False, N_("Another sentence of your documents is closer to the question."))
        sources = [text for index in cited for text in (self.quotes[index].text, place(self.quotes[index].result))]
        return check_sentence(sentence, sources, self.question, words=not self.foreign)

    def _cited(self, sentence: str, marked: Sequence[int]) -> list[int]:
        """The quotes that bear the sentence out, the best first."""
        new = set(terms(sentence)) - set(terms(self.question)) or set(terms(sentence))
        held = [new & set(terms(f"{place(quote.result)} {quote.text}")) for quote in self.quotes]
        ranked = sorted(range(len(held)), key=lambda index: (-len(held[index]), index not in marked, index))
        if not ranked or (not held[ranked[0]] and not marked and not self.foreign):
            return []
        best = ranked[0]
        for index in marked:
            if 0 <= index < len(held) and len(held[index]) >= len(held[best]):
                best = index
                break
        chosen = [best]
        second = next(
            (index for index in ranked if index != best and len(held[index] - held[best]) > _GOOD_ENOUGH * len(new)),
            None,
        )
        if second is not None:
            chosen.append(second)
        return chosen

    def _number(self, index: int) -> int:
        return self._numbers.setdefault(index, len(self._numbers) + 1)


def plain(sentences: Sequence[Sentence]) -> str:
    """An answer as plain text: the model's words, then the verbatim sentences between quotation marks."""
    said = " ".join(_marked(sentence) for sentence in sentences if not sentence.verbatim)
    quoted = [f"« {sentence.text} »{_marks(sentence)}" for sentence in sentences if sentence.verbatim]
    return "\n\n".join(part for part in (said, *quoted) if part)


def cite(quote: Quote, number: int) -> Citation:
    """``quote`` as the citation called ``number``."""
    result = quote.result
    return Citation(
        number,
        result.passage_id,
        result.document_id,
        result.title,
        result.uri,
        quote.text,
        quote.locator,
        result.origin,
        result.link,
    )


def _marks(sentence: Sentence) -> str:
    return "".join(f" [{number}]" for number in sentence.citations)


def _marked(sentence: Sentence) -> str:
    return f"{sentence.text}{_marks(sentence)}"
