"""What a picture says of itself, before an engine decodes it: a small file can claim a size that fills the memory.

The forms: https://www.w3.org/TR/png-3/, https://www.w3.org/Graphics/GIF/spec-gif89a.txt, ITU-T T.81 (JPEG), and the header of
Windows bitmaps. Only the size is read; whether the rest is a picture, the engine finds out.
"""

from __future__ import annotations

import struct

from hameau.kit import N_, BadInput

_MOST_PIXELS = 64_000_000
_MOST_BYTES = 64 << 20
_NO_SIZE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers of JPEG that stand alone
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those that begin a frame, and hold its size


def check_picture(content: bytes) -> None:
    """Raises :class:`BadInput` for what is no picture that models here can see, or one that is too large."""
    try:
        size = _size(content)
    except (struct.error, IndexError):
        size = None
    if size is None or min(size) < 1:
        raise BadInput(N_("This picture can't be read."), hint=N_("JPEG, PNG, GIF and BMP can."))
    if size[0] * size[1] > _MOST_PIXELS or len(content) > _MOST_BYTES:
        raise BadInput(
            N_("This picture is too large: {width} by {height} points."),
            hint=N_("Make it smaller first: models see about a thousand points each way."),
            width=size[0],
            height=size[1],
        )


def _size(content: bytes) -> tuple[int, int] | None:
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack_from(">II", content, 16)
    elif content[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack_from("<HH", content, 6)
    elif content[:2] == b"BM":
        width, height = map(abs, struct.unpack_from("<ii", content, 18))
    elif content[:2] == b"\xff\xd8":
        return _jpeg_size(content)
    else:
        return None
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _NO_SIZE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            at += 2 + max(2, length)
    return None
