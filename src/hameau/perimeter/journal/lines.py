"""The bytes of the journal: one entry a line, and the head.

An entry is compact JSON, a tab, an Ed25519 signature in base64, a line feed::

    {"n":17,"prev":"<SHA-256 of the whole line before>","t":"2026-11-21T22:45:06.123Z","kind":"refused","by":"", …}<TAB>…

``prev`` covers the line before with its signature and its line feed, so ``sha256sum`` of that line shows it. The signature
covers a prefix that says what is signed, and the JSON. The head is a line of the same shape, padded to a fixed size so
that it can be rewritten in one place.

What an entry said can be erased: its line is replaced by a tombstone, of its own kind and signed over a prefix of its own,
that keeps the number, the time, the kind and the hash of the line that stood there, so that the chain goes on::

    {"n":17,"prev":"…","t":"…","kind":"erased","was":"source-added","hash":"<SHA-256 of the line that was there>"}<TAB>…
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hameau.kit import stamp
from hameau.perimeter.journal.keys import SIGNATURE_CHARACTERS, PrivateKey, PublicKey
from hameau.perimeter.journal.types import Entry, Fact, Kind

ENTRY_DOMAIN = b"hameau journal entry 1\n"
ERASED_DOMAIN = b"hameau journal erased 1\n"
HEAD_DOMAIN = b"hameau journal head 1\n"
LINE_LIMIT = 1_000_000
"""No line of ours is longer, in bytes."""
HEAD_JSON = 300
HEAD_BYTES = HEAD_JSON + 1 + SIGNATURE_CHARACTERS + 1
_TEXT_LIMIT = 2000
_OWN = frozenset({"n", "prev", "t", "kind", "by"})
_ERASED = b'","kind":"erased","'
_BEFORE_KIND = 200
"""Bytes within which the kind of a line stands."""
_KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal ends, and the few sums that a page shows at every moment."""

    number: int
    hash: str
    refused: int = 0
    left: str = ""
    """RFC 3339; empty while nothing left."""
    began: str = ""


def digest(line: bytes) -> str:
    """The hash by which the next entry knows this line; of a tombstone: that of the line that stood there."""
    if is_tombstone(line):
        entry = entry_of(line)
        return str(entry.facts.get("hash", "")) if entry else ""
    return hashlib.sha256(line).hexdigest()


def is_tombstone(line: bytes) -> bool:
    """Whether a line says that another one was erased."""
    return _ERASED in line[:_BEFORE_KIND]


def start(number: int, previous: str) -> bytes:
    """How the line of entry ``number`` after the line with the hash ``previous`` must begin."""
    return b'{"n":%d,"prev":"%s","t":"' % (number, previous.encode("ascii"))


def entry_line(
    key: PrivateKey, number: int, previous: str, moment: float, kind: Kind, by: str, facts: Mapping[str, Fact]
) -> bytes:
    """The line of one entry. Texts are cut at 2,000 signs; a number that is not finite is left out."""
    if kind == Kind.ERASED:
        raise ValueError("a tombstone stands only in the place of another line")
    if taken := _OWN & facts.keys():
        raise ValueError(f"these names are the journal's own: {', '.join(sorted(taken))}")
    fields: dict[str, Fact] = {
        "n": number,
        "prev": previous,
        "t": stamp(moment),
        "kind": kind.value,
        "by": fact_text(by),
    }
    for name, fact in facts.items():
        if isinstance(fact, str):
            fields[name] = fact_text(fact)
        elif isinstance(fact, bool | int) or math.isfinite(fact):
            fields[name] = fact
    return _signed(key, ENTRY_DOMAIN, _json(fields))


def tombstone(key: PrivateKey, line: bytes) -> bytes:
    """What stands in the place of ``line``, an entry whose facts are erased."""
    entry = entry_of(line)
    if entry is None or is_tombstone(line):
        raise ValueError("not an entry")
    fields: dict[str, Fact] = {"n": entry.number, "prev": previous_of(line), "t": stamp(entry.time)}
    fields |= {"kind": Kind.ERASED.value, "was": str(entry.kind), "hash": entry.hash}
    return _signed(key, ERASED_DOMAIN, _json(fields))


def entry_of(line: bytes) -> Entry | None:
    """What a line says, its signature unchecked; ``None`` when it is not a line of ours."""
    try:
        fields = json.loads(line[: line.rindex(b"\t")], parse_constant=_no_number)
        number, moment, kind, by = fields["n"], seconds(fields["t"]), fields["kind"], fields.get("by", "")
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if type(number) is not int or moment is None or not isinstance(kind, str) or not isinstance(by, str):
        return None
    facts = {name: fact for name, fact in fields.items() if name not in _OWN and isinstance(fact, Fact)}
    known = str(facts.get("hash", "")) if kind == Kind.ERASED else hashlib.sha256(line).hexdigest()
    return Entry(number, moment, _KINDS.get(kind, kind), by, facts, known)


def fact_text(text: str) -> str:
    """``text`` as an entry holds it: cut when it is long."""
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def previous_of(line: bytes) -> str:
    """The hash that a line of ours holds of the one before it; empty when it holds none."""
    _number, found, rest = line[:120].partition(b'"prev":"')
    return rest[:64].decode("ascii", "replace") if found else ""


def is_signed(key: PublicKey, line: bytes, domain: bytes = b"") -> bool:
    """Whether ``line`` is whole, and signed with ``key``; without a ``domain``, as the entry or the tombstone that it is."""
    if not line.endswith(b"\n"):
        return False
    domain = domain or (ERASED_DOMAIN if is_tombstone(line) else ENTRY_DOMAIN)
    text, tab, signature = line[:-1].rpartition(b"\t")
    return bool(tab) and len(signature) == SIGNATURE_CHARACTERS and key.signed(domain + text, signature)


def head_line(key: PrivateKey, head: Head) -> bytes:
    """The bytes of the file ``head``, always :data:`HEAD_BYTES` of them."""
    fields: dict[str, Fact] = {
        "n": head.number,
        "hash": head.hash,
        "refused": head.refused,
        "left": head.left,
        "began": head.began,
    }
    return _signed(key, HEAD_DOMAIN, _json(fields).ljust(HEAD_JSON))


def head_of(line: bytes) -> Head | None:
    """What the file ``head`` says, its signature unchecked; ``None`` when it is not one of ours."""
    if len(line) != HEAD_BYTES:
        return None
    try:
        fields = json.loads(line[:HEAD_JSON], parse_constant=_no_number)
        head = Head(fields["n"], fields["hash"], fields["refused"], fields["left"], fields["began"])
        for moment in (head.left, head.began):
            seconds(moment)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    whole = type(head.number) is int and type(head.refused) is int and isinstance(head.hash, str)
    return head if whole and head.number >= 0 else None


def seconds(moment: str) -> float | None:
    """An RFC 3339 time as seconds since the epoch; ``None`` when there is none. Raises :class:`ValueError`."""
    if not moment:
        return None
    when = datetime.fromisoformat(moment)
    if when.tzinfo is None or not 1970 <= when.year < 9999:
        raise ValueError(moment)
    return when.timestamp()


def _no_number(text: str) -> Fact:
    """Infinity and the like are no JSON, though Python reads them."""
    raise ValueError(text)


def _json(fields: Mapping[str, Fact]) -> bytes:
    """Compact JSON in UTF-8. Bytes of file names that are no text stand as the escapes that JSON has for them."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def _signed(key: PrivateKey, domain: bytes, text: bytes) -> bytes:
    return text + b"\t" + key.sign(domain + text) + b"\n"
