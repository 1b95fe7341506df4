"""Hostile archives: bombs, sizes that lie, names that climb out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

from fakes import papers
from integration.library.attackers.corpus import WORDS, Target, attack, patched
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


@attack("bomb.zip")
def _(target: Target) -> bytes:
    """Ten gigabytes that say so."""
    return zip_of([("a.txt", zeros(1 << 20), 10 << 30 & 0xFFFF_FFFF)] * 40)


@attack("lying.zip")
def _(target: Target) -> bytes:
    """Ten gigabytes, said to be a hundred bytes."""
    return zip_of([("a.txt", zeros(10 << 30), 100), ("b.html", zeros(10 << 30), 100)])


@attack("overlap.zip")
def _(target: Target) -> bytes:
    """A thousand names for one packed member."""
    packed = zeros(1 << 20)
    return b"".join([zip_of([("a.txt", packed, 1 << 20)])] * 30)


@attack("deep.zip")
def _(target: Target) -> bytes:
    inner = papers.packed({"a.txt": "fond"})
    for level in range(60):
        inner = papers.packed({f"{level}.zip": inner})
    return inner


@attack("slip.zip", reads=True)
def _(target: Target) -> bytes:
    names = (
        "../../../evil.txt",
        f"{target.outside}/evil.txt",
        "..\\..\\evil.txt",
        f"C:{target.outside}/evil.txt",
        "a\0/../b.txt",
    )
    return papers.packed({**dict.fromkeys(names, "evil"), "lettre.txt": WORDS})


@attack("many.zip")
def _(target: Target) -> bytes:
    return papers.packed({f"{number}.txt": "x" for number in range(25_000)})


@attack("names.zip", reads=True)
def _(target: Target) -> bytes:
    return papers.packed(
        {"lettre.txt": WORDS, "x" * 60_000: "long", "\u202egnp.exe\n# Titre.txt": "tourné", " ": "x", "//": "x"}
    )


@attack("bomb.txt.gz")
def _(target: Target) -> bytes:
    return gzip.compress(bytes(100 << 20))


@attack("nested.tar.gz")
def _(target: Target) -> bytes:
    """Thirty times thirty thousand: what grows in two steps."""
    return papers.tarred({f"{n}.gz": gzip.compress(bytes(60 << 20)) for n in range(3)})


@attack("bomb.txt.bz2")
def _(target: Target) -> bytes:
    return bz2.compress(bytes(50 << 20))


@attack("hungry.txt.xz")
def _(target: Target) -> bytes:
    """Asks for four gigabytes of memory to unpack a word (the .xz file format 1.1, 3.1.4 and 5.3.1)."""
    packed = bytearray(lzma.compress(WORDS.encode(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]))
    packed[16] = 40  # the size of the dictionary
    packed[20:24] = struct.pack("<I", zlib.crc32(packed[12:20]))
    return bytes(packed)


@attack("links.tar", reads=True, leads=True)
def _(target: Target) -> bytes:
    """Links to the secret, hard and soft, names that climb out, and a file that says it is sparse and endless."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind, name in ((tarfile.SYMTYPE, "a.txt"), (tarfile.LNKTYPE, "b.txt"), (tarfile.CHRTYPE, "c.txt")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, f"file://{target.secret}"
            archive.addfile(info)
        for name, words in ((f"{target.outside}/evil.txt", "evil"), ("../../evil.txt", "evil"), ("lettre.txt", WORDS)):
            info = tarfile.TarInfo(name)
            info.size = len(words.encode())
            archive.addfile(info, io.BytesIO(words.encode()))
        info = tarfile.TarInfo("sparse.txt")
        info.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.size": str(1 << 50),
            "GNU.sparse.map": "0,0",
        }
        archive.addfile(info)
    return buffer.getvalue()


@attack("endless.tar")
def _(target: Target) -> bytes:
    """A name that claims to be a gigabyte long."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)


@attack("bomb.7z")
def _(target: Target) -> bytes:
    return papers.sevenzip({"a.txt": bytes(40 << 20)})


@attack("lying.7z")
def _(target: Target) -> bytes:
    """Headers with numbers beyond everything."""
    body = b"\x01\x04\x06" + b"\xff" * 9 + b"\xff" * 9 + b"\x00\x00\x05" + b"\xff" * 30
    start = struct.pack("<QQI", 0, len(body), zlib.crc32(body))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body


@attack("attached.eml", reads=True)
def _(target: Target) -> bytes:
    """A fair letter with bombs attached, and a document that points at the trap."""
    attached = {
        "bomb.zip": papers.packed({"0": bytes(60 << 20)}),
        "../../evil.txt": b"evil",
        "web.html": f"<iframe src='{target.web}/frame'></iframe><p>page".encode(),
        "bomb.docx": zip_of([("word/document.xml", zeros(1 << 30), 0xFFFF_FFFE)]),
    }
    return papers.letter(WORDS, attached)


@attack("matryoshka.eml")
def _(target: Target) -> bytes:
    inner = papers.letter("le fond")
    for _ in range(12):
        inner = papers.letter("plus bas", {"message.eml": inner})[:2_000_000]
    return inner
