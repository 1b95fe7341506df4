"""The embedders of this machine: the one in use, those whose vectors still serve, and those that a program asks for by
name. Knows nothing of chat models."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hameau.kit import HameauError, stamp
from hameau.models.background import BackgroundEmbedder
from hameau.models.gate import Gate
from hameau.models.inspect import slug
from hameau.models.ports import Embedder, Engines, Vectors
from hameau.models.types import InstalledModel, ModelCard

logger = logging.getLogger(__name__)

_KEPT = 2  # embedders that programs asked for by name and that stay in memory, beside the one in use
_State = tuple[tuple[str, int, int], ...]


class Embedders:
    """Thread-safe. Locks are held for an instant: a search must not wait for a model that loads."""

    def __init__(self, engines: Engines, folder: Path, threads: int, gate: Gate, wanted: str) -> None:
        """``wanted`` is the one that the settings name: its name, the name of a folder or file in ``folder``, or a path;
        empty: the bundled one."""
        self._engines, self._folder, self._threads, self._gate = engines, folder, threads, gate
        self._wanted = wanted
        self._lock = threading.RLock()
        self._embedder: Embedder | None = None
        self._older: dict[str, Embedder | None] = {}  # by id: their vectors serve until the new ones are complete
        self._background: BackgroundEmbedder | None = None
        self._lent: OrderedDict[str, _Lent] = OrderedDict()
        self._seen: tuple[_State, tuple[InstalledModel, ...]] | None = None

    def embedder(self) -> Embedder:
        """The embedder for questions. Loads at its first text; raises :class:`Missing` then."""
        with self._lock:
            if self._embedder is None:
                self._embedder = self._engines.embedder(self._threads, self._path())
            return self._embedder

    def by_id(self, identity: str) -> Embedder | None:
        """The embedder that made the vectors called ``identity``, if it is still here. Loads nothing."""
        with self._lock:
            if self._embedder is not None and self._embedder.id == identity:
                return self._embedder
            if identity not in self._older:
                self._older[identity] = self._find(identity)
            return self._older[identity]

    def want(self, wanted: str) -> None:
        """From now on ``wanted`` is the embedder; the vectors of the one before serve until the new one has made its own."""
        with self._lock:
            if wanted == self._wanted:
                return
            self._wanted = wanted
            before, background = self._embedder, self._background
            self._embedder = self._background = None
            if before is not None:
                self._older[before.id] = before
        if background is not None:
            background.close()

    def background(self) -> BackgroundEmbedder:
        """The same embedder for passages, in a process of its own that stands still while a person waits."""
        with self._lock:
            if self._background is None:
                same = self.embedder()
                self._background = BackgroundEmbedder(
                    self._engines.embedding_worker, same.id, same.dimensions, self._threads, self._gate, self._path()
                )
            return self._background

    def in_use(self) -> Embedder:
        """The one in use, for a program that waits: background work stands aside while it embeds."""
        return _Waited(self.embedder(), self._gate)

    def named(self, name: str) -> Embedder:
        """The embedder that the engines call ``name``, for a program that waits. Raises :class:`NotFound`,
        :class:`BadInput` or :class:`Missing`."""
        with self.borrowed(name) as made:
            return _Borrowed(self, name, self._gate, made)

    def all(self) -> tuple[InstalledModel, ...]:
        """Those that a person put in the folder of models, by name. Read anew only when the folder has changed."""
        state = self._state()
        with self._lock:
            if self._seen is not None and self._seen[0] == state:
                return self._seen[1]
        found = tuple(filter(None, map(self._installed, self._engines.embedders(self._folder))))
        with self._lock:
            self._seen = state, found
        return found

    def close(self) -> None:
        """Ends every engine."""
        with self._lock:
            ended = [
                self._background,
                self._embedder,
                *self._older.values(),
                *(one.embedder for one in self._lent.values()),
            ]
            self._background = self._embedder = None
            self._older.clear()
            self._lent.clear()
        for embedder in filter(None, ended):
            embedder.close()

    @contextmanager
    def borrowed(self, name: str) -> Iterator[Embedder]:
        """The embedder that the engines call ``name``, kept for the length of the block."""
        with self._lock:
            one = self._lent.get(name)
            if one is None:
                one = self._lent[name] = _Lent(self._engines.embedder(self._threads, name))
            self._lent.move_to_end(name)
            one.users += 1
            ended = self._beyond()
        for each in ended:
            each.close()
        try:
            yield one.embedder
        finally:
            with self._lock:
                one.users -= 1

    def _beyond(self) -> list[Embedder]:
        """Those used least, taken out so that few stay. With the lock held."""
        idle = [name for name, one in self._lent.items() if not one.users]
        return [self._lent.pop(name).embedder for name in idle[: max(0, len(self._lent) - _KEPT)]]

    def _installed(self, name: str) -> InstalledModel | None:
        path = Path(name)
        if not path.is_absolute():
            return None
        try:
            made = self._engines.embedder(self._threads, name)
            files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
            size = sum(each.stat().st_size for each in files)
            added_at = stamp(path.stat().st_mtime)
        except (HameauError, OSError) as error:
            logger.debug("%s is not an embedder: %s", name, error)
            return None
        dimensions = made.dimensions
        made.close()
        title = path.stem if path.is_file() else path.name
        card = ModelCard(
            slug(title), "embedding", title, "", "", "", (), "", "", size, size, 0, dimensions=dimensions
        )  # fmt: skip
        return InstalledModel(card, name, added_at)

    def _find(self, identity: str) -> Embedder | None:
        for name in self._engines.embedders(self._folder):
            try:
                made = self._engines.embedder(self._threads, name)
            except HameauError as error:
                logger.debug("%s is not an embedder: %s", name, error)
                continue
            if made.id == identity:
                return made
            made.close()
        return None

    def _path(self) -> str:
        """The wish of the settings as the engines know it: a path for what lies in the folder of models."""
        inside = self._folder / self._wanted
        if self._wanted and inside.exists():
            return str(inside.absolute())
        return str(Path(self._wanted).expanduser()) if looks_like_path(self._wanted) else self._wanted

    def _state(self) -> _State:
        """What the folder holds: changes whenever something is put there or taken away."""
        try:
            entries = sorted(self._folder.iterdir())
            facts = [(entry, entry.stat()) for entry in entries if not entry.name.startswith(".")]
        except OSError:  # no such folder, or something went away this very moment
            return ()
        return tuple((entry.name, known.st_size, known.st_mtime_ns) for entry, known in facts)


@dataclass(slots=True)
class _Lent:
    embedder: Embedder
    users: int = field(default=0)


class _Waited:
    """An embedder that somebody waits for: background work stands aside while it embeds."""

    def __init__(self, embedder: Embedder, gate: Gate) -> None:
        self._embedder, self._gate = embedder, gate
        self.id, self.dimensions = embedder.id, embedder.dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        with self._gate.person():
            return self._embedder.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        with self._gate.person():
            return self._embedder.embed_passages(texts)

    def close(self) -> None:
        """Nothing: it stays for others."""


class _Borrowed:
    """An embedder asked for by name: loaded when it is used, and put away for others that are used more."""

    def __init__(self, owner: Embedders, name: str, gate: Gate, made: Embedder) -> None:
        self._owner, self._name, self._gate = owner, name, gate
        self.id, self.dimensions = made.id, made.dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        with self._gate.person(), self._owner.borrowed(self._name) as embedder:
            return embedder.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        with self._gate.person(), self._owner.borrowed(self._name) as embedder:
            return embedder.embed_passages(texts)

    def close(self) -> None:
        """Nothing: it stays for others, and goes when they are used more."""


def looks_like_path(what: str) -> bool:
    """Whether ``what`` names a file or a folder, and no model."""
    return "/" in what or "\\" in what or what.lower().endswith(".gguf") or what in (".", "..", "~")
