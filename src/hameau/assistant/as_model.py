"""The library as a model of a chat: the last question is answered, with footnotes that any plain client can show. Pure.

A client sends the whole chat each time, so nothing is kept here. What the library says is text of documents, and some
clients draw Markdown: signs that would load a picture or make a link of a document's words are taken their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from hameau.assistant.assistant import language_of
from hameau.assistant.types import Answer, AnswerEvent, Citation, Done, Question, Sentence, SentenceChecked
from hameau.kit import N_, BadInput, say
from hameau.library import SearchResult
from hameau.models import Cancel, Chunk, GenerationRequest, Usage

EARLIER = 6
"""Questions before the last one that can be leaned on."""
GLIMPSE = 200
"""Characters of a passage that came closest, beside a « not found »."""
_LIVE = re.compile(r"\\(?=[!-/:-@\[-`{-~])|!(?=\[)|\](?=\(|:|\[)|<(?=[A-Za-z/!?])|`{3,}|~{3,}")
"""What begins a picture, a link, a definition of one, HTML, or a block of code; and what would undo our own mark before it."""
_INDENTED = re.compile(r"^[ \t]+", re.MULTILINE)
SOURCES = N_("Sources:")
TO_CHECK = N_("to be checked: {doubt}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of what the library says. The last one has the ``answer`` it was made of."""

    chunk: Chunk
    answer: Answer | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """With the last piece: what the numbers in the text stand for."""
        return self.answer.citations if self.answer else ()


class Replies(Protocol):
    """Who answers a question without keeping it. :class:`hameau.assistant.Assistant` is one."""

    def reply(
        self,
        question: Question,
        earlier: Sequence[str] = (),
        /,
        *,
        cancel: Cancel | None = None,
        language: str = "fr",
        heard: Callable[[Chunk], None] = ...,
    ) -> Iterator[AnswerEvent]: ...


def as_model(
    assistant: Replies, request: GenerationRequest, cancel: Cancel | None = None, language: str = "fr"
) -> Iterator[Spoken]:
    """The answer to the last message of ``request``, sentence by sentence as they are checked; the last piece has the finish,
    the usage and the answer with its citations. Nothing is kept.

    How a model writes (temperature, length, tools) is not the program's to choose here. Raises ``BadInput`` where no
    question is asked, or something that the library can't do, and what :meth:`Assistant.reply` raises.
    """
    text, earlier = question_in(request)
    text_of = Footnotes(language_of(text, language))
    counted = Counted()
    for event in assistant.reply(Question(text), earlier, cancel=cancel, language=language, heard=counted):
        match event:
            case SentenceChecked(sentence):
                yield Spoken(Chunk(text_of.sentence(sentence)))
            case Done(answer):
                yield Spoken(Chunk(text_of.end(answer)))
                yield Spoken(Chunk(finish="stop", usage=counted.usage), answer)
            case _:
                pass


def question_in(request: GenerationRequest) -> tuple[str, list[str]]:
    """The question that is asked, and those before it. Raises ``BadInput``."""
    if request.json_schema is not None or request.grammar:
        raise BadInput(
            N_("The library answers in sentences with their sources; it can’t write JSON."),
            hint=N_("Choose another model for that, or /api/v1/ask, whose answer is JSON."),
        )
    if request.suffix:
        raise BadInput(N_("The library can’t fill a place in a text."), hint=N_("Choose another model for that."))
    asked = [message for message in request.messages if message.role == "user"]
    if asked and asked[-1].images:
        raise BadInput(N_("The library can’t look at pictures."), hint=N_("Choose a model that can see."))
    said = [message.content for message in asked] or [request.prompt]
    return said[-1], [text for text in said[:-1] if text.strip()][-EARLIER:]


class Counted:
    """The tokens of all that models read and wrote for one answer."""

    def __init__(self) -> None:
        self.usage = Usage()

    def __call__(self, chunk: Chunk) -> None:
        if (more := chunk.usage) is None:
            return
        so_far = self.usage
        self.usage = Usage(
            so_far.prompt_tokens + more.prompt_tokens,
            so_far.cached_tokens + more.cached_tokens,
            so_far.completion_tokens + more.completion_tokens,
            so_far.prompt_ms + more.prompt_ms,
            so_far.completion_ms + more.completion_ms,
        )


class Footnotes:
    """An answer as plain text that grows: sentences with their numbers, quotes, and the list of sources."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._begun = False

    def sentence(self, sentence: Sentence) -> str:
        """``sentence`` with its numbers, and with its doubt when its sources do not bear it out."""
        marks = "".join(f" [{number}]" for number in sentence.citations)
        text = plain(sentence.text)
        if sentence.verbatim:
            return self._after("\n\n", f"« {text} »{marks}")
        return self._after(" ", f"{text}{marks}{self._doubt(sentence)}")

    def end(self, answer: Answer) -> str:
        """What comes after the sentences: the sources, or an honest « not found » with what came closest."""
        if answer.answered:
            sources = [f"[{each.number}] {self._place(each)}" for each in answer.citations]
            return self._after("\n\n", "\n".join((say(SOURCES, self._language), *sources))) if sources else ""
        nearest = [f"- {self._place(each)} : « {glimpse(each.text)} »" for each in answer.nearest]
        return self._after("\n\n", "\n\n".join(filter(None, (plain(answer.answer), "\n".join(nearest)))))

    def _after(self, between: str, text: str) -> str:
        before, self._begun = between if self._begun else "", True
        return before + text

    def _doubt(self, sentence: Sentence) -> str:
        if sentence.supported:
            return ""
        doubt = say(sentence.doubt, self._language, {"missing": plain(sentence.missing)}).rstrip(".")
        return f" (⚠ {say(TO_CHECK, self._language, {'doubt': doubt})})"

    def _place(self, found: Citation | SearchResult) -> str:
        headings = [each for each in found.locator.heading if each != found.title]
        page = [say(N_("p. {page}"), self._language, {"page": found.locator.page})] if found.locator.page else []
        where = " ".join(" › ".join((found.title, *headings)).split()) + "".join(f", {each}" for each in page)
        return plain(f"{where} ({found.link})" if found.origin == "web" else where)


def in_footnotes(answer: Answer, language: str) -> str:
    """A whole answer as the library says it."""
    notes = Footnotes(language)
    return "".join((*(notes.sentence(sentence) for sentence in answer.sentences), notes.end(answer)))


def plain(text: str) -> str:
    """``text`` for clients that draw Markdown: nothing in it loads, links, or is drawn as something else than words."""
    return _LIVE.sub(lambda sign: f"\\{sign[0]}", _INDENTED.sub("", text))


def glimpse(text: str) -> str:
    """The beginning of a passage on one line."""
    words = plain(" ".join(" ".join(line for line in text.splitlines() if not line.startswith("#")).split()))
    return words if len(words) <= GLIMPSE else words[: GLIMPSE - 1].rsplit(" ", 1)[0] + "…"
