"""Sources that live in a dictionary: one of this machine, and one that behaves as if it were elsewhere."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hameau.kit import N_, Cancelled, HameauError, NotFound, Unavailable
from hameau.library import Changes, Content, Item, Kept, Reach, SourceContext, Watcher


class MemorySource:
    """``files`` maps a URI to its content and may change between two syncs; ``away`` makes the source unreachable."""

    kind = "memory"

    def __init__(self, folder: Path, files: dict[str, bytes] | None = None) -> None:
        self.files = files if files is not None else {}
        self.away = False
        self._folder = folder

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        return uri.strip("/")

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        if self.away:
            raise Unavailable(N_("This does not work right now."))
        for uri, content in sorted(self.files.items()):
            digest = hashlib.sha256(content).hexdigest()
            yield Item(uri, Path(uri).name, len(content), "2026-01-01T00:00:00.000Z", digest)

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        if uri not in self.files:
            raise NotFound(N_("There is no such thing here."))
        yield Content(Path(uri).name, data=self.files[uri])

    def present(self, context: SourceContext) -> None:
        if self.away:
            raise Unavailable(N_("This does not work right now."))


class DistantSource(MemorySource):
    """The same on another machine: several contents at once, a memory, a line that says that something changed.

    ``kept`` are the beginnings of URIs that are told to be as they were; ``trouble`` is raised by a listing, ``broken`` maps a
    URI to what is wrong with it alone; ``asked`` keeps the batches; ``heard`` the watchers. ``breaks_after`` contents the line
    is lost.
    """

    kind = "distant"
    batch = 10
    every_seconds = 900.0

    def __init__(self, folder: Path, files: dict[str, bytes] | None = None) -> None:
        super().__init__(folder, files)
        self.kept: list[str] = []
        self.trouble: HameauError | None = None
        self.broken: dict[str, HameauError] = {}
        self.asked: list[list[str]] = []
        self.listed: list[SourceContext] = []
        self.heard: list[Bell] = []
        self.breaks_after: int | None = None
        self.gone: set[str] = set()
        self.wait = threading.Event()
        """Set: contents are handed out at once; cleared: not before it is set, or the work is to stop."""
        self.wait.set()

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        self.listed.append(context)
        if self.trouble is not None:
            raise self.trouble
        for below in self.kept:
            yield Kept(below)
        for item in super().items(context):
            if not any(item.uri.startswith(below) for below in self.kept):
                yield item
        context.memory.note("listed", str(int(context.memory.get("listed") or "0") + 1))

    def contents(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        self.asked.append(list(uris))
        for uri in uris:
            while not self.wait.wait(0.02):
                if context.stop.is_set():
                    raise Cancelled("")
            if self.breaks_after is not None:
                self.breaks_after -= 1
                if self.breaks_after < 0:
                    self.breaks_after = None
                    raise Unavailable(N_("This does not work right now."))
            if uri in self.broken:
                yield uri, self.broken[uri]
            elif uri in self.gone or uri not in self.files:
                yield uri, NotFound(N_("There is no such thing here."))
            else:
                yield uri, Content(Path(uri).name, data=self.files[uri])

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        return Reach("exemple.fr", 443, "to read what is there")

    def try_out(self, context: SourceContext) -> str:
        if self.trouble is not None:
            raise self.trouble
        return "Souvenirs"

    def listener(self, context: SourceContext) -> Watcher | None:
        bell = Bell()
        self.heard.append(bell)
        return bell


class Bell:
    """A watcher that rings when told to."""

    out_of_watches = False
    complete = False

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self.lost = self.closed = False

    def ring(self, *, lost: bool = False) -> None:
        self.lost = lost
        os.write(self._write, b"!")

    def fileno(self) -> int:
        return self._read

    def changes(self) -> Changes:
        os.read(self._read, 64)
        if self.lost:
            raise Unavailable(N_("This does not work right now."))
        return Changes(everything=True)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._read)
            os.close(self._write)
