"""Fetches what stands at an address of a WebDAV server: small things into memory, big ones into a file, bounded.

A line that breaks is no reason to begin anew: where the server gives a strong tag the rest is asked for (RFC 9110, 13.1.5, 14.2).
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hameau.kit import N_, Corrupt, HameauError, NotEnough, Unavailable
from hameau.library.ports import Content
from hameau.library.sources.dav_places import name_of
from hameau.library.sources.dav_server import DavServer, refusal
from hameau.perimeter import Answer, Patience

logger = logging.getLogger(__name__)

IN_MEMORY = 5 << 20
"""Bytes of a content that is handed over as it is; a longer one is written down first."""
_TRIES = 4
_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)")
_FULL = (28, 122)  # ENOSPC, EDQUOT


class Fetched:
    """What has arrived of one thing. Removed by :meth:`close`."""

    def __init__(self, limit: int, scratch: Path) -> None:
        self.size, self._limit, self._scratch = 0, limit, scratch
        self.etag = ""
        self._data = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def write(self, piece: bytes) -> None:
        """More of it. Raises ``NotEnough`` when it is too long, or the disk is full."""
        self.size += len(piece)
        if self.size > self._limit:
            raise _too_big()
        try:
            if self._file is None and self.size > IN_MEMORY:
                handle, name = tempfile.mkstemp(prefix="webdav-", dir=self._scratch)
                self._path, self._file = Path(name), os.fdopen(handle, "wb")
                self._file.write(self._data)
                self._data.clear()
            if self._file is None:
                self._data += piece
            else:
                self._file.write(piece)
        except OSError as error:
            if error.errno in _FULL:
                raise NotEnough(N_("The disk is full."), hint=N_("Make room, then synchronise again.")) from error
            raise

    def again(self) -> None:
        """From the beginning."""
        self.close()
        self.size = 0
        self._data.clear()

    def content(self, name: str) -> Content:
        """All of it, called ``name``; asked once."""
        if self._file is None or self._path is None:
            data = bytes(self._data)
            self._data.clear()
            return Content(name, data=data)
        self._file.flush()
        return Content(name, self._path, beneath=self._scratch)

    def close(self) -> None:
        """Takes the file away, if there is one."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._file = self._path = None


@contextmanager
def fetched(server: DavServer, path: str, limit: int, scratch: Path) -> Iterator[Content]:
    """What stands at ``path``, for the length of the block."""
    what = fetch(server, path, limit, scratch)
    try:
        yield what.content(name_of(path))
    finally:
        what.close()


def fetch(server: DavServer, path: str, limit: int, scratch: Path) -> Fetched:
    """What stands at ``path``, at most ``limit`` bytes; the caller's to close. Raises ``NotFound``, ``Refused``, ``NotEnough``
    or ``Unavailable``."""
    what = Fetched(limit, scratch)
    try:
        for attempt in range(_TRIES):
            try:
                _receive(server, path, limit, what)
            except Unavailable as error:
                if not what.size or not what.etag or attempt == _TRIES - 1:
                    raise
                logger.info("%s: %s after %d bytes, the rest is asked for: %s", server.host, path, what.size, error)
            else:
                return what
        raise AssertionError("unreachable")
    except BaseException:
        what.close()
        raise


def _receive(server: DavServer, path: str, limit: int, what: Fetched) -> None:
    """Asks for what is not here yet."""
    headers = {"Range": f"bytes={what.size}-", "If-Range": what.etag} if what.size else {}
    patience = Patience(first=120.0, between=30.0, total=limit + (1 << 20))
    with server.ask("GET", path, headers=headers, patience=patience) as answer:
        if answer.status == 416:
            raise _another(server)
        if answer.status not in (200, 206):
            raise refusal(server.host, path, answer)
        if not what.size or answer.status == 200:
            what.again()
            what.etag = _strong(answer)
        elif not _goes_on(answer, what.size):
            raise _another(server)
        announced = answer.header("content-length")
        if announced.isdecimal() and what.size + int(announced[:15]) > limit:
            raise _too_big()
        for piece in answer.pieces():
            what.write(piece)


def _goes_on(answer: Answer, size: int) -> bool:
    found = _RANGE.fullmatch(answer.header("content-range"))
    return found is not None and int(found[1]) == size


def _strong(answer: Answer) -> str:
    """The tag by which the very same bytes can be asked for again; empty for none."""
    tag = answer.header("etag")
    return tag if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', tag) else ""


def _another(server: DavServer) -> HameauError:
    return Corrupt(
        N_("{host} sent another part of the file than was asked for."),
        hint=N_("It is looked at again with the next synchronisation."),
        host=server.host,
    )


def _too_big() -> HameauError:
    return NotEnough(
        N_("This file is bigger than one file may be."), hint=N_("Split the file, or raise the limit in the settings.")
    )
