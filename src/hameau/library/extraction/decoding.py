"""Bytes to text, whatever program and decade wrote them. Knows nothing of files.

UTF-8 is proven by itself (its byte patterns hardly occur by chance); the old single-byte alphabets are told apart by which
one turns the bytes into the letters that Western European languages use.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache

_MARKS = (  # the longest mark first: UTF-32 LE begins with the mark of UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SINGLE_BYTE = ("cp1252", "iso8859-15", "mac_roman", "cp850")
_NO_ALPHABETS = frozenset(["idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"])
"""Python's, of no document; the time of some grows with the square of the length."""
_LETTERS = frozenset("éèàêçùâîôûïë")
_RARER_LETTERS = frozenset("äáãåíìöóòõøüúÿñæœßÉÈÊËÀÂÄÁÇÎÏÍÔÖÓØÙÛÜÚÑÆŒ")
_SIGNS = frozenset("’‘«»“”–—…€°№·•\xa0²³½¼¾£§©®™¿¡ºª×±µ")
_SAMPLE = 1 << 16
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_BREAKS = re.compile(r"\r\n?|[\x0b\x85\u2028]")
_PAGE_BREAKS = re.compile(r"[\x0c\u2029]")
_MOST_MARKS = 30
"""Marks on one letter, as in Unicode's stream-safe text (UAX #15): putting them in order takes their number squared."""
_FOREIGN_RUN = re.compile(f"[^\x00-\u02ff]{{{_MOST_MARKS + 1}}}")
_ASCII = bytes(range(128))


def decode(data: bytes) -> str:
    """The text of ``data``. Never raises; bytes that make no sense become U+FFFD, one for each broken stretch."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if wide := _wide(data):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8" if _mostly_utf8(data) else _alphabet(data), "replace")


def decode_as(data: bytes, alphabet: str) -> str:
    """The text of ``data`` in the alphabet that it names itself; by its looks when there is no such alphabet."""
    try:
        known = codecs.lookup(alphabet).name.replace("-", "_")
        return decode(data) if known in _NO_ALPHABETS else data.decode(known)
    except (LookupError, ValueError):
        return decode(data)


def tidy(text: str) -> str:
    """``text`` in the form that the library keeps: NFC, line feeds only, no control characters, no lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    if _BREAKS.search(text):
        text = _BREAKS.sub("\n", text)
    if _PAGE_BREAKS.search(text):
        text = _PAGE_BREAKS.sub("\n\n", text)
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text
        text = unicodedata.normalize("NFC", _without_towers(text.replace("\xad", "")))
    return text


def _without_towers(text: str) -> str:
    """``text`` with no more marks on a letter than any writing has."""
    return _towers().sub(r"\1", text) if _FOREIGN_RUN.search(text) else text


@cache
def _towers() -> re.Pattern[str]:
    marks = "".join(mark for mark in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(mark))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def is_binary(data: bytes) -> bool:
    """Whether ``data`` (the beginning of a file) is no text in any alphabet: control bytes that no writer types."""
    if not data or any(data.startswith(mark) for mark, _ in _MARKS) or _wide(data):
        return False
    strange = sum(
        data.count(byte)
        for byte in b"\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x14\x15\x16\x17\x18\x19\x1c\x1d\x1e\x1f"
    )
    return strange * 50 > len(data) or data.count(0) * 10 > len(data)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _wide(data: bytes) -> str:
    """UTF-16 without its mark: in Western text every second byte is zero."""
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd * 10 >= half * 7 and even * 20 <= half:
        return "utf-16-le"
    if even * 10 >= half * 7 and odd * 20 <= half:
        return "utf-16-be"
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """Whether broken bytes are the exception among the multi-byte sequences (a cut file, one bad paste)."""
    high = sum(1 for byte in data[:_SAMPLE] if byte >= 0x80)
    broken = data[:_SAMPLE].decode("utf-8", "replace").count("\ufffd")
    return broken * 4 <= high


def _alphabet(data: bytes) -> str:
    high = data.translate(None, _ASCII)[:_SAMPLE]
    return max(_SINGLE_BYTE, key=lambda name: (_fitness(high, name), -_SINGLE_BYTE.index(name)))


def _fitness(high: bytes, name: str) -> float:
    score = 0.0
    for character in high.decode(name, "replace"):
        if character in _LETTERS:
            score += 1.0
        elif character in _RARER_LETTERS or character in _SIGNS:
            score += 0.5
        elif character == "\ufffd" or unicodedata.category(character) == "Cc":
            score -= 2.0
        else:
            score -= 0.5
    return score
