"""The source ``zim``: an archive in one file, such as an encyclopedia, asked at each search instead of read into the library.

It lists nothing: a synchronisation only looks whether the file is there and can be opened. Opens nothing itself.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from hameau.kit import N_, BadInput, NotFound, Refused, Unavailable
from hameau.library.archives import ArchiveFacts
from hameau.library.ports import Content, Item, Kept, SourceContext

MAGIC = b"ZIM\x04"
"""How every archive begins (openzim.org, "ZIM file format")."""
_SEEN = "seen"


class Opens(Protocol):
    """Who opens archives; :class:`hameau.library.Archives` does."""

    def about(self, path: Path) -> ArchiveFacts: ...


class ZimSource:
    """Checks archives; ``archives`` opens them, each in a process of its own."""

    kind = "zim"

    def __init__(self, archives: Opens) -> None:
        self._archives = archives

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The absolute path of an archive, links resolved.

        Raises ``BadInput`` for what is no archive, ``NotFound`` when nothing is there, ``Refused`` for what may not be read.
        """
        del settings
        if not uri.strip() or "\0" in uri or "://" in uri:
            raise BadInput(N_("This is not the path of an archive."), hint=N_("Give the path of a .zim file."))
        try:
            path = Path(uri).expanduser().resolve(strict=True)
            text = str(path)
            text.encode()
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise BadInput(N_("{path} is no archive."), hint=N_("Give the path of a .zim file."), path=text)
            with path.open("rb") as file:
                begins = file.read(len(MAGIC))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(N_("There is no file at {path}."), path=_shown(uri)) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(
                N_("{path} can't be read."), hint=N_("Give your account the right to read it."), path=_shown(uri)
            ) from error
        if begins != MAGIC:
            raise BadInput(
                N_("{path} is no archive."),
                hint=N_("Archives of encyclopedias end in .zim; you find them at library.kiwix.org."),
                path=text,
            )
        return text

    def title(self, uri: str) -> str:
        """What the archive calls itself. Raises ``Corrupt`` or ``Unavailable`` when it can't be opened."""
        return self._archives.about(Path(uri)).title

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Nothing: what an archive holds is not listed. Raises ``Unavailable`` when it is not there, ``Corrupt`` when it can't
        be opened; one that is as it was is not opened again."""
        seen = self._state(context)
        if context.whole or context.memory.get(_SEEN) != seen:
            self._archives.about(Path(context.source.uri))
            context.memory.note(_SEEN, seen)
        return iter(())

    def content(self, context: SourceContext, uri: str) -> AbstractContextManager[Content]:
        """Raises ``NotFound``: pages of an archive are read where they are."""
        raise NotFound(N_("The archive has no such page."), hint=N_("Search for it, or begin at its first page."))

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` when the file is away."""
        self._state(context)

    def _state(self, context: SourceContext) -> str:
        try:
            status = Path(context.source.uri).stat()
        except (OSError, ValueError) as error:
            raise Unavailable(
                N_("The archive is not there right now."), hint=N_("Connect the disk it lies on, or remove the source.")
            ) from error
        return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
