"""The lines of calendars and address cards: folded, escaped, with parameters. Knows nothing of what they say.

Sources: RFC 5545 (3.1), RFC 6350 (3.2 to 3.4), RFC 6868, and vCard 2.1, whose values may be quoted-printable. Whatever is no
such line is passed over.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hameau.library.extraction.decoding import decode, decode_as

_FOLD = re.compile(rb"\r?\n[ \t]")
_LINE = re.compile(
    r'(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL
)  # group, name, parameters, value
_PARAMETER = re.compile(r';([^":;=]*)(?:=((?:[^":;]|"[^"]*")*))?')
_ESCAPED = re.compile(r"\\([nN,;:\\])")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_LONGEST = 1 << 20
"""Characters of one line: pictures are longer, and not wanted."""
_PARAMETERS = 4_000
"""Characters of the parameters of one line."""
_SOFT = "="
_SOFT_BREAKS = 20_000


class Line(NamedTuple):
    """One line: its name and those of its parameters are in capitals."""

    name: str
    value: str
    parameters: Mapping[str, tuple[str, ...]]
    group: str = ""

    def parameter(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        return next(iter(self.parameters.get(name, ())), "")


def lines_of(data: bytes) -> Iterator[Line]:
    """The lines of a file, put together and decoded."""
    if b"\0" in data[:4096]:  # a wide alphabet: nothing may be looked for in its bytes
        data = decode(data).encode("utf-8", "replace")
    text = decode(_FOLD.sub(b"", data))
    waiting: list[str] = []
    for raw in text.splitlines():
        if raw.endswith(_SOFT) and (waiting or "QUOTED-PRINTABLE" in raw[:_PARAMETERS].upper()):
            if len(waiting) < _SOFT_BREAKS:
                waiting.append(raw[:-1])
            continue
        if waiting:
            raw = "".join((*waiting, raw))
            waiting = []
        if len(raw) < _LONGEST and (line := _line(raw)):
            yield line


def plain(value: str) -> str:
    """A text value without its escapes."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def split(value: str, sign: str) -> list[str]:
    """The parts of a value between signs that are not escaped, each without its escapes."""
    parts, start, at = [], 0, 0
    while at < len(value):
        if value[at] == "\\":
            at += 2
            continue
        if value[at] == sign:
            parts.append(plain(value[start:at]))
            start = at + 1
        at += 1
    parts.append(plain(value[start:]))
    return parts


def _line(raw: str) -> Line | None:
    found = _LINE.match(raw)
    if found is None:
        return None
    parameters = _parameters(found[3][:_PARAMETERS])
    value = found[4]
    if "QUOTED-PRINTABLE" in (item.upper() for item in parameters.get("ENCODING", ())):
        value = _unquoted(value, next(iter(parameters.get("CHARSET", ())), ""))
    return Line(found[2].upper(), value, parameters, (found[1] or "").lower())


def _parameters(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in _PARAMETER.findall(text):
        key = name.strip().upper()
        if not value and key in ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"):
            key, value = "ENCODING", key
        elif not value:  # vCard 2.1: TEL;HOME;VOICE
            key, value = "TYPE", name.strip()
        values = tuple(_uncaret(one.strip('" ')) for one in _values(value))
        found[key] = found.get(key, ()) + values
    return found


def _values(value: str) -> list[str]:
    return re.findall(r'"[^"]*"|[^,"]+', value) if "," in value else [value]


def _uncaret(value: str) -> str:
    return re.sub(r"\^[n'^]", lambda found: _CARET[found[0]], value) if "^" in value else value


def _unquoted(value: str, alphabet: str) -> str:
    try:
        raw = quopri.decodestring(value.encode("utf-8", "replace"))
    except (binascii.Error, ValueError):
        return value
    return decode_as(raw, alphabet) if alphabet else decode(raw)
