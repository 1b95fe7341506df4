"""Every kind of source that this Hameau can read, each with what it needs. The one place that names their adapters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from hameau.library import Archives, Parser, Secrets, SourceAdapter, SourceContext
from hameau.library.sources import (
    BrowserSource,
    CaldavSource,
    CarddavSource,
    FeedSource,
    FolderSource,
    ImapSource,
    MailStoreSource,
    WebdavSource,
    ZimSource,
)
from hameau.perimeter import Client


@runtime_checkable
class WritableSource(SourceAdapter, Protocol):
    """A source where a person can have something kept."""

    def put(self, context: SourceContext, name: str, data: bytes) -> str: ...


def adapters(
    home: Path, scratch: Path, client: Client, secrets: Secrets, parser: Parser, archives: Archives
) -> Mapping[str, SourceAdapter]:
    """The adapters by the kind of source that they read. ``scratch`` is a folder of this process alone."""
    made: tuple[SourceAdapter, ...] = (
        FolderSource(but=[home]),
        MailStoreSource(but=[home]),
        ImapSource(client, secrets),
        WebdavSource(client, secrets, parser, scratch),
        CaldavSource(client, secrets, parser),
        CarddavSource(client, secrets, parser),
        FeedSource(client, parser, secrets),
        ZimSource(archives),
        BrowserSource(parser),
    )
    return {adapter.kind: adapter for adapter in made}
