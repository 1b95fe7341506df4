"""What an adapter of a WebDAV server needs, without the rest of the house."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from hameau.kit import Missing
from hameau.library import Content, Item, Kept, Memory, SourceAdapter, SourceContext
from hameau.library.extraction.forms import told
from hameau.library.extraction.reasons import Unreadable, error
from hameau.library.ports import Told
from hameau.library.types import Source
from hameau.perimeter import Answer, Ask, Client, Patience, Perimeter, Session


class NearParser:
    """Reads forms right here: what the sandboxed one does, without a process."""

    def parse(self, form: str, data: bytes, kind: type[Told]) -> Told:
        try:
            return msgspec.json.decode(told(form, data), type=kind)
        except Unreadable as failure:
            raise error(failure.reason) from failure


@dataclass
class OneSecret:
    """The same for all; none at all when it is empty."""

    secret: str = ""

    def of(self, source: Source) -> str:
        if not self.secret:
            raise Missing
        return self.secret


class CountingClient:
    """A client that counts the requests of sessions, and the lines that they took."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.asked: list[Ask] = []
        self._lock = threading.Lock()

    @contextmanager
    def session(self, name: str, **more: object) -> Iterator[CountingSession]:
        with self._client.session(name, **more) as made:  # type: ignore[arg-type]
            yield CountingSession(self, made)

    @contextmanager
    def exchange(self, name: str, ask: Ask, **more: object) -> Iterator[Answer]:
        self.note(ask)
        with self._client.exchange(name, ask, **more) as answer:  # type: ignore[arg-type]
            yield answer

    def note(self, ask: Ask) -> None:
        with self._lock:
            self.asked.append(ask)


class CountingSession:
    def __init__(self, client: CountingClient, session: Session) -> None:
        self._client, self._session = client, session

    @contextmanager
    def ask(self, ask: Ask, *, patience: Patience | None = None) -> Iterator[Answer]:
        self._client.note(ask)
        with self._session.ask(ask, patience=patience) as answer:
            yield answer


@dataclass
class Syncing:
    """One source and its adapter, as the library would use them: what it listed, what it remembers."""

    adapter: SourceAdapter
    source: Source
    max_file_bytes: int = 50_000_000
    remembered: dict[str, str] = field(default_factory=dict)
    known: dict[str, Item] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def context(self, *, whole: bool = False) -> SourceContext:
        source = replace(self.source, documents=len(self.known))
        return SourceContext(source, self.max_file_bytes, memory=Memory(self.remembered), stop=self.stop, whole=whole)

    def sync(self, *, whole: bool = False) -> tuple[list[Item], list[str]]:
        """What is told, and what is kept; both, and the memory, are known afterwards."""
        context = self.context(whole=whole)
        items, kept = [], []
        for found in self.adapter.items(context):
            if isinstance(found, Kept):
                kept.append(found.below)
            else:
                items.append(found)
        for key, value in context.memory.noted.items():
            if value is None:
                self.remembered.pop(key, None)
            else:
                self.remembered[key] = value
        there = {item.uri: item for item in items}
        assert len(there) == len(items), "an address was told twice"
        kept_on = {uri: item for uri, item in self.known.items() if kept and uri.startswith(tuple(kept))}
        self.known = {**kept_on, **there}
        return items, kept

    def read(self, uri: str) -> bytes:
        with self.adapter.content(self.context(), uri) as content:
            return bytes_of(content)


def bytes_of(content: Content) -> bytes:
    return content.path.read_bytes() if content.path is not None else content.data


def border(folder: Path, port: int, name: str = "dav") -> Perimeter:
    """A perimeter that lets ``name`` reach the port on this machine."""
    made = Perimeter(folder)
    made.allow("127.0.0.1", port, why="a test", who="Ada", name=name, local=True)
    return made


def source(kind: str, uri: str, **settings: object) -> Source:
    return Source("src_1", "home", kind, uri, "", "ready", "", settings={"connection": "dav", **settings})
