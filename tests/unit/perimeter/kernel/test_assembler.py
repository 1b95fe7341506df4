"""The assembler against instructions written down in RFC 9669, and programs against their own shape."""

from __future__ import annotations

import struct

import pytest

from hameau.perimeter.kernel import programs
from hameau.perimeter.kernel.bpf import Assembler, Map


def test_instructions_are_those_of_the_standard() -> None:
    a = Assembler()
    a.copy(6, 1)
    a.set(0, -1)
    a.load(4, 2, 6, 24)
    a.store(2, 10, -8, 2)
    a.put(8, 10, -16, 7)
    a.count(0, 1)
    a.table(1, 5)
    a.call(1)
    a.end(1)
    assert a.code().hex(" ", 8).split() == [
        "bf16000000000000",
        "b7000000ffffffff",
        "6162180000000000",
        "6b2af8ff00000000",
        "7a0af0ff07000000",
        "db10000000000000",
        "1811000005000000",
        "0000000000000000",
        "8500000001000000",
        "b700000001000000",
        "9500000000000000",
    ]


def test_jumps_find_their_places_in_both_directions() -> None:
    a = Assembler()
    a.place("start")
    a.jump_if(0, "==", 1, "end")
    a.jump_if_none(0, "start")
    a.jump("end")
    a.set(0, 0)
    a.place("end")
    a.end(0)
    code = a.code()
    offsets = [struct.unpack_from("<h", code, at * 8 + 2)[0] for at in range(3)]
    assert offsets == [3, -2, 1]


def test_a_jump_to_nowhere_is_an_error_of_ours() -> None:
    a = Assembler()
    a.jump("nowhere")
    with pytest.raises(KeyError):
        a.code()


@pytest.mark.parametrize("uid", [None, 990])
def test_programs_are_whole(uid: int | None) -> None:
    maps = programs.Maps(Map(3, 20, 4), Map(4, 24, 8), Map(5, 4, 8))
    whole = [programs.leaving(maps, uid)]
    for v6 in (False, True):
        whole += [programs.connecting(maps, uid, v6=v6), programs.sending(maps, uid, v6=v6)]
    for code in whole:
        assert len(code) % 8 == 0
        assert code.endswith(bytes.fromhex("b700000001000000 9500000000000000"))
        assert len(code) // 8 < 256
