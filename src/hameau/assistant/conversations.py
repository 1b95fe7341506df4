"""Conversations as they are kept: titled, searchable, exportable, deletable. Knows nothing of models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from hameau.assistant.forgetting import rests_on, without
from hameau.assistant.types import Answer, Conversation, Question, Turn
from hameau.kit import LANGUAGES, N_, BadInput, NotFound, new_id, now, say
from hameau.library import erase_soon, terms
from hameau.storage import Database, Queries, Session

TITLE_CHARACTERS = 80
_WORDS = 32
"""Words of a search that count."""
_TITLES = 10_000
"""Titles that are searched, of the latest conversations."""
_Q = Queries(Path(__file__).with_name("queries.sql"))
_ANSWER = msgspec.json.Decoder(Answer)
_QUESTION = msgspec.json.Decoder(Question)


class Conversations:
    """The conversations of one database. A conversation of another space is not found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, question: Question, answer: Answer, language: str = "fr") -> Turn:
        """Write a turn; without ``question.conversation`` a conversation begins, titled in ``language`` when what was asked
        has no words of its own."""
        moment = now()
        with self._database.transaction(durable=True) as session:
            if question.conversation is None:
                conversation = new_id("conv")
                title = title_of(heading(question, answer, language))
                session.run(
                    _Q["conversation_add"], {"id": conversation, "space": question.space, "title": title, "now": moment}
                )
            else:
                conversation = self._require(session, question.conversation, question.space).id
                session.run(_Q["conversation_touch"], {"id": conversation, "now": moment})
            gone = _gone(session, answer)  # while the answer was made
            kept = replace(without(answer, gone) if gone else answer, conversation=conversation)
            turn = Turn(new_id("turn"), moment, question, kept)
            number = session.insert(
                _Q["turn_add"],
                {
                    "id": turn.id,
                    "conversation": conversation,
                    "now": moment,
                    "question": msgspec.json.encode(question).decode(),
                    "answer": msgspec.json.encode(kept).decode(),
                },
            )
            session.run(_Q["turn_index_add"], {"number": number, **indexed(question, kept)})
            session.many(_Q["turn_document_add"], [(document_id, number) for document_id in rests_on(kept)])
        return turn

    def recent(self, space: str = "home", search: str = "", limit: int = 500) -> list[Conversation]:
        """The conversations of ``space``, the latest first; with ``search``, those in which all its words stand: in one
        turn, or in the title."""
        with self._database.read() as session:
            if not search.strip():
                rows = session.all(_Q["conversation_list"], {"space": space, "limit": limit})
                return [Conversation(**row) for row in rows]
            words = terms(search)[:_WORDS]
            if not words:
                return []
            match = " ".join(f'"{word}"' for word in words)
            rows = session.all(_Q["conversation_search"], {"space": space, "limit": limit, "match": match})
            found = {row["id"] for row in rows}
            for row in session.all(_Q["conversation_list"], {"space": space, "limit": _TITLES}):
                if row["id"] not in found and set(words) <= set(terms(row["title"])):
                    rows.append(row)
        kept = sorted((Conversation(**row) for row in rows), key=lambda one: (one.updated_at, one.id), reverse=True)
        return kept[:limit]

    def check_space(self, space: str) -> None:
        """Raises ``NotFound`` for a space that is not there."""
        with self._database.read() as session:
            if session.one(_Q["space_there"], {"space": space}) is None:
                raise NotFound(N_("There is no space “{space}”."), space=space)

    def get(self, conversation_id: str, space: str = "home") -> Conversation:
        """Raises ``NotFound``."""
        with self._database.read() as session:
            return self._require(session, conversation_id, space)

    def turns(self, conversation_id: str, space: str = "home") -> list[Turn]:
        """Its turns, the first first. Raises ``NotFound``."""
        with self._database.read() as session:
            self._require(session, conversation_id, space)
            rows = session.all(_Q["turn_list"], {"id": conversation_id})
        return [
            Turn(row["id"], row["asked_at"], _QUESTION.decode(row["question"]), _ANSWER.decode(row["answer"]))
            for row in rows
        ]

    def rename(self, conversation_id: str, title: str, space: str = "home") -> None:
        """Raises ``NotFound``, or ``BadInput`` for a title of nothing."""
        title = " ".join(title.split())[:200]
        if not title:
            raise BadInput(N_("A conversation needs a title."), hint=N_("Write a few words."))
        with self._database.transaction(durable=True) as session:
            self._require(session, conversation_id, space)
            session.run(_Q["conversation_rename"], {"id": conversation_id, "space": space, "title": title})

    def delete(self, conversation_id: str, space: str = "home") -> None:
        """Its turns go with it. Raises ``NotFound``."""
        with self._database.transaction(durable=True) as session:
            self._require(session, conversation_id, space)
            session.run(_Q["turn_index_delete"], {"id": conversation_id})
            session.run(_Q["conversation_delete"], {"id": conversation_id, "space": space})
            erase_soon(session)

    def _require(self, session: Session, conversation_id: str, space: str) -> Conversation:
        row = session.one(_Q["conversation_get"], {"id": conversation_id, "space": space})
        if row is None:
            raise NotFound(
                N_("There is no such conversation."),
                hint=N_("It may have been deleted; the list shows those that are kept."),
            )
        return Conversation(**row)


def forget_in_answers(session: Session, document_ids: Sequence[int]) -> None:
    """Take what rests on these documents out of every answer that was kept, in the transaction of ``session``."""
    asked = {"ids": json.dumps(list(document_ids))}
    for row in session.all(_Q["turns_resting_on"], asked) if document_ids else ():
        question, answer = _QUESTION.decode(row["question"]), _ANSWER.decode(row["answer"])
        kept = without(answer, frozenset(document_ids))
        number = row["number"]
        session.run(_Q["turn_rewrite"], {"number": number, "answer": msgspec.json.encode(kept).decode()})
        session.run(_Q["turn_unindex"], {"number": number})
        session.run(_Q["turn_index_add"], {"number": number, **indexed(question, kept)})
        for language in LANGUAGES:  # a conversation may be titled by what was summarised
            before, after = (title_of(heading(question, each, language)) for each in (answer, kept))
            if before != after:
                names = {"id": row["conversation_id"], "before": before, "after": after}
                session.run(_Q["conversation_retitle"], names)
    session.run(_Q["turn_documents_forget"], asked)


def indexed(question: Question, answer: Answer) -> dict[str, str]:
    """The terms by which a turn is found."""
    return {
        "question": " ".join(terms(f"{question.text} {question.template}")),
        "answer": " ".join(terms(answer.answer)),
    }


def heading(question: Question, answer: Answer, language: str) -> str:
    """What a turn is about: its question, else what was summarised, else how the template begins."""
    if question.text.strip():
        return question.text
    if question.task == "summary":
        titles = list(dict.fromkeys(citation.title for citation in answer.citations))
        return say(N_("Summary: {what}"), language, {"what": ", ".join(titles[:3]) or "…"})
    return question.template


def _gone(session: Session, answer: Answer) -> frozenset[int]:
    asked = {"ids": json.dumps(rests_on(answer))}
    return frozenset(row[0] for row in session.tuples(_Q["documents_gone"], asked))


def title_of(question: str) -> str:
    """The first line of ``question``, cut at a word."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "…")
    line = " ".join(line.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line.rfind(" ", TITLE_CHARACTERS // 2, TITLE_CHARACTERS)
    return line[: cut if cut > 0 else TITLE_CHARACTERS].rstrip(" ,;:") + "…"
