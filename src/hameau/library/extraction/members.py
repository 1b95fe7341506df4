"""Files inside a file, as sections of one text: a heading with the name of each, its words below, and a list of those that
were not read. Runs inside the worker; knows nothing of archives and mails."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from hameau.library.extraction import limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.kinds import HEAD_BYTES, READ_FAMILIES, kind_of
from hameau.library.extraction.reasons import MEMBERS_LEFT, MEMBERS_LOCKED, MEMBERS_UNREAD, SOME_BROKEN, Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

logger = logging.getLogger(__name__)

_HEADING = re.compile(r"^(#{1,6})(?=[ \t]+\S)", re.MULTILINE)
_DRIVE = re.compile(r"^[A-Za-z]:")
_JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_DOUBTS = {"encrypted": MEMBERS_LOCKED, "left": MEMBERS_LEFT, "broken": SOME_BROKEN}
_WHY = {
    "encrypted": "protégé par un mot de passe",
    "damaged": "endommagé",
    "empty": "vide",
    "sound": "enregistrement ou film",
    "ocr_missing": "image de texte, non reconnue",
    "closed_archive": "archive d'un genre qui n'est pas ouvert",
    "bomb": "archive qui se déplierait sans fin",
    "too_big": "trop gros",
    "left": "au-delà de ce qui est lu d'un fichier",
    "broken": "a interrompu la lecture",
}
"""Said in the document itself, beside the names; French like the labels of a mail's header."""
_OTHERWISE = "non lu"


class Members:
    """Writes the files inside one file into ``draft``, their names as headings of ``level``."""

    def __init__(self, draft: Draft, context: Context, level: int = 1) -> None:
        self._draft, self._context, self._level = draft, context, level
        self._unread: list[tuple[str, str]] = []
        self.read = 0

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """The path of each file that was not read, and the reason."""
        return tuple(self._unread)

    def wanted(self, path: str, head: bytes) -> bool:
        """Whether a member is worth unpacking, by its first bytes; notes it otherwise."""
        budget = self._context.budget
        if budget.members <= 0 or budget.bytes <= 0 or budget.is_spent():
            self.skip(path, "left")
            return False
        family = kind_of(PurePosixPath(path).name, head).family
        if family != "text" and family not in READ_FAMILIES:
            self.skip(path, family)
            return False
        return True

    def add(self, path: str, data: bytes) -> None:
        """Reads a member and writes it down; whatever is wrong with it is a verdict on it alone."""
        if not self.wanted(path, data[:HEAD_BYTES]):
            return
        self._context.budget.bytes -= len(data)
        self.read_by(lambda deeper: self._context.read(data, PurePosixPath(path).name, deeper), path, size=len(data))

    def read_by(self, read: Callable[[Context], Extracted], path: str, *, size: int = 0) -> None:
        """Reads a member of ``size`` bytes by ``read``, in a step of its own, and writes it down."""
        self._context.budget.members -= 1
        if not self._context.begin():
            self.skip(path, "broken")
            return
        try:
            found = read(self._deeper())
        except Unreadable as verdict:
            logger.info("%.200r inside a file: %s", path, verdict)
            self.skip(path, verdict.reason)
        except MemoryError:
            self.skip(path, "too_big")
        except Exception:  # the edge around one member, as the worker's around one file
            logger.exception("reading a member failed")
            self.skip(path, "damaged")
        else:
            self.read += 1
            self._write(path, found, size)

    def skip(self, path: str, reason: str) -> None:
        """Notes a file that was not read."""
        self._unread.append((path, reason))

    def finish(self) -> None:
        """Writes the list of what was not read, and says so of the whole file."""
        if not self._unread:
            return
        self._context.budget.doubts |= {_DOUBTS.get(reason, MEMBERS_UNREAD) for _, reason in self._unread}
        self._draft.block(f"{'#' * self._level} Fichiers non lus")
        for path, reason in self._unread[: limits.NAMED]:
            self._draft.block(f"{path} : {_WHY.get(reason, _OTHERWISE)}", close=True)
        if len(self._unread) > limits.NAMED:
            self._draft.block(f"… et {len(self._unread) - limits.NAMED} autres", close=True)
        self._draft.end_rows()

    def _deeper(self) -> Context:
        """The context of a member: what is inside it again is a section of the text, like itself."""
        return replace(self._context.deeper(), apart=False)

    def _write(self, path: str, found: Extracted, size: int) -> None:
        before = self._draft.characters
        self._draft.block(f"{'#' * self._level} {path}")
        if found.title and one_line(found.title) not in (path, PurePosixPath(path).name):
            self._draft.block(one_line(found.title)[: limits.TITLE_CHARACTERS])
        self._draft.block(lowered(found.text, self._level))
        for part in found.parts:
            self._draft.block(lowered(part.extracted.text, self._level + 1))
        self._context.budget.characters -= self._draft.characters - before


def lowered(text: str, by: int) -> str:
    """``text`` with its headings ``by`` levels further down."""
    return _HEADING.sub(lambda match: "#" * min(len(match[1]) + by, 6), text)


def shown(path: str) -> str:
    """The path of a member as it may be shown: relative, on one line, leading nowhere else."""
    flat = one_line(_DRIVE.sub("", path.replace("\\", "/")))
    parts = [part for part in flat.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-limits.LONGEST_PATH :]


def is_junk(path: str) -> bool:
    """Whether a member is what a system left there: hidden files, previews, resource forks."""
    return any(part.startswith(".") or part in _JUNK for part in path.split("/"))
