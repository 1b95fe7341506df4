"""Taking documents out of the library so that nothing of them stays: rows at once, their last bytes in steps.

A deletion is a transaction: afterwards no list, search or answer knows the document. What the file itself still holds of its
words is then taken out by :meth:`Erasing.step`, as a job: terms that the text index only marked as deleted, pages that hold
nothing, the log, and what SQLite leaves in pages that are still in use. A step is short, so that a million passages do not stop
the house, and each can be cut short by a kill. docs/decisions/0017-leave-no-trace.md says what is and what can't be promised.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from hameau.kit import N_, HameauError, NotFound, Unavailable
from hameau.library.exclusions import Exclusions, exclude, exclusions, let_back, place
from hameau.library.jobs import ERASE, REDACT, REMOVE, SYNC, Jobs, ask
from hameau.library.places import shown_place
from hameau.library.types import Document
from hameau.perimeter import Witness
from hameau.storage import Database, Queries, Session

logger = logging.getLogger(__name__)
ForgetAnswers = Callable[[Session, Sequence[int]], object]
"""Takes what rests on some documents out of the answers that were kept, in the transaction that removes them."""

VANISHED_WAIT = 600.0
"""Seconds: files that go in the course of things are often many, so their last bytes go together."""
CHANGED_WAIT = 6 * 3600.0
"""The same for the old text of a document that stays: who saves a file every minute must not have all rewritten each time."""
_QUERIES = Queries(Path(__file__).with_name("erasing.sql"))
_REMOVED_AT_ONCE = 50
_MERGED_PAGES, _FREED_PAGES, _SCRUBBED_PAGES = 300, 500, 2048
"""Of one step, each some tens of milliseconds."""
_FIRST_TOMBSTONES = (1 << 16) + 1 << 37
"""Where FTS5 keeps which rows of a segment are deleted (``FTS5_TOMBSTONE_ROWID`` in its source, since SQLite 3.43)."""


class Erasing:
    """The forgetting half of the library over ``database``."""

    def __init__(self, database: Database, jobs: Jobs, witness: Witness, answers: ForgetAnswers) -> None:
        self._database, self._jobs, self._witness, self._answers = database, jobs, witness, answers
        self._page = 1

    def remove_document(self, document_id: int) -> None:
        """Remove a document with its passages, index rows and vectors. Twice is fine."""
        self.remove_documents([document_id])

    def remove_documents(self, document_ids: Sequence[int]) -> None:
        """The same for several, in one transaction."""
        if document_ids:
            with self._database.transaction() as session:
                self.remove(session, document_ids)
                ask(session, ERASE, wait=VANISHED_WAIT)

    def forget_document(self, document_id: int, *, keep_out: bool) -> tuple[str, ...]:
        """Remove a document because a person asks: it does not come back while ``keep_out`` holds, and the journal forgets it.

        Returns where the same content still stands. Raises ``NotFound``.
        """
        with self._database.transaction(durable=True) as session:
            found = session.one(_QUERIES["document_to_forget"], {"id": document_id})
            if found is None:
                raise NotFound(
                    N_("This document is not in the library."), hint=N_("It may have been removed or moved since.")
                )
            copies = tuple(row["uri"] for row in session.all(_QUERIES["copies"], {"id": document_id}))
            if keep_out:
                exclude(session, found["source_id"], found["uri"], found["content_hash"], found["parent_id"])
            self.remove(session, [document_id])
            ask(session, REDACT, found["uri"], {"what": "document"})
            ask(session, ERASE)
        self.redact()
        return copies

    def remove_source(self, source_id: str) -> None:
        """Remove a source and all its documents. It disappears from every list at once; a kill in the middle is resumed."""
        with self._database.transaction(durable=True) as session:
            uri = session.value(_QUERIES["source_uri"], {"id": source_id})
            if not session.run(_QUERIES["mark_source_removing"], {"id": source_id}):
                raise NotFound(
                    N_("This source is not in the library."),
                    hint=N_("It may have been removed. Look at the list of sources."),
                )
            ask(session, REMOVE, source_id)  # goes with the source's row, by a trigger
            ask(session, REDACT, uri, {"what": "source"})
        self._finish_removal(source_id)
        self.redact()

    def resume_removals(self) -> int:
        """Finish what a kill interrupted; how many sources were still there."""
        with self._database.read() as session:
            ids = [row["id"] for row in session.all(_QUERIES["sources_removing"])]
        for source_id in ids:
            self._finish_removal(source_id)
        return len(ids)

    def exclusions(self, source_id: str) -> Exclusions:
        """What a person keeps out of a source."""
        with self._database.read() as session:
            return exclusions(session, source_id)

    def let_back(self, source_id: str, uri: str = "") -> int:
        """Let a file that was kept out back into its source, or without ``uri`` all of them; how many there were."""
        with self._database.transaction(durable=True) as session:
            session.run(_QUERIES["read_around_again"], {"source_id": source_id, "place": place(source_id, uri)})
            count = let_back(session, source_id, uri)
            if count:
                ask(session, SYNC, source_id)
        return count

    def documents_at(self, uri: str, space: str) -> list[int]:
        """The ids of the documents that were read at one place and below it; several when sources overlap."""
        with self._database.read() as session:
            return [row["id"] for row in session.all(_QUERIES["documents_at"], {"uri": uri, "space": space})]

    def redact(self) -> None:
        """Take out of the journal what it says about places that were forgotten."""
        for job in self._jobs.due():
            if job.kind == REDACT:
                try:
                    self._witness.forget(shown_place(job.subject), str(job.detail.get("what", "")))
                except HameauError as error:  # a full disk: what is forgotten is forgotten, and the journal follows
                    logger.warning("the journal is to forget a place later: %s", error)
                    self._jobs.put_off(job, error)
                else:
                    self._jobs.done([job])

    def step(self) -> bool:
        """A step towards a file without a word of what was deleted; whether there is more to do.

        Raises ``Unavailable`` while somebody reads what is to go.
        """
        self.redact()
        if self._database.make_shrinkable() or self._merged_or_freed():
            self._page = 1
            return True
        scrubbed = self._database.scrub(self._page, _SCRUBBED_PAGES)
        if scrubbed is None:
            raise Unavailable(N_("Somebody reads the library right now: its last deleted words go in a moment."))
        self._page, changed = scrubbed
        if changed:  # who remembers such a page learns that it is another now
            with self._database.transaction() as session:
                session.run(_QUERIES["note_scrubbed"], {"detail": json.dumps({"page": self._page})})
        if self._page:
            return True
        self._page = 1
        return not self._database.fold()

    def finish(self) -> None:
        """All steps at once, for a command that waits for them."""
        while waiting := [job for job in self._jobs.all() if job.kind == ERASE]:
            while self.step():
                pass
            self._jobs.done(waiting)
        self._database.fold()

    def _merged_or_freed(self) -> bool:
        with self._database.transaction() as session:
            left = session.one(_QUERIES["leftovers"], {"first": _FIRST_TOMBSTONES}) or {}
            for index in ("passage_index", "turn_index"):
                if left[index]:  # fewer than nothing: all segments into one, however few of their rows are deleted
                    session.run(_QUERIES[f"merge_{index}"], {"pages": -_MERGED_PAGES})
                    return True
            if left["free"]:
                session.run(f"pragma incremental_vacuum({_FREED_PAGES})")
            return bool(left["free"])

    def _finish_removal(self, source_id: str) -> None:
        while True:
            with self._database.transaction() as session:
                asked = {"source_id": source_id, "limit": _REMOVED_AT_ONCE}
                ids = [row["id"] for row in session.all(_QUERIES["some_documents_of_source"], asked)]
                self.remove(session, ids)
                if not ids:
                    session.run(_QUERIES["delete_source"], {"id": source_id})
                    ask(session, ERASE)
                    return

    def remove(self, session: Session, document_ids: Sequence[int]) -> None:
        """Remove documents with the documents inside them, in a transaction of the caller's."""
        if not document_ids:
            return
        inside = session.tuples(_QUERIES["inside"], {"ids": json.dumps(list(document_ids))})
        going = [*(one[0] for one in inside), *document_ids]
        for document_id in going:
            clear(session, document_id)
            session.run(_QUERIES["delete_document"], {"id": document_id})
        self._answers(session, going)


def erase_soon(session: Session) -> None:
    """Ask, in the transaction that deletes something of any room, for its last bytes to go too."""
    ask(session, ERASE)


def no_answers(session: Session, document_ids: Sequence[int]) -> None:
    """For a library beside which no answers are kept."""


def turned_away(session: Session, document: Document, content_hash: str) -> bool:
    """Whether a new document has a content that is kept out of its source; it is gone then, and its place is remembered."""
    if document.content_hash or not exclusions(session, document.source_id).holds_content(content_hash):
        return False
    exclude(session, document.source_id, document.uri, content_hash)
    session.run(_QUERIES["delete_document"], {"id": document.id})
    return True


def clear_index(session: Session, document_id: int) -> None:
    """Take a document out of the text index; its passages stay."""
    session.run(_QUERIES["delete_index_of_document"], {"id": document_id})


def clear(session: Session, document_id: int) -> None:
    """Take away all that was read in a document, its index rows and vectors with it; the document itself stays, and so do the
    documents inside it."""
    clear_index(session, document_id)
    asides = session.run(_QUERIES["delete_asides"], {"id": document_id})
    session.run(_QUERIES["delete_links"], {"id": document_id})
    if session.run(_QUERIES["delete_passages"], {"id": document_id}) or asides:
        session.run(_QUERIES["no_first_passage"], {"id": document_id})
        ask(session, ERASE, wait=CHANGED_WAIT)
