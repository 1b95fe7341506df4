"""What is stored, looked at: documents, their passages, what they are part of, and how far the library is. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hameau.kit import N_, NotFound
from hameau.library import rows
from hameau.library.links import links
from hameau.library.types import Aside, Document, DocumentState, LibraryStatus, Links, Passage
from hameau.storage import Database, Queries

HOME = "home"
"""The space of one machine with one person."""
_QUERIES = Queries(Path(__file__).with_name("queries.sql"))
_OF_ONE_THREAD = 500


class Shelves:
    """The documents of ``database``. ``notices`` are what a person should know of the whole house."""

    def __init__(self, database: Database, notices: Callable[[], Sequence[str]]) -> None:
        self._database, self._notices = database, notices
        self._status: dict[str, tuple[int, LibraryStatus]] = {}

    def documents(
        self,
        source_id: str | None = None,
        *,
        space: str | None = HOME,
        state: DocumentState | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Document]:
        """Documents by title, of a source or of a whole space; ``space=None`` with a ``source_id`` takes its own."""
        asked = {"source_id": source_id, "space": None if source_id else space, "state": state}
        with self._database.read() as session:
            found = session.all(_QUERIES["documents"], {**asked, "limit": max(0, limit), "offset": max(0, offset)})
        return [rows.document(row) for row in found]

    def document(self, document_id: int) -> Document:
        """One document. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["document"], {"id": document_id})
        if row is None:
            raise NotFound(
                N_("This document is not in the library."), hint=N_("It may have been removed or moved since.")
            )
        return rows.document(row)

    def text(self, document_id: int) -> str:
        """The whole text as it was extracted: locators count in it."""
        with self._database.read() as session:
            return "".join(row[0] for row in session.tuples(_QUERIES["text"], {"id": document_id}))

    def asides(self, document_id: int) -> list[Aside]:
        """The pieces of a document's text that are in no passage, in order: kept to be read, never searched."""
        with self._database.read() as session:
            return [Aside(*row) for row in session.tuples(_QUERIES["asides"], {"id": document_id})]

    def parts(self, document_id: int) -> list[Document]:
        """The documents inside a document, in its order."""
        with self._database.read() as session:
            return [rows.document(row) for row in session.all(_QUERIES["parts"], {"id": document_id})]

    def part_hashes(self, document_id: int) -> dict[str, str]:
        """Of each document inside a document, by its URI, the hash of its content."""
        with self._database.read() as session:
            return dict(session.tuples(_QUERIES["part_hashes"], {"id": document_id}))

    def thread(self, document_id: int) -> list[Document]:
        """The conversation that a document belongs to, itself included, oldest first, 500 at most. Raises ``NotFound``."""
        asked = {"id": document_id, "limit": _OF_ONE_THREAD}
        with self._database.read() as session:
            found = [rows.document(row) for row in session.all(_QUERIES["thread"], asked)]
        return found or [self.document(document_id)]

    def links(self, document_id: int) -> Links:
        """What a document points at, and which point at it. Raises ``NotFound``."""
        document = self.document(document_id)
        with self._database.read() as session:
            return links(session, document)

    def passages(self, document_id: int) -> list[Passage]:
        """The passages of a document, in order."""
        with self._database.read() as session:
            return [rows.passage(row) for row in session.all(_QUERIES["passages"], {"id": document_id})]

    def passage(self, passage_id: int) -> Passage:
        """One passage. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["passage"], {"id": passage_id})
        if row is None:
            raise NotFound(
                N_("This passage is not in the library any more."),
                hint=N_("The document has changed since. Search again."),
            )
        return rows.passage(row)

    def status(self, space: str = HOME) -> LibraryStatus:
        """Counts for ``space``, and what there is to say of the whole house; cheap to ask again and again."""
        counted = self._counted(space)
        return replace(counted, notices=tuple(dict.fromkeys((*self._notices(), *counted.notices))))

    def _counted(self, space: str) -> LibraryStatus:
        version = self._database.data_version()
        kept = self._status.get(space)
        if kept is not None and kept[0] == version:
            return kept[1]
        with self._database.read() as session:
            counts = {row["state"]: row for row in session.all(_QUERIES["status"], {"space": space})}
            embedded = session.value(_QUERIES["embedded_passages"], {"space": space})
            notices = tuple(row["reason"] for row in session.all(_QUERIES["doubts"], {"space": space}))
        documents = {state: row["documents"] for state, row in counts.items()}
        status = LibraryStatus(
            documents=sum(documents.values()),
            passages=sum(row["passages"] for row in counts.values()),
            embedded_passages=int(embedded or 0),
            pending=documents.get("pending", 0),
            failed=documents.get("failed", 0),
            notices=notices,
        )
        self._status[space] = (version, status)
        return status

    def failures(self, space: str = HOME, limit: int = 1000) -> list[Document]:
        """The documents that could not be read, with the reason."""
        return self.documents(space=space, state="failed", limit=limit)

    def generation(self) -> int:
        """A number that changes whenever anybody, in any process, has written. For pages that poll."""
        return self._database.data_version()
