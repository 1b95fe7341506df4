"""A source that lives in a dictionary; its files are written out when somebody reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from hameau.kit import N_, NotFound, Unavailable
from hameau.library import Item, SourceContext


class MemorySource:
    """``files`` maps a URI to its content and may change between two syncs; ``away`` makes the source unreachable."""

    kind = "memory"

    def __init__(self, folder: Path, files: dict[str, bytes] | None = None) -> None:
        self.files = files if files is not None else {}
        self.away = False
        self._folder = folder

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        return uri.strip("/")

    def items(self, context: SourceContext) -> Iterator[Item]:
        if self.away:
            raise Unavailable(N_("This does not work right now."))
        for uri, content in sorted(self.files.items()):
            digest = hashlib.sha256(content).hexdigest()
            yield Item(uri, Path(uri).name, len(content), "2026-01-01T00:00:00.000Z", digest)

    def path(self, context: SourceContext, uri: str) -> Path:
        if uri not in self.files:
            raise NotFound(N_("There is no such thing here."))
        path = self._folder / hashlib.sha256(uri.encode()).hexdigest()[:16] / Path(uri).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.files[uri])
        return path
