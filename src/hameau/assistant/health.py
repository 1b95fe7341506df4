"""Whether every turn that was kept can be found by its words, and what puts that right."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hameau.assistant.conversations import indexed
from hameau.assistant.types import Answer, Question
from hameau.storage import Database, Queries

_Q = Queries(Path(__file__).with_name("queries.sql"))
_ANSWER, _QUESTION = msgspec.json.Decoder(Answer), msgspec.json.Decoder(Question)


def turns_unindexed(database: Database) -> int:
    """How many turns the index does not know."""
    with database.read() as session:
        return int(session.value(_Q["turns_unindexed"]))


def index_turns(database: Database) -> int:
    """Indexes the turns that the index does not know; how many there were."""
    with database.transaction(durable=True) as session:
        rows = session.all(_Q["turns_to_index"])
        for row in rows:
            question, answer = _QUESTION.decode(row["question"]), _ANSWER.decode(row["answer"])
            session.run(_Q["turn_index_add"], {"number": row["number"], **indexed(question, answer)})
    return len(rows)
