"""Mails in an mbox file (RFC 4155 and its cousins), found without holding the file in memory. Knows nothing of their words.

Where a mail ends: by its ``Content-Length`` when another one begins there (mboxcl), else at the next line that begins with
``From``, after a blank line and before a header. A mail is known by what it says, not by where it stands: the marks that mail
programs write into its header (read, answered) are left out, so a file that was tidied up holds the same mails.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = 1 << 20
_HEAD_BYTES = 1 << 16
_TOLD = 8 << 20
"""Bytes; of a longer mail, its beginning, its end and its length say which one it is."""
_LINE = 400
"""Bytes looked at of a line that may begin a mail, and of the one below."""
_SEPARATOR = re.compile(rb"From (?:[^\n]{0,300}\b\d{4}\b[^\n]{0,40}|- [^\n]{0,100}|\r?)\r?\n>?[!-9;-~]{1,100}:")
_BLANK = re.compile(rb"\r?\n\r?\n")
_MARKS = re.compile(
    rb"^(?:X-Mozilla-(?:Status2?|Keys)|Status|X-Status|X-Keywords|X-UID|X-IMAP(?:base)?|Content-Length|Lines):[^\n]*\n"
    rb"(?:[ \t][^\n]*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_MOZILLA = re.compile(rb"^X-Mozilla-Status:[ \t]*([0-9a-fA-F]{4})", re.IGNORECASE | re.MULTILINE)
_MOZILLA_2 = re.compile(rb"^X-Mozilla-Status2:[ \t]*([0-9a-fA-F]{8})", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^X?-?Status:[ \t]*[A-Za-z]*D", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(rb"^Date:[ \t]*([^\r\n]{1,100})", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_EXPUNGED, _IMAP_DELETED = 0x0008, 0x0020_0000
"""Of Thunderbird: thrown away, and still in the file until it is tidied up."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the file, from its header on. ``digest`` is of what it says; ``date`` its raw date, empty when it has none."""

    offset: int
    length: int
    digest: str
    deleted: bool
    date: bytes


def begins(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an mbox."""
    return _SEPARATOR.match(head[: 2 * _LINE]) is not None


def letters(descriptor: int, start: int, end: int) -> Iterator[Letter]:
    """The mails of the file between two places; ``start`` is where one begins, or the file does."""
    window = _Window(descriptor, end)
    place = _first(window, start)
    while 0 <= place < end:
        below = window.find(b"\n", place) + 1 or end
        head = _head(window.take(below, _HEAD_BYTES))
        after = _by_length(window, head, below + len(head), end)
        if after < 0:
            after = _next(window, below + max(len(head) - 2, 0))
        stop = end if after < 0 else after
        yield _letter(window, descriptor, head, below, stop)
        place = after


def at(descriptor: int, offset: int, length: int) -> Iterator[Letter]:
    """The mail that takes exactly that place, if one can be there."""
    window = _Window(descriptor, offset + length)
    head = _head(window.take(offset, _HEAD_BYTES))
    if head:
        yield _letter(window, descriptor, head, offset, offset + length)


def content(descriptor: int, letter: Letter, most: int) -> bytes:
    """The mail as it was sent, at most its first ``most`` bytes."""
    data = _read(descriptor, letter.offset, min(letter.length, most))
    head = _head(data)
    return _MARKS.sub(b"", head) + _QUOTED.sub(rb"\1", data[len(head) :])


def fingerprint_at(descriptor: int, place: int) -> str:
    """What stands before ``place`` and at the beginning of the file, to see whether only something was added behind."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(_MARKS.sub(b"", _read(descriptor, 0, min(_LINE, place))))
    digest.update(_read(descriptor, max(place - _LINE, 0), min(_LINE, place)))
    return digest.hexdigest()


def _letter(window: _Window, descriptor: int, head: bytes, start: int, stop: int) -> Letter:
    tail = window.take(max(stop - 8, start), min(8, stop - start)) if stop - start <= _BLOCK else b""
    tail = tail or _read(descriptor, max(stop - 8, start), min(8, stop - start))
    length = stop - start - (len(tail) - len(tail.rstrip(b"\r\n")))
    digest = hashlib.blake2b(digest_size=16)
    digest.update(_MARKS.sub(b"", head[:length] + b"\n").rstrip(b"\r\n"))
    body, end = min(start + len(head), start + length), start + length
    stretches = [(body, end)] if length <= _TOLD else [(body, body + _TOLD // 2), (end - _TOLD // 2, end)]
    for first, last in stretches:
        size = last - first
        digest.update(window.take(first, size) if length <= _BLOCK else _read(descriptor, first, size))
    if length > _TOLD:
        digest.update(str(length).encode())
    date = _DATE.search(head)
    return Letter(start, length, digest.hexdigest(), _is_deleted(head), date[1] if date else b"")


def _is_deleted(head: bytes) -> bool:
    if (found := _MOZILLA.search(head)) and int(found[1], 16) & _EXPUNGED:
        return True
    if (found := _MOZILLA_2.search(head)) and int(found[1], 16) & _IMAP_DELETED:
        return True
    return _STATUS.search(head) is not None


def _head(data: bytes) -> bytes:
    """The header with the blank line below it; all of it when there is none."""
    found = _BLANK.search(data)
    return data[: found.end()] if found else data


def _by_length(window: _Window, head: bytes, body: int, end: int) -> int:
    """Where the next mail begins by what this one says of its length; -1 when that is not so."""
    found = _LENGTH.search(head)
    if found is None:
        return -1
    place = body + int(found[1])
    if place > end:
        return -1
    beyond = window.take(place, _LINE)
    rest = beyond.lstrip(b"\r\n")
    if not rest or (len(beyond) - len(rest) <= 4 and begins(rest + window.take(place + len(beyond), _LINE))):
        return place + len(beyond) - len(rest) if rest else end
    return -1


def _first(window: _Window, start: int) -> int:
    """The first mail at ``start``, blank lines before it skipped; -1 when something else stands there."""
    head = window.take(start, 2 * _LINE)
    rest = head.lstrip(b"\r\n\xef\xbb\xbf")
    return start + len(head) - len(rest) if begins(rest) else -1


def _next(window: _Window, place: int) -> int:
    while (found := window.find(b"\nFrom ", place)) >= 0:
        before = window.take(max(found - 2, 0), min(2, found))
        if (before.endswith(b"\n") or before == b"\n\r") and begins(window.take(found + 1, 2 * _LINE)):
            return found + 1
        place = found + 1
    return -1


def _read(descriptor: int, place: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.pread(descriptor, min(size, 1 << 24), place)):
        parts.append(part)
        place, size = place + len(part), size - len(part)
    return b"".join(parts)


class _Window:
    """A stretch of the file in memory, which moves along."""

    def __init__(self, descriptor: int, end: int) -> None:
        self._descriptor, self._end = descriptor, end
        self._start, self._data = 0, b""

    def take(self, place: int, size: int) -> bytes:
        """So many bytes from ``place`` on, fewer at the end."""
        size = min(size, self._end - place)
        if size <= 0:
            return b""
        if not self._start <= place <= place + size <= self._start + len(self._data):
            self._load(place, size)
        return self._data[place - self._start : place - self._start + size]

    def find(self, what: bytes, place: int) -> int:
        """Where ``what`` stands from ``place`` on; -1 when it does not."""
        while place < self._end:
            if not self._start <= place < self._start + len(self._data):
                self._load(place, 0)
            found = self._data.find(what, place - self._start)
            if found >= 0:
                return self._start + found
            after = self._start + len(self._data)
            if after >= self._end or not self._data:
                return -1
            place = max(after - len(what) + 1, place)
            self._load(place, 0)
        return -1

    def _load(self, place: int, size: int) -> None:
        self._start, self._data = place, _read(self._descriptor, place, min(max(size, _BLOCK), self._end - place))
