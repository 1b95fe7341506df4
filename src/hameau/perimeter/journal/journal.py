"""The journal itself: what the rest of the house writes into and reads from."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

from hameau.perimeter.journal import evidence, export, reading, words
from hameau.perimeter.journal.pen import Pen
from hameau.perimeter.journal.types import Entry, Fact, Kind, Summary, Verification
from hameau.perimeter.journal.verify import verify, verify_file

SEGMENT_BYTES = 16_000_000


class Journal:
    """What happened in this home, so that nobody can change it unseen.

    Each entry holds the hash of the one before it and is signed; the file ``head`` says where the journal ends. Any number
    of threads and processes may write. Whoever takes away, changes, moves or adds a byte is found by :meth:`verify`.

    What is not claimed: who can read the private key beside it, as every program of this account can, can write everything
    anew; who can write into the folder can put an old copy of the whole back. Both are found only with a head that was noted
    elsewhere, or an export in other hands. Nothing finds an attempt that was never written.

    A process that is killed loses no entry, at most a minute of counted repetitions (see ``floods``); a power cut may lose
    the last seconds.
    """

    verify_file = staticmethod(verify_file)
    sentence = staticmethod(words.sentence)
    reason = staticmethod(words.reason)
    kind_name = staticmethod(words.kind_name)

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._pen = self._new_pen()

    def record(self, kind: Kind, *, by: str = "", **facts: Fact) -> int:
        """Writes one entry; returns its number. ``by`` is who, when it is known.

        Texts over 2,000 signs are cut, numbers that are not finite are left out. A refusal that repeats one of the last
        minute is counted; the number is then that of the first one. Raises :class:`NotEnough` on a full disk (nothing is
        half-written), :class:`Corrupt` when the key is unusable, :class:`Unavailable` when the lock can't be had.
        """
        return self._own_pen().record(kind, by, facts)

    def erase(self, place: str, what: str, *, by: str = "") -> int:
        """Takes out what the entries about the library say of ``place``, the address of a document or source (``what``).

        The lines' hashes stay, so that the chain holds; tombstones stand in their place, and an entry that names them and a
        keyed hash of the place is written first. Returns how many there were; none is fine. Raises as :meth:`record`.
        """
        return self._own_pen().erase(place, what, by)

    def flush(self) -> None:
        """Writes down at once what was counted."""
        self._own_pen().flush()

    def close(self) -> None:
        """Flushes, and gives the files back. The journal can be used again."""
        self._own_pen().close()

    def entries(
        self,
        *,
        kinds: Collection[Kind] | None = None,
        since: float | None = None,
        until: float | None = None,
        text: str = "",
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Entry, ...]:
        """The newest entries first: of these kinds, from ``since`` and before ``until``, below the number ``before``, with
        ``text`` in their words. Memory stays bounded by the answer. Signatures are not checked here.
        """
        return reading.chosen(self.folder, kinds=kinds, since=since, until=until, text=text, before=before, limit=limit)

    def verify(self, *, head: str = "") -> Verification:
        """Reads the whole journal and holds it against its hashes and signatures; the journal can be written meanwhile.

        ``head`` is a hash that was noted earlier (at least its first 12 signs): not to find it means that the journal was
        written anew or taken back. Raises :class:`BadInput` when that is no hash.
        """
        while True:
            before = evidence.files_of(self.folder)
            found = verify(evidence.of_folder(self.folder), head=head)
            if found.ok or evidence.files_of(self.folder)[: len(before)] == before:
                return found  # else entries were erased meanwhile, and what was read is half of each

    def summary(self) -> Summary:
        """What the signed file ``head`` says, without reading the journal."""
        return evidence.summary(self.folder)

    def export(self, target: Path | BinaryIO, *, by: str = "") -> Verification:
        """Writes one file that holds the whole journal, for `verify_file` on any machine. The export is an entry too.

        A file appears as a whole or not at all. Returns what a check of the journal found at that moment.
        """
        self.flush()
        made = export.write(self.folder, target, self._clock())
        name = target.name if isinstance(target, Path) else ""
        self.record(Kind.EXPORTED_JOURNAL, by=by, file=name, entries=made.entries, head=made.head, sha256=made.sha256)
        return made.verification

    def mark(self, text: str) -> str:
        """A keyed hash of a content: the same content, the same mark; without the key of this journal it says nothing.

        Who holds the key can try whether a guessed text has this mark.
        """
        return self._own_pen().mark(text)

    def _own_pen(self) -> Pen:
        """A child that was forked begins with a pen of its own."""
        if self._pen.process != os.getpid():
            self._pen = self._new_pen()
        return self._pen

    def _new_pen(self) -> Pen:
        pen = Pen(self.folder, self._clock, self._segment_bytes)
        weakref.finalize(self, pen.put_down)  # also at the end of the process
        return pen
