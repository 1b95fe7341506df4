"""The header of a GGUF file: read right, and never trusted."""

from __future__ import annotations

import io
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.chat_templates import CHATML
from fakes.gguf import gguf_bytes, tiny_chat_model
from hameau.kit import Corrupt
from hameau.models.gguf import Header, read_header

SMALL = gguf_bytes(
    {
        "general.architecture": "llama",
        "llama.block_count": 2,
        "big": 1.5,
        "yes": True,
        "words": ["a", "é"],
        "n": [1, 2],
    },
    {"w": np.ones((4, 8), np.float32), "v": np.ones(3, np.float32)},
)
_PEAK = 8 << 20  # bytes that reading any header may take


def header(content: bytes) -> Header:
    return read_header(io.BytesIO(content), len(content))


def test_what_is_written_is_read() -> None:
    read = header(SMALL)
    assert read.version == 3
    assert read.text("general.architecture") == "llama"
    assert read.number("llama.block_count") == 2
    assert read.values["big"] == 1.5
    assert read.values["yes"] is True
    assert read.number("words[]") == 2
    assert read.number("n[]") == 2
    assert (read.tensors, read.weights) == (2, 35)
    assert read.needed_bytes == read.file_bytes == len(SMALL)


def test_a_whole_model_is_read() -> None:
    content = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end)
    read = header(content)
    assert read.text("tokenizer.chat_template") == CHATML.template
    assert read.needed_bytes == len(content)


def test_missing_keys_are_empty() -> None:
    assert header(SMALL).text("nothing") == ""
    assert header(SMALL).number("nothing") == 0
    assert header(SMALL).number("general.architecture") == 0


def test_a_negative_number_counts_nothing() -> None:
    key = b"llama.block_count"
    hostile = SMALL.replace(key + struct.pack("<II", 4, 2), key + struct.pack("<Ii", 5, -7))
    assert hostile != SMALL
    assert header(hostile).number("llama.block_count") == 0


def test_a_truncated_file_says_how_much_it_needs() -> None:
    read = header(SMALL[:-5])
    assert read.needed_bytes == read.file_bytes + 5


@given(st.integers(0, len(SMALL) - 1))
def test_every_cut_is_noticed(length: int) -> None:
    try:
        read = header(SMALL[:length])
    except Corrupt:
        return
    assert read.needed_bytes > read.file_bytes


@given(st.binary(max_size=300))
def test_garbage_is_refused(content: bytes) -> None:
    with pytest.raises(Corrupt):
        header(content)


@given(st.lists(st.tuples(st.integers(4, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@example([(8, 255), (9, 255)])
def test_a_changed_header_is_read_or_refused_in_little_memory(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SMALL)
    for place, value in changes:
        content[place] = value
    tracemalloc.start()
    try:
        header(bytes(content))
    except Corrupt:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < _PEAK


@given(st.integers(24, len(SMALL) - 9), st.sampled_from([2**64 - 1, 2**63, 2**40, 2**32 - 1, 10**6]))
def test_a_huge_number_anywhere_is_no_harm(place: int, number: int) -> None:
    content = SMALL[:place] + struct.pack("<Q", number) + SMALL[place + 8 :]
    try:
        read = header(content)
    except Corrupt:
        return
    assert read.needed_bytes >= 0


def _array(kind: int, count: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, kind, count)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGML" + bytes(40),
        b"GGUF" + struct.pack("<IQQ", 1, 0, 0) + bytes(40),
        b"GGUF" + struct.pack("<IQQ", 3, 2**63, 0) + bytes(40),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63) + bytes(40),
        _array(8, 3_999_999) + bytes(1 << 20),
        _array(8, 2**40) + bytes(1 << 20),
        _array(0, 2**62) + bytes(100),
        _array(9, 2**62) + bytes(100),
        _array(9, 10) + (struct.pack("<IQ", 9, 1) * 50) + bytes(100),
        _array(77, 1) + bytes(100),
        gguf_bytes({"general.alignment": 0}, {"w": np.ones(3, np.float32)}),
    ],
    ids=[
        "empty",
        "four bytes",
        "other",
        "old",
        "tensors",
        "keys",
        "short",
        "items",
        "long",
        "nested",
        "deep",
        "type",
        "align",
    ],
)
def test_hostile_headers_are_refused(content: bytes) -> None:
    with pytest.raises(Corrupt):
        header(content)


def test_a_very_long_text_is_skipped() -> None:
    read = header(gguf_bytes({"long": "x" * (3 << 20), "after": 7}))
    assert "long" not in read.values
    assert read.number("after") == 7


def test_an_unknown_tensor_type_does_not_stop_us() -> None:
    content = SMALL.replace(struct.pack("<IQ", 0, 128), struct.pack("<IQ", 4_000, 128))
    assert content != SMALL
    assert header(content).tensors == 2


@given(st.sets(st.sampled_from(["a", "é", "x", "", "words"])))
def test_the_tokens_asked_for_are_found(wanted: set[str]) -> None:
    content = SMALL.replace(b"\5\0\0\0\0\0\0\0words", b"\x15\0\0\0\0\0\0\0tokenizer.ggml.tokens")
    assert content != SMALL
    read = read_header(io.BytesIO(content), len(content), frozenset(wanted))
    assert read.tokens == wanted & {"a", "é"}
