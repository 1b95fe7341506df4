"""Whether what was stored agrees with itself: passages and their text index, vectors and their counts, work and its jobs.

Every write keeps them together, so nothing is found here unless a file was damaged, or a program other than Hameau wrote to it.
"""

from __future__ import annotations

import json
from pathlib import Path

from hameau.kit import HameauError
from hameau.library.erasing import clear
from hameau.library.jobs import SYNC, TEXT_INDEX, ask
from hameau.storage import Database, Queries, Session

_QUERIES = Queries(Path(__file__).with_name("health.sql"))
_AT_ONCE = 5_000

INDEX, COUNTS, VECTORS, STRANDED, ORPHANS = (
    "text index",
    "documents",
    "vectors",
    "sources",
    "parts",
)
"""What can disagree."""


def disagreements(database: Database) -> dict[str, int]:
    """What disagrees, and in how many places; empty when all is well. Reads the whole library."""
    with database.read() as session:
        found = {
            INDEX: int(session.value(_QUERIES["unindexed"])) + len(_orphans(session)),
            COUNTS: len(session.tuples(_QUERIES["miscounted"])),
            VECTORS: len(session.tuples(_QUERIES["vectors_miscounted"]))
            + len(session.tuples(_QUERIES["blocks_wrong"])),
            STRANDED: len(session.tuples(_QUERIES["sources_stranded"])),
            ORPHANS: len(session.tuples(_QUERIES["orphaned_parts"])),
        }
    if not found[INDEX] and not _index_is_sound(database):
        found[INDEX] = 1
    return {name: count for name, count in found.items() if count}


def mend(database: Database) -> dict[str, int]:
    """Puts right what disagrees, from what is stored; what was lost is asked to be read again. Returns what it found."""
    found = disagreements(database)
    if ORPHANS in found:
        with database.transaction(durable=True) as session:
            for document_id, source_id in session.tuples(_QUERIES["orphaned_parts"]):
                clear(session, document_id)
                session.run(_QUERIES["drop_part"], {"id": document_id})
                ask(session, SYNC, source_id)
    if INDEX in found:
        _mend_index(database)
    if COUNTS in found:
        with database.transaction(durable=True) as session:
            wrong = [number for (number,) in session.tuples(_QUERIES["miscounted"])]
            lost = session.run(_QUERIES["read_again"])
            session.run(_QUERIES["count_passages"], {"ids": json.dumps(wrong)})
            if lost:
                for (source_id,) in session.tuples(_QUERIES["sources_alive"]):
                    ask(session, SYNC, source_id)
    if VECTORS in found:
        with database.transaction(durable=True) as session:
            for embedder, block in session.tuples(_QUERIES["blocks_wrong"]):
                session.run(_QUERIES["delete_blocks"], {"embedder": embedder, "block": block})
            session.run(_QUERIES["count_vectors"])
    with database.transaction(durable=True) as session:
        for (source_id,) in session.tuples(_QUERIES["sources_stranded"]):
            ask(session, SYNC, source_id)
    return found


def _mend_index(database: Database) -> None:
    """Rows without a passage go; everything else is indexed anew from the stored passages, in the background."""
    if not _index_is_sound(database):
        with database.transaction(durable=True) as session:
            session.run(_QUERIES["empty_index"])
    with database.transaction(durable=True) as session:
        while orphans := _orphans(session):
            session.run(_QUERIES["drop_from_index"], {"ids": json.dumps(orphans)})
        session.run(_QUERIES["forget_text_index"])
        ask(session, TEXT_INDEX)


def _orphans(session: Session) -> list[int]:
    return [number for (number,) in session.tuples(_QUERIES["index_orphans"], {"limit": _AT_ONCE})]


def _index_is_sound(database: Database) -> bool:
    """Whether the text index agrees with itself. SQLite's check is written as an insert, and changes nothing."""
    try:
        with database.transaction() as session:
            session.run(_QUERIES["check_index"])
    except HameauError:
        return False
    return True
