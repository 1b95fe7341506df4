"""The secrets of sources, and those that were just typed and are being tried: nothing is kept before it has worked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hameau.library import Secrets, Source


class TrialSecrets:
    """Secrets of sources that are in the library, from ``kept``, and of those that are being tried. Thread-safe."""

    def __init__(self, kept: Secrets) -> None:
        self._kept = kept
        self._tried: dict[str, str] = {}

    def of(self, source: Source) -> str:
        """See :class:`hameau.library.Secrets`."""
        if source.id in self._tried:
            return self._tried[source.id]
        return self._kept.of(source)

    @contextmanager
    def trying(self, source_id: str, secret: str) -> Iterator[None]:
        """For the length of the block, ``secret`` is that of the source called ``source_id``."""
        self._tried[source_id] = secret
        try:
            yield
        finally:
            del self._tried[source_id]
