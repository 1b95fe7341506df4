"""Files that a person hands over: received within bounds, named safely, kept whole or not at all.

They go to ``uploads/<space>`` in the home folder, which is itself a source of the kind ``folder``: reading them is the
library's work, as for any other file. A file is written beside its name and moved in place when it is complete.
"""

from __future__ import annotations

import errno
import filecmp
import os
import re
import shutil
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from hameau.kit import N_, BadInput, NotEnough, NotFound, Refused, new_id, say
from hameau.library import Source
from hameau.server.endpoint import too_large
from hameau.server.ports import House
from hameau.server.shapes import Uploaded

MAX_FILES = 500
MAX_TOTAL = 1_000_000_000
"""Bytes of one request: the received parts wait in the temporary folder until they are moved."""
MAX_NAME_BYTES = 180
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


@asynccontextmanager
async def receive_files(request: Request) -> AsyncIterator[list[UploadFile]]:
    """The files of a multipart form, on disk beyond a megabyte each; gone when the block ends."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > MAX_TOTAL:
        raise too_large(MAX_TOTAL)
    bounded = Request(request.scope, _counted(request))
    try:
        form = await bounded.form(max_files=MAX_FILES, max_fields=20)
    except HTTPException as error:
        raise BadInput(
            N_("The files did not arrive as expected."), hint=N_("Send at most {most} files at a time."), most=MAX_FILES
        ) from error
    except OSError as error:
        raise _unwritable(error) from error
    try:
        files = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
        if not files:
            raise BadInput(N_("No file came."), hint=N_("Choose at least one file."))
        yield files
    finally:
        await form.close()


def _counted(request: Request):  # type: ignore[no-untyped-def]
    size = 0

    async def receive() -> Message:
        nonlocal size
        message = await request.receive()
        size += len(message.get("body", b""))
        if size > MAX_TOTAL:
            raise too_large(MAX_TOTAL)
        return message

    return receive


def keep(house: House, space: str, files: Sequence[UploadFile], language: str) -> Uploaded:
    """Writes ``files`` into the folder of ``space`` and has it read."""
    folder = house.settings.home_path / "uploads" / space
    limit = house.settings.max_file_bytes
    for file in files:
        if (file.size or 0) > limit:
            raise too_large(limit)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(error) from error
    try:
        source = _source(house, space, folder, language)
    except NotFound:  # no such space: nothing is kept for it
        folder.rmdir()
        raise
    try:
        names = [write(folder, safe_name(file.filename or ""), file.file) for file in files]
    except OSError as error:
        raise _unwritable(error) from error
    house.library.request_sync(source.id)
    return Uploaded(source, tuple(names))


def _source(house: House, space: str, folder: Path, language: str) -> Source:
    """The source of the uploads folder: made with the first file."""
    for source in house.library.sources(space):
        if source.kind == "folder" and source.uri in (str(folder), str(folder.resolve())):
            return source
    title = say(N_("Files I added"), language)
    return house.add_source("folder", str(folder), space=space, title=title)


def safe_name(name: str) -> str:
    """A file name without folders, controls, reserved signs or leading dots; at most 180 bytes, its ending kept."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = name.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip().strip(".").strip()
    stem, ending = PurePath(name).stem, PurePath(name).suffix
    if len(ending.encode()) > 20:
        stem, ending = name, ""
    stem = stem.encode()[: MAX_NAME_BYTES - len(ending.encode())].decode("utf-8", "ignore").rstrip(" .")
    return (stem or "document") + ending


def write(folder: Path, name: str, content: BinaryIO) -> str:
    """Keeps ``content`` in ``folder`` under ``name``, or under ``name (2)`` when another file has it already.

    The same file twice is one file. Returns the name that it got.
    """
    waiting = folder / f".{new_id('upload')}.part"
    try:
        with waiting.open("xb") as out:
            shutil.copyfileobj(content, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        for number in range(1, 10_000):
            target = folder / _numbered(name, number)
            try:
                os.link(waiting, target)
            except FileExistsError:
                if target.is_file() and not target.is_symlink() and filecmp.cmp(waiting, target, shallow=False):
                    return target.name
                continue
            return target.name
        raise BadInput(N_("Too many files are called {name}."), hint=N_("Rename the file first."), name=name)
    finally:
        waiting.unlink(missing_ok=True)


def _numbered(name: str, number: int) -> str:
    whole = PurePath(name)
    return name if number == 1 else f"{whole.stem} ({number}){whole.suffix}"


def _unwritable(error: OSError) -> NotEnough | Refused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NotEnough(
            N_("The disk is full: the files could not be kept."), hint=N_("Free some space, then try again.")
        )
    return Refused(
        N_("The files could not be kept: {reason}"),
        hint=N_("Check that Hameau's folder can be written to."),
        reason=error.strerror or str(error),
    )
