"""Pictures: their size is read before anything decodes them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.beside import png
from hameau.kit import BadInput
from hameau.models.pictures import check_picture

_FRAME = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20, 30)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(9) + b"\xff\xff" + _FRAME[1:] + bytes(20)
GIF = b"GIF89a" + struct.pack("<HH", 30, 20) + bytes(10)
BMP = b"BM" + bytes(16) + struct.pack("<ii", 30, -20) + bytes(30)
PNG = png(1, 2, 3)


@pytest.mark.parametrize("content", [JPEG, GIF, BMP, PNG], ids=["jpeg", "gif", "bmp", "png"])
def test_a_picture_passes(content: bytes) -> None:
    check_picture(content)


@pytest.mark.parametrize(
    "content",
    [
        PNG.replace(struct.pack(">II", 20, 20), struct.pack(">II", 60_000, 60_000)),
        GIF.replace(struct.pack("<HH", 30, 20), b"\xff\xff\xff\xff"),
        BMP.replace(struct.pack("<ii", 30, -20), struct.pack("<ii", 2**31 - 1, -(2**31))),
        JPEG.replace(struct.pack(">HH", 20, 30), b"\xff\xff\xff\xff"),
    ],
    ids=["png", "gif", "bmp", "jpeg"],
)
def test_one_that_would_fill_the_memory_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="too large"):
        check_picture(content)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\xff\xd8", b"\xff\xd8\xff", JPEG[:20], PNG[:20], b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WEBP", b"ID3" + bytes(50),
     PNG.replace(struct.pack(">II", 20, 20), bytes(8))],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="can't be read") as caught:
        check_picture(content)
    assert caught.value.hint


@given(st.sampled_from([JPEG, GIF, BMP, PNG]), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=5))
def test_damage_is_seen_or_passed_on_and_never_raises_anything_else(
    content: bytes, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        check_picture(bytes(damaged))
    except BadInput:
        pass
