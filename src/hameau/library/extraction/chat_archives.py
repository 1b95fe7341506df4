"""A conversation that a messenger packed with its pictures and files: WhatsApp's and Element's ZIPs. Runs in the worker."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import PurePath

from hameau.library.extraction import limits
from hameau.library.extraction.chats import read_chat, whatsapp_title
from hameau.library.extraction.context import Context
from hameau.library.extraction.kinds import HEAD_BYTES, READ_FAMILIES, kind_of
from hameau.library.extraction.reasons import MEMBERS_UNREAD, Unreadable
from hameau.library.types import Extracted, Part

_DEEP = 2
_TRIED = 8
_WANTED = frozenset({"pdf", "zip", "document", "text", "html", "contacts", "calendar"})
"""What people send each other that is a document; pictures, voices and films are named in the messages."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, IndexError)


def read_chat_archive(data: bytes, name: str, context: Context) -> Extracted | None:
    """The conversation in a ZIP, with the documents that were sent in it as further parts; ``None`` when there is none."""
    if context.depth or not data.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist()[: limits.NAMES] if not info.is_dir()]
            claimed = sum(info.file_size for info in infos)
            if claimed > max(len(data) * limits.ARCHIVE_RATIO, limits.ARCHIVE_SMALL):
                return None  # for the reader of archives to say
            found = _conversation(archive, infos)
            if found is None:
                return None
            info, media_type = found
            chat = read_chat(_content(archive, info), _chat_name(info, name), media_type, context)
            parts, doubts = _sent(archive, [one for one in infos if one is not info], chat, context)
            return replace(chat, parts=parts, warnings=doubts)
    except _BROKEN:
        return None


def _conversation(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> tuple[zipfile.ZipInfo, str] | None:
    """The member that is a conversation, and which kind: among the first texts near the top."""
    tried = 0
    for info in infos:
        path = PurePath(info.filename)
        if len(path.parts) > _DEEP or path.suffix.lower() not in (".txt", ".html", ".json", ".jsonl"):
            continue
        tried += 1
        if tried > _TRIED:
            return None
        with archive.open(info) as stream:
            kind = kind_of(path.name, stream.read(HEAD_BYTES))
        if kind.family == "chat":
            return info, kind.media_type
    return None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        data = stream.read(limits.MEMBER_BYTES + 1)
    if len(data) > limits.MEMBER_BYTES:
        raise Unreadable("too_big")
    return data


def _chat_name(info: zipfile.ZipInfo, name: str) -> str:
    """The name that says whom the conversation is with: the member's, else the archive's."""
    inner = PurePath(info.filename).name
    return inner if whatsapp_title(inner) else name


def _sent(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], chat: Extracted, context: Context
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The further parts, and the doubt when one could not be read."""
    parts = list(chat.parts)
    known = {part.name for part in parts}
    unread = False
    for info in infos:
        name = PurePath(info.filename).name[: limits.LONGEST_PATH]
        budget = context.budget
        if len(parts) >= limits.INSIDE or budget.members <= 0 or budget.bytes <= 0 or budget.is_spent():
            unread = True
            break
        try:
            with archive.open(info) as stream:
                head = stream.read(HEAD_BYTES)
            family = kind_of(name, head).family
            if family not in _WANTED or family not in READ_FAMILIES | {"text"} or name in known:
                continue
            data = _content(archive, info)
            budget.members -= 1
            budget.bytes -= len(data)
            if not context.begin():
                unread = True
                continue
            found = context.read(data, name, context.deeper())
        except (Unreadable, *_BROKEN):
            unread = True
            continue
        budget.characters -= len(found.text)
        known.add(name)
        parts.append(Part(name, replace(found, parts=()), len(data)))
    doubts = {*chat.warnings, MEMBERS_UNREAD} if unread else set(chat.warnings)
    return tuple(parts), tuple(sorted(doubts))
