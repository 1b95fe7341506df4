"""Real files, broken in a thousand small ways. The same number always makes the same file."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from fakes import exports, papers

SAMPLES = Path(__file__).parents[3] / "samples" / "les-amis-du-moulin"
_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF)
_TOKENS = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>", b"&a;&a;", b"<p>" * 50, b"\x00" * 64, b"\xff" * 64, b"%%EOF", b"endobj", b"stream\n",
    b"PK\x03\x04", b"PK\x05\x06", b"\r\n\r\n", b"--b\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"From x\n", b"#" * 100,
    b"/Length 99999999", b"../../../etc/passwd", "é😀\u202e\u0301".encode() * 20,
)  # fmt: skip
_BIGGEST = 400_000
_SLOW = re.compile(r"ocr|multi-page|rotated|\.(?:png|jpe?g|tiff?|gif|webp|heic|msg)$", re.IGNORECASE)
"""Pictures of text take seconds each: they are broken less often."""


def seeds() -> list[tuple[str, bytes]]:
    """The files to start from: our samples, one of every format, and those of a folder that ``HAMEAU_MESSY`` names."""
    words = ["Le conseil s'est réuni à Brévanne.", "Le budget est voté."]
    made = {
        "a.docx": papers.docx(words, heading="Titre"), "a.odt": papers.odt(words), "a.epub": papers.epub("T", {"Un": words[0]}),
        "a.xlsx": papers.xlsx({"F": [["Poste", "Montant"], *[["Loyer", "12"]] * 20]}), "a.ods": papers.ods([["a", "b"], ["c", "d"]]),
        "a.pptx": papers.pptx([("Titre", words[0])]), "a.odp": papers.odp([("Titre", words[0])]), "a.pdf": papers.pdf([words, words]),
        "a.zip": papers.packed({"a.txt": words[0], "b/c.docx": papers.docx(words)}), "a.tar.gz": papers.tarred({"a.txt": words[0]}),
        "a.7z": papers.sevenzip({"a.txt": words[0], "b.md": words[1]}), "a.mbox": papers.mailbox(words), "a.eml": papers.letter(words[0]),
        "b.eml": papers.letter(words[0], {"a.docx": papers.docx(words), "b.eml": papers.letter(words[1], {"c.txt": b"Le lavoir."})}),
        "a.rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Le budget est vot\'e9.\par}",
    }  # fmt: skip
    found = [(path.name, path.read_bytes()) for path in sorted(SAMPLES.iterdir())]
    if folder := os.environ.get("HAMEAU_MESSY"):
        found += [
            (path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir()) if path.stat().st_size < _BIGGEST
        ]
    return [*made.items(), *exports.seeds(), *found]


def mutated(number: int, files: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The broken file of that number."""
    dice = random.Random(number)
    name, data = dice.choices(files, [0.1 if _SLOW.search(name) else 1.0 for name, _ in files])[0]
    inside = data.startswith(b"PK") and dice.random() < 0.6
    return f"{number}-{name}", (_inside if inside else broken)(data, dice, files)


def broken(data: bytes, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> bytes:
    """``data`` broken in one or a few places, some of it taken from other ``files``."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        dice.choice(_WAYS)(out, dice, files)
    return bytes(out)


def _inside(data: bytes, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> bytes:
    """One part of an office file or archive broken, and packed again as it should be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        if not parts:
            return broken(data, dice, files)
        chosen = dice.choice(sorted(parts))
        parts[chosen] = broken(parts[chosen], dice, files)
        if dice.random() < 0.1:
            parts[f"../{chosen}"] = parts.pop(chosen)
        return papers.packed(parts, first="mimetype" if "mimetype" in parts else "")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError, OSError):
        return broken(data, dice, files)


def _flip(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    for _ in range(dice.randint(1, 8)):
        if out:
            out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)


def _cut(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    del out[dice.randrange(len(out) + 1) :]


def _remove(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    at = dice.randrange(len(out) + 1)
    del out[at : at + dice.randint(1, 200)]


def _repeat(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    at = dice.randrange(len(out) + 1)
    out[at:at] = out[at : at + dice.randint(1, 500)] * dice.choice((1, 2, 50))


def _number(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    value, size = dice.choice(_ODD), dice.choice((1, 2, 4, 8))
    at = dice.randrange(len(out) + 1)
    out[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, dice.choice(("little", "big")))


def _token(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    at = dice.randrange(len(out) + 1)
    out[at:at] = dice.choice(_TOKENS)


def _splice(out: bytearray, dice: random.Random, files: Sequence[tuple[str, bytes]]) -> None:
    other = dice.choice(files)[1]
    start = dice.randrange(len(other) + 1)
    at = dice.randrange(len(out) + 1)
    out[at:] = other[start : start + 100_000]


_WAYS: tuple[Callable[[bytearray, random.Random, Sequence[tuple[str, bytes]]], None], ...] = (
    _flip, _flip, _cut, _remove, _repeat, _number, _number, _token, _splice,
)  # fmt: skip
