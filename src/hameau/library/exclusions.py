"""What a person had forgotten stays out of a source, though its file is there: by its place, and by its content elsewhere.

Neither is kept as it is. A keyed hash (BLAKE2b, RFC 7693, its key the random id of the source) says nothing to a reader, and
the same to whoever knows the place; someone who holds the library can try places that they guess.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hameau.storage import Queries, Session

_QUERIES = Queries(Path(__file__).with_name("erasing.sql"))


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What is kept out of one source."""

    source_id: str
    places: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.places)

    def holds(self, uri: str) -> bool:
        """Whether the file at ``uri`` is kept out."""
        return bool(self.places) and mark(self.source_id, uri) in self.places

    def holds_content(self, content_hash: str) -> bool:
        """Whether a file with this content is."""
        return bool(self.contents and content_hash) and mark(self.source_id, content_hash) in self.contents


def exclusions(session: Session, source_id: str) -> Exclusions:
    """What is kept out of a source."""
    found = session.tuples(_QUERIES["excluded"], {"source_id": source_id})
    return Exclusions(source_id, frozenset(row[0] for row in found), frozenset(row[1] for row in found if row[1]))


def exclude(session: Session, source_id: str, uri: str, content_hash: str, parent_id: int | None = None) -> None:
    """Keep a file out of its source from now on; ``parent_id`` is the document around it."""
    content = mark(source_id, content_hash) if content_hash else ""
    asked = {"source_id": source_id, "place": mark(source_id, uri), "content": content, "parent_id": parent_id}
    session.run(_QUERIES["exclude"], asked)


def let_back(session: Session, source_id: str, uri: str = "") -> int:
    """Let a file back into its source; without ``uri``, all of them. How many were kept out."""
    return session.run(_QUERIES["let_back"], {"source_id": source_id, "place": place(source_id, uri)})


def place(source_id: str, uri: str) -> str | None:
    """How the place ``uri`` is kept; ``None``, which stands for all places, without one."""
    return mark(source_id, uri) if uri else None


def mark(source_id: str, text: str) -> str:
    """The keyed hash of a place or of a content."""
    key = source_id.encode()[:64]
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=key).hexdigest()
