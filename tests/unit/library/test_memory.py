from __future__ import annotations

from hameau.library.memory import Memory


class Pupil:
    """Learns, and counts how often it had to."""

    def __init__(self) -> None:
        self.learnt: list[str] = []

    def __call__(self, piece: str) -> str:
        self.learnt.append(piece)
        return piece.upper()


def test_what_is_known_is_not_learnt_again() -> None:
    pupil = Pupil()
    memory = Memory(pupil, 10)
    assert [memory["a"], memory["b"], memory["a"]] == ["A", "B", "A"]
    assert pupil.learnt == ["a", "b"]


def test_a_full_memory_keeps_what_came_first() -> None:
    pupil = Pupil()
    memory = Memory(pupil, 2)
    assert [memory[piece] for piece in "abcca"] == list("ABCCA")
    assert pupil.learnt == ["a", "b", "c", "c"]


def test_a_full_memory_that_is_of_no_help_begins_anew() -> None:
    memory = Memory(Pupil(), 2)
    for piece in "ab" + "cdef" * 2:
        assert memory[piece] == piece.upper()
    assert "a" not in memory
    assert 0 < len(memory) <= 2


def test_what_others_worked_out_is_kept_within_bounds() -> None:
    memory = Memory(Pupil(), 3)
    for number in range(100):
        memory.keep(str(number), "known")
        assert len(memory) <= 3
