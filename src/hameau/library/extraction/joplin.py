"""Notebooks of Joplin, in its archive (JEX). Runs in the worker.

Each note is a document, with its notebooks, its labels and what it points at; the files in it that are documents are read too.
All are
named by their ids, which is how they point at each other.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from hameau.library.extraction import limits
from hameau.library.extraction.bounded import Bounded
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import decode, tidy
from hameau.library.extraction.gathering import Inside
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.joplin_items import FOLDER, NOTE, RESOURCE, Item, Names, item_of, written
from hameau.library.extraction.kinds import HEAD_BYTES, READ_FAMILIES, kind_of
from hameau.library.extraction.reasons import MEMBERS_LEFT, MEMBERS_LOCKED, MEMBERS_UNREAD, Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

MEDIA_TYPE = "application/x-joplin"
_READ = frozenset({"pdf", "zip", "document", "text", "html", "picture", "mail"})
_BROKEN = (tarfile.TarError, EOFError, OSError, ValueError, OverflowError)


def read_notebook(data: bytes, context: Context) -> Extracted:
    """A JEX archive. Raises :class:`Unreadable` when there is no note in it."""
    items: dict[str, Item] = {}
    try:
        for info, stream in _members(data):
            if info.name.endswith(".md") and info.size <= limits.MEMBER_BYTES and len(items) < limits.NAMES * 5:
                found = item_of(tidy(decode(stream.read(limits.MEMBER_BYTES))))
                if found is not None:
                    items[found.id] = found
    except _BROKEN as error:
        if not items:
            raise Unreadable("damaged", repr(error)[:300]) from error
        context.budget.doubts.add(MEMBERS_UNREAD)
    names = Names(items)
    inside = Inside(context)
    notes = [item for item in items.values() if item.kind == NOTE]
    if not notes:
        raise Unreadable("empty")
    for item in notes:
        if item.is_locked:
            context.budget.doubts.add(MEMBERS_LOCKED)
        elif not inside.add(item.id, written(item, names, read_html)):
            break
    _add_files(data, items, inside, context)
    return _cover(items, inside)


def _cover(items: Mapping[str, Item], inside: Inside) -> Extracted:
    draft = Draft()
    draft.block("# Carnets Joplin")
    count = len(inside.parts)
    draft.block(f"{count} {'documents' if count > 1 else 'document'}{inside.told_span()}.")
    for name in sorted({one_line(item.title) for item in items.values() if item.kind == FOLDER} - {""})[: limits.NAMED]:
        draft.block(f"- {name}", close=True)
    return Extracted(
        text=draft.finish()[0],
        media_type=MEDIA_TYPE,
        dated_at=inside.last,
        parts=inside.parts,
        warnings=inside.warnings,
    )


def _members(data: bytes) -> Iterator[tuple[tarfile.TarInfo, io.BufferedIOBase]]:
    with tarfile.open(
        fileobj=Bounded(io.BytesIO(data), len(data)), mode="r|", encoding="utf-8", errors="replace"
    ) as archive:
        for number, info in enumerate(archive):
            if number >= limits.NAMES * 5:
                return
            stream = archive.extractfile(info) if info.isreg() else None
            if stream is not None:
                yield info, stream  # type: ignore[misc]
            archive.members.clear()  # type: ignore[attr-defined]  # or all entries would be kept


def _add_files(data: bytes, items: Mapping[str, Item], inside: Inside, context: Context) -> None:
    """The files in the notes that are documents, under the names that they were given."""
    budget = context.budget
    try:
        for info, stream in _members(data):
            path = PurePosixPath(info.name)
            item = items.get(path.stem)
            if (
                path.parent.name != "resources"
                or item is None
                or item.kind != RESOURCE
                or info.size > limits.MEMBER_BYTES
            ):
                continue
            name = one_line(item.title) or path.name
            if not PurePosixPath(name).suffix:
                name += path.suffix
            content = stream.read(limits.MEMBER_BYTES)
            family = kind_of(name, content[:HEAD_BYTES]).family
            if family not in _READ or family not in READ_FAMILIES | {"text"}:
                continue
            if budget.members <= 0 or budget.bytes <= 0 or budget.is_spent() or not context.begin():
                budget.doubts.add(MEMBERS_LEFT)
                return
            budget.members -= 1
            budget.bytes -= len(content)
            try:
                found = context.read(content, name, context.deeper())
            except Unreadable:
                budget.doubts.add(MEMBERS_UNREAD)
                continue
            if not inside.add(path.name, replace(found, title=found.title or name), len(content)):
                return
    except _BROKEN:
        budget.doubts.add(MEMBERS_UNREAD)
