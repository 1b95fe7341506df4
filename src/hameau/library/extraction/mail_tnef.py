"""The files inside a « winmail.dat », in which Exchange packs what is attached for its like. Runs in the worker.

Source: [MS-OXTNEF] (2.1: a signature, a key, then attributes: level, name, length, data, checksum). Nothing is believed: an
attribute that leaves the file ends it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hameau.library.extraction import limits

_MARK = b"\x78\x9f\x3e\x22"
_BEGINS, _TITLE, _DATA, _PROPERTIES = 0x0006_9002, 0x0001_8010, 0x0006_800F, 0x0006_9005
_LONG_NAMES = ((b"\x1f\x00\x07\x37", "utf-16-le"), (b"\x1e\x00\x07\x37", "cp1252"))
"""PidTagAttachLongFilename, among the properties of an attachment."""
_RECORD = struct.Struct("<BII")


def files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file."""
    if not data.startswith(_MARK):
        return
    name, content = "", b""
    for attribute, value in _attributes(data):
        if attribute == _BEGINS:
            if content:
                yield name, content
            name, content = "", b""
        elif attribute == _TITLE:
            name = name or value.rstrip(b"\0").decode("cp1252", "replace")[: limits.LONGEST_PATH]
        elif attribute == _DATA:
            content = value
        elif attribute == _PROPERTIES:
            name = _long_name(value) or name
    if content:
        yield name, content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 6
    while place + _RECORD.size <= len(data):
        _, attribute, length = _RECORD.unpack_from(data, place)
        place += _RECORD.size
        if place + length > len(data):
            return
        yield attribute, data[place : place + length]
        place += length + 2


def _long_name(properties: bytes) -> str:
    for mark, alphabet in _LONG_NAMES:
        place = properties.find(mark)
        if place >= 0 and place + 12 <= len(properties):
            (length,) = struct.unpack_from("<I", properties, place + 8)
            raw = properties[place + 12 : place + 12 + min(length, 2 * limits.LONGEST_PATH)]
            return raw[: len(raw) // 2 * 2 if alphabet != "cp1252" else None].decode(alphabet, "replace").strip("\0")
    return ""
