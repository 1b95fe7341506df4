"""Netlink's format: what is built is read again, and nothing that is read can do harm."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from hameau.perimeter.kernel.netlink import attribute, attributes, messages, nest, number, text

PAIRS = st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=200)))


@given(PAIRS)
def test_what_is_built_is_read_again(pairs: list[tuple[int, bytes]]) -> None:
    assert list(attributes(b"".join(attribute(kind, value) for kind, value in pairs))) == pairs


def test_attributes_hold_texts_numbers_and_attributes() -> None:
    built = nest(7, text(1, "lo"), number(2, 5))
    ((kind, inner),) = attributes(built)
    assert kind == 7
    assert list(attributes(inner)) == [(1, b"lo\0"), (2, struct.pack("=I", 5))]


@given(st.binary(max_size=300), st.integers(0, 10))
def test_garbage_ends_and_holds_nothing_that_is_not_there(data: bytes, offset: int) -> None:
    assert sum(len(value) for _, value in attributes(data, offset)) <= len(data)
    assert sum(len(message.body) for message in messages(data)) <= len(data)


@given(st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=60)), min_size=1), st.integers(0, 15))
def test_a_message_cut_short_is_left_out(parts: list[tuple[int, bytes]], missing: int) -> None:
    data = b""
    for kind, body in parts:
        data += struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body + bytes(-len(body) % 4)
    assert [(each.kind, each.body) for each in messages(data)] == parts
    last = len(parts[-1][1])
    cut = data[: len(data) - (-last % 4) - missing - 1]
    assert [(each.kind, each.body) for each in messages(cut)][: len(parts) - 1] == parts[:-1]
    assert len(list(messages(cut))) < len(parts)
