"""Where documents come from: the sources, whether each is followed, and what its synchronisations came to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hameau.kit import N_, BadInput, Conflict, HameauError, NotFound, new_id, now
from hameau.library import rows
from hameau.library.erasing import Erasing, ForgetAnswers
from hameau.library.jobs import OF_A_SOURCE, RESCAN, SYNC, Job, Jobs, ask, done
from hameau.library.places import shown_place
from hameau.library.ports import Memory, PartlyUnavailable
from hameau.library.shelves import HOME
from hameau.library.types import Source
from hameau.perimeter import Kind, Witness
from hameau.storage import Database, Queries, Session

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class SourceBook:
    """The sources of ``database``."""

    def __init__(self, database: Database, witness: Witness, forget_answers: ForgetAnswers) -> None:
        self._database, self._witness = database, witness
        self._listeners: list[Callable[[], None]] = []
        self._listeners_lock = threading.Lock()
        self.jobs = Jobs(database, self._changed)
        """What the background work has yet to do."""
        self.erasing = Erasing(database, self.jobs, witness, forget_answers)
        """Deletion down to the last byte."""

    def add_source(
        self, kind: str, uri: str, *, space: str = HOME, title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source:
        """A new source, wanting its first sync; the one already there when it is known. ``uri`` is canonical already.

        A removal of the same address that was cut short is finished first. Raises ``BadInput`` without an address,
        ``NotFound`` for a space that is not there, ``Conflict`` while somebody removes one of this address right now.
        """
        if not uri.strip():
            raise BadInput(N_("A source needs an address."), hint=N_("Give the path of a folder or of a file."))
        asked = {"space": space, "kind": kind, "uri": uri}
        with self._database.read() as session:
            before = session.one(_QUERIES["source_by_uri"], asked)
        if before is not None and before["state"] == "removing":
            self.resume_removals()
        with self._database.transaction(durable=True) as session:
            if session.one(_QUERIES["space_there"], {"space": space}) is None:
                raise NotFound(
                    N_("There is no space “{space}”."),
                    hint=N_("Leave the space out to use the one of this house."),
                    space=space,
                )
            known = session.one(_QUERIES["source_by_uri"], asked)
            if known is None:
                source_id = new_id("src")
                extras = {"title": title, "settings": json.dumps(dict(settings or {})), "created_at": now()}
                session.run(_QUERIES["add_source"], {**asked, **extras, "id": source_id})
                ask(session, SYNC, source_id)
            elif known["state"] == "removing":
                raise Conflict(N_("This source is still being removed."), hint=N_("Wait a moment, then add it again."))
            else:
                source_id = known["id"]
                ask(session, SYNC, source_id)
        if known is None:
            self._witness.record(Kind.SOURCE_ADDED, source=shown_place(uri), type=kind, space=space)
        self._changed()
        return self.source(source_id)

    def source_ids(self, *, followed: bool = False) -> list[str]:
        """The ids of the sources of every space; only of those that are ``followed``, when wanted."""
        with self._database.read() as session:
            return [row[0] for row in session.tuples(_QUERIES["source_ids"], {"followed": followed})]

    def sources(self, space: str = HOME) -> list[Source]:
        """The sources of ``space``, oldest first, with their counts."""
        with self._database.read() as session:
            return [rows.source(row) for row in session.all(_QUERIES["sources"], {"space": space})]

    def source(self, source_id: str) -> Source:
        """One source. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["source"], {"id": source_id})
        if row is None:
            raise NotFound(
                N_("This source is not in the library."),
                hint=N_("It may have been removed. Look at the list of sources."),
            )
        return rows.source(row)

    def remove_source(self, source_id: str) -> None:
        """Remove a source with its documents, passages, index rows and vectors. Raises ``NotFound``."""
        gone = self.source(source_id)
        self.erasing.remove_source(source_id)
        self._witness.record(Kind.SOURCE_REMOVED, documents=gone.documents, space=gone.space)
        self._changed()

    def resume_removals(self) -> int:
        """Finish the removals that a kill interrupted; call it once at start."""
        finished = self.erasing.resume_removals()
        if finished:
            self._changed()
        return finished

    def change_source(self, source_id: str, *, settings: Mapping[str, object], title: str = "") -> Source:
        """Other settings, all of them, and another title when there is one; it is read again. Raises ``NotFound``."""
        with self._database.transaction(durable=True) as session:
            written = json.dumps(dict(settings))
            session.run(_QUERIES["change_source"], {"id": source_id, "settings": written, "title": title})
            ask(session, SYNC, self.source(source_id).id)
        self._changed()
        return self.source(source_id)

    def pause_source(self, source_id: str) -> None:
        """Leave a source alone: not compared, not followed, and what is being read of it stops soon. Raises ``NotFound``."""
        self._pause(source_id, now())

    def resume_source(self, source_id: str) -> None:
        """Follow a source again, from what it holds now. Raises ``NotFound``."""
        self._pause(source_id, "")

    def _pause(self, source_id: str, at: str) -> None:
        with self._database.transaction(durable=True) as session:
            if not session.run(_QUERIES["pause_source" if at else "resume_source"], {"id": source_id, "at": at}):
                self.source(source_id)  # raises, unless it was so already
            elif not at:
                ask(session, RESCAN, source_id)
        self._changed()

    def left_alone(self) -> frozenset[str]:
        """The ids of the sources of every space that are paused, or being removed."""
        with self._database.read() as session:
            return frozenset(row[0] for row in session.tuples(_QUERIES["sources_left_alone"]))

    def request_sync(self, source_id: str) -> None:
        """Ask for a source to be read again, by whichever process indexes. Raises ``NotFound``."""
        with self._database.transaction() as session:
            if session.one(_QUERIES["source_there"], {"id": source_id}) is None:
                raise NotFound(
                    N_("This source is not in the library."),
                    hint=N_("It may have been removed. Look at the list of sources."),
                )
            ask(session, SYNC, source_id)
        self._changed()

    def sources_to_sync(self) -> list[Source]:
        """Sources of every space for which a sync was asked and not yet done."""
        with self._database.read() as session:
            ids = [row["id"] for row in session.all(_QUERIES["sources_wanted"], {"at": now()})]
        return [self.source(source_id) for source_id in ids]

    def at_work(self) -> bool:
        """Whether any source is being read, or is about to be: not one that is paused, or away for now."""
        with self._database.read() as session:
            return bool(session.value(_QUERIES["at_work"], {"at": now()}))

    def begin_sync(self, source_id: str) -> list[Job]:
        """Note that a sync begins; the jobs that it does, to give to :meth:`end_sync`. A request that comes meanwhile stays."""
        with self._database.transaction() as session:
            session.run(_QUERIES["begin_sync"], {"id": source_id})
        self._changed()
        return self.jobs.of(source_id, OF_A_SOURCE)

    def end_sync(
        self,
        source_id: str,
        served: Sequence[Job],
        error: HameauError | None = None,
        read: int = 0,
        failed: int = 0,
        removed: int = 0,
        memory: Memory | None = None,
    ) -> None:
        """Note that the sync is over, with what went wrong for the source as a whole, and how many documents it read, could
        not read, and took out. What its adapter noted in ``memory`` is kept unless the source could not be read."""
        ended = {
            "id": source_id,
            "at": now(),
            "state": "ready" if error is None or isinstance(error, PartlyUnavailable) else "failed",
            "error": error.message if error else None,
            "hint": (error.hint or None) if error else None,
            "fields": rows.fields(error.fields) if error else "{}",
        }
        with self._database.transaction() as session:
            session.run(_QUERIES["end_sync"], ended)
            if memory is not None and ended["state"] == "ready":
                _remember(session, source_id, memory)
            done(session, served)
        self._indexed(source_id, read, failed, removed)

    def memory(self, source_id: str) -> Memory:
        """What the adapter of a source remembers since the last synchronisation that ended well."""
        with self._database.read() as session:
            return Memory(dict(session.tuples(_QUERIES["memory"], {"id": source_id})))

    def unfinished(self, source_id: str) -> bool:
        """Whether documents of a source wait for their text."""
        with self._database.read() as session:
            return session.value(_QUERIES["unfinished"], {"id": source_id}) is not None

    def followed(self) -> dict[str, Source]:
        """The sources of every space that are to be followed, by id, without their counts."""
        with self._database.read() as session:
            return {row["id"]: rows.source(row) for row in session.all(_QUERIES["sources_followed"])}

    def end_look(self, source_id: str, served: Sequence[Job], read: int = 0, failed: int = 0, removed: int = 0) -> None:
        """Note that changed places were looked at: the rest of the source is as it was."""
        self.jobs.done(served)
        self._indexed(source_id, read, failed, removed)

    def note_mounts(self, source_id: str, mounts: Sequence[str]) -> None:
        """Remember which disks and shares are mounted inside a source, so that nothing is forgotten when one is away."""
        with self._database.transaction() as session:
            session.run(_QUERIES["note_mounts"], {"id": source_id, "mounts": json.dumps(sorted(mounts))})

    def _indexed(self, source_id: str, read: int, failed: int, removed: int) -> None:
        if read or removed:
            uri = self.source(source_id).uri
            self._witness.record(Kind.INDEXED, source=shown_place(uri), documents=read, failed=failed, removed=removed)
        self._changed()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener``, quickly and from any thread, after each change made by this process; what comes back ends it."""
        with self._listeners_lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._listeners_lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def _changed(self) -> None:
        with self._listeners_lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()


def _remember(session: Session, source_id: str, memory: Memory) -> None:
    noted = [(source_id, key, value) for key, value in memory.noted.items() if value is not None]
    session.many(_QUERIES["remember"], noted)
    session.many(_QUERIES["forget"], [(source_id, key) for key, value in memory.noted.items() if value is None])
