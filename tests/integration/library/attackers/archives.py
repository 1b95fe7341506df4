"""Hostile archives: bombs, sizes that lie, names that climb out."""

from __future__ import annotations

import io
import struct
import zlib

from fakes import papers
from integration.library.attackers.corpus import Target, attack, patched
from integration.library.attackers.office import OFFICE


def zeros(size: int) -> bytes:
    """``size`` zeros, deflated, without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it can be repeated
    return block * (size >> 20) + packer.flush()


def zip_of(entries: list[tuple[str, bytes, int]]) -> bytes:
    """A ZIP of deflated bytes and the sizes that it claims for them, true or not."""
    out, central = io.BytesIO(), b""
    for name, packed, claimed in entries:
        raw, at = name.encode(), out.tell()
        fields = struct.pack("<HHHHHIIIHH", 20, 0x800, 8, 0, 0, 0, len(packed), claimed, len(raw), 0)
        out.write(b"PK\x03\x04" + fields + raw + packed)
        central += b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, at) + raw
    start = out.tell()
    out.write(
        central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(central), start, 0)
    )
    return out.getvalue()


@attack("bomb.docx")
def _(target: Target) -> bytes:
    """Ten gigabytes of zeros, as many as a ZIP may claim."""
    return zip_of([("word/document.xml", zeros(10 << 30), 0xFFFF_FFFE)])


@attack("lying.docx")
def _(target: Target) -> bytes:
    """The same ten gigabytes, said to be a hundred bytes, behind parts that are in order."""
    return zip_of([("[Content_Types].xml", zeros(1 << 20), 100), ("word/document.xml", zeros(10 << 30), 100)])


@attack("overlap.odt")
def _(target: Target) -> bytes:
    """A thousand names for one packed megabyte."""
    document = bytearray(zip_of([("content.xml", zeros(64 << 20), 64 << 20)]))
    start = document.rindex(b"PK\x01\x02")
    entry = bytes(document[start : document.rindex(b"PK\x05\x06")])
    end = struct.pack("<HHHHIIH", 0, 0, 1000, 1000, len(entry) * 1000, start, 0)
    return bytes(document[:start]) + entry * 1000 + b"PK\x05\x06" + end


@attack("nested.zip")
def _(target: Target) -> bytes:
    inner = papers.packed({"0": bytes(1 << 20)})
    for level in range(6):
        inner = papers.packed({f"{level}-{n}.zip": inner for n in range(10)})
    return inner


@attack("slip.docx", reads=True)
def _(target: Target) -> bytes:
    names = ("../../../evil.txt", f"{target.outside}/evil.txt", "..\\..\\evil.txt", "word/media/../../../../evil.png")
    return patched(OFFICE["docx"][0], dict.fromkeys(names, "evil"))


@attack("slip.epub", leads=True)
def _(target: Target) -> bytes:
    return patched(
        OFFICE["epub"][0],
        {
            f"../../{target.outside}/evil.xhtml": "evil",
            "book.opf": lambda text: text.replace('href="c1.xhtml"', f'href="file://{target.secret}"'),
        },
    )


@attack("escape.epub", leads=True)
def _(target: Target) -> bytes:
    up = "../" * 12
    return patched(OFFICE["epub"][0], {"book.opf": lambda text: text.replace('href="c1.xhtml"', f'href="{up}{target.secret.lstrip("/")}"')})  # fmt: skip


@attack("many.odt")
def _(target: Target) -> bytes:
    return patched(OFFICE["odt"][0], {f"x{number}": "" for number in range(20_000)})
