"""The assistant as the faces know it: ask, and keep what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from hameau.assistant.commands import Turn as TurnSteps
from hameau.assistant.conversations import Conversations
from hameau.assistant.draft import draft_turn
from hameau.assistant.driver import World, drive
from hameau.assistant.export import export
from hameau.assistant.leaving import web_question
from hameau.assistant.ports import Measures, Outside, Reader, Speakers
from hameau.assistant.summary import summary_turn
from hameau.assistant.turn import answer_turn
from hameau.assistant.types import AnswerEvent, Conversation, Done, Question, Turn
from hameau.kit import LANGUAGES, N_, BadInput, HameauError, NotFound, monotonic_ms
from hameau.library import Document, Source, detect_language
from hameau.models import Cancel, Chunk, Gate
from hameau.perimeter import UNWRITTEN, Kind, Witness
from hameau.storage import Database

QUESTION_CHARACTERS = 4000
"""A longer question is a document: it should be added as one."""
TEMPLATE_CHARACTERS = 20_000
WEB_CHARACTERS = 400
"""What leaves is seen by others: a few words, not a page."""
_SURE_WORDS = 4


class Assistant:
    """Answers questions over a library. Safe to use from several threads; the model answers one person after the other."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        speakers: Speakers,
        gate: Gate,
        witness: Witness = UNWRITTEN,
        *,
        web: Outside | None = None,
        measures: Callable[[], Measures | None] = lambda: None,
    ) -> None:
        """``web`` is asked beside ``reader`` when a question says so; ``measures`` gives the embedder that ranks its pages."""
        self._kept = Conversations(database)
        self._reader = reader
        self._speakers = speakers
        self._world = World(reader, speakers, web, measures)
        self._gate = gate
        self._witness = witness

    def ask(self, question: Question, cancel: Cancel | None = None, language: str = "fr") -> Iterator[AnswerEvent]:
        """The events of the answer as they happen; the last one is :class:`Done`, and by then the turn is kept.

        ``language`` is the reader's, used where the question does not tell its own. Raises ``BadInput`` for a
        question that is empty or too long, ``NotFound`` for a space, a conversation, a document or a source that is
        not there, ``Missing`` for a named model that is not installed. Closing the iterator, or setting ``cancel``,
        stops the model; nothing is kept then. When the answer can't be kept (a full disk), it is given first, by a
        :class:`Done` without a conversation, and the error is raised after it.
        """
        question = self._ready(question)
        earlier = [turn.question.text for turn in self._turns(question)]
        speaks = language_of(question.text or question.template, language)
        for event in self._answer(question, earlier, speaks, cancel):
            if isinstance(event, Done):
                yield from self._close(question, event, speaks)
            else:
                yield event

    def reply(
        self,
        question: Question,
        earlier: Sequence[str] = (),
        /,
        *,
        cancel: Cancel | None = None,
        language: str = "fr",
        heard: Callable[[Chunk], None] = lambda _: None,
    ) -> Iterator[AnswerEvent]:
        """The same for a program that keeps the chat itself: ``earlier`` are the questions before this one, the first first,
        and nothing is kept here. ``heard`` is told all that models say, with what it cost."""
        question = self._ready(question)
        speaks = language_of(question.text or question.template, language)
        yield from self._answer(question, earlier, speaks, cancel, heard)

    def _ready(self, question: Question) -> Question:
        """``question`` as it can be answered. Raises what :meth:`ask` raises."""
        question = _checked(question)
        if question.model:
            # A name that is not there is said before anything is searched.
            self._speakers.choose("chat", question.model)
        self._check_place(question)
        return question

    def _answer(
        self,
        question: Question,
        earlier: Sequence[str],
        language: str,
        cancel: Cancel | None,
        heard: Callable[[Chunk], None] = lambda _: None,
    ) -> Iterator[AnswerEvent]:
        asked = self._witness.mark(question.text or question.template)
        self._witness.record(Kind.ASKED, task=question.task, space=question.space, mark=asked)
        with self._gate.person():
            steps = _steps(question, earlier, language)
            yield from drive(steps, question, self._world, cancel, heard)

    def _close(self, question: Question, done: Done, language: str) -> Iterator[Done]:
        try:
            kept = self._kept.keep(question, done.answer, language)
        except HameauError:
            yield done
            raise
        yield Done(kept.answer)

    def web_question(self, text: str, conversation: str | None = None, space: str = "home") -> str:
        """What to propose as :attr:`Question.web_query` for ``text``: a person sees and may change it before it leaves.

        Made of the conversation's questions alone, without what belongs to one's own documents. Raises ``NotFound``.
        """
        earlier = self._kept.turns(conversation, space) if conversation else ()
        return web_question(text[:QUESTION_CHARACTERS], [turn.question.text for turn in earlier])

    def conversations(self, space: str = "home", search: str = "") -> list[Conversation]:
        """Those of ``space``, the latest first; with ``search``, those in which all its words stand."""
        return self._kept.recent(space, search)

    def conversation(self, conversation_id: str, space: str = "home") -> Conversation:
        """Raises ``NotFound``."""
        return self._kept.get(conversation_id, space)

    def turns(self, conversation_id: str, space: str = "home") -> list[Turn]:
        """The questions and answers of a conversation. Raises ``NotFound``."""
        return self._kept.turns(conversation_id, space)

    def rename(self, conversation_id: str, title: str, space: str = "home") -> None:
        """Raises ``NotFound``, or ``BadInput`` for an empty title."""
        self._kept.rename(conversation_id, title, space)

    def delete(self, conversation_id: str, space: str = "home") -> None:
        """The conversation and all that was said in it. Raises ``NotFound``."""
        self._kept.delete(conversation_id, space)
        self._witness.record(Kind.DELETED, what="conversation", id=conversation_id)

    def export(
        self,
        conversation_id: str,
        form: Literal["markdown", "json"] = "markdown",
        space: str = "home",
        language: str = "fr",
    ) -> str:
        """The whole conversation as text. Raises ``NotFound``."""
        written = export(
            self._kept.get(conversation_id, space), self._kept.turns(conversation_id, space), form, language
        )
        self._witness.record(Kind.EXPORTED, what="conversation", id=conversation_id)
        return written

    def _check_place(self, question: Question) -> None:
        """A space, a document or a source that is not there is no « not found » of an answer."""
        self._kept.check_space(question.space)
        places: list[Document | Source] = []
        if question.document_id is not None:
            places.append(self._reader.document(question.document_id))
        if question.source_id is not None:
            places.append(self._reader.source(question.source_id))
        if any(place.space != question.space for place in places):
            raise NotFound(N_("That document or source belongs to another space."))

    def _turns(self, question: Question) -> Sequence[Turn]:
        return self._kept.turns(question.conversation, question.space) if question.conversation else ()


def language_of(text: str, reader: str) -> str:
    """The language to answer in: the question's when it is long enough to tell and we speak it, else the reader's."""
    if len(text.split()) < _SURE_WORDS:
        return reader
    detected = detect_language(text)
    return detected if detected in LANGUAGES else reader


def _steps(question: Question, earlier: Sequence[str], language: str) -> TurnSteps:
    if question.task == "summary":
        return summary_turn(question, language, monotonic_ms)
    if question.task == "draft":
        return draft_turn(question, language, monotonic_ms)
    return answer_turn(question, earlier, language, monotonic_ms)


def _checked(question: Question) -> Question:
    text = question.text.replace("\0", " ").strip()
    if not text and question.task == "answer":
        raise BadInput(N_("The question is empty."), hint=N_("Write a question in your own words."))
    if len(text) > QUESTION_CHARACTERS:
        raise BadInput(
            N_("The question has {count} characters; {most} is the most."),
            hint=N_("Add the long text as a document, then ask about it."),
            count=len(text),
            most=QUESTION_CHARACTERS,
        )
    if len(question.template) > TEMPLATE_CHARACTERS:
        raise BadInput(
            N_("The template has {count} characters; {most} is the most."),
            count=len(question.template),
            most=TEMPLATE_CHARACTERS,
        )
    return replace(question, text=text, web_query=_for_the_web(question))


def _for_the_web(question: Question) -> str:
    """What may leave. Raises ``BadInput`` where it is too long, or where nothing can be done with what comes back."""
    wanted = " ".join(question.web_query.replace("\0", " ").split())
    if wanted and question.task != "answer":
        raise BadInput(
            N_("The web can be asked for an answer, not for a summary or a letter."),
            hint=N_("Ask a question, or leave the web out."),
        )
    if len(wanted) > WEB_CHARACTERS:
        raise BadInput(
            N_("The question for the web has {count} characters; {most} is the most."),
            hint=N_("A few words find more than a long text."),
            count=len(wanted),
            most=WEB_CHARACTERS,
        )
    return wanted
