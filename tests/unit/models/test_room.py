"""Who may be in an engine at the same time: first come, first in, and nobody takes the room of another."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from hameau.models.engines.xllamacpp_room import Room

GONE = threading.Event()
GONE.set()


def waits(room: Room, number: int, prompt: int, answer: int) -> bool:
    """Whether a newcomer would have to wait."""
    came = room.enter(number, prompt, answer, GONE)
    return not came


def test_one_may_take_everything() -> None:
    room = Room(1000, 4)
    assert room.enter(1, 5000, -1, None)
    room.read(1, 900, -1)
    assert room.wrote(1, 999)


def test_there_are_only_so_many_places() -> None:
    room = Room(1000, 2)
    assert room.enter(1, 10, 10, None)
    assert room.enter(2, 10, 10, None)
    assert waits(room, 3, 10, 10)
    room.leave(1)
    assert room.enter(3, 10, 10, None)


def test_nobody_comes_in_without_room_for_the_prompt() -> None:
    room = Room(1000, 4)
    assert room.enter(1, 700, 100, None)
    assert waits(room, 2, 300, 100)
    room.read(1, 200, 100)  # it was shorter than it could have been
    assert room.enter(2, 300, 100, None)


def test_without_a_limit_a_fair_share_is_kept_for_the_answer() -> None:
    room = Room(1000, 4)
    assert room.enter(1, 100, -1, None)
    assert room.enter(2, 100, -1, None)
    assert waits(room, 3, 400, -1)
    assert room.enter(4, 50, -1, None)


def test_the_longest_ends_when_all_is_taken() -> None:
    room = Room(1000, 2)
    assert room.enter(1, 100, -1, None)
    assert room.enter(2, 100, 300, None)
    room.read(1, 100, -1)
    room.read(2, 100, 300)
    assert room.wrote(1, 600)  # more than its share, but it is free
    assert room.wrote(2, 400)
    assert not room.wrote(1, 601)
    assert room.wrote(2, 401)


def test_whoever_came_first_goes_in_first() -> None:
    room = Room(1000, 1)
    assert room.enter(0, 10, 10, None)
    order: list[int] = []

    def come(number: int) -> Callable[[], None]:
        def run() -> None:
            room.enter(number, 10, 10, None)
            order.append(number)
            room.leave(number)

        return run

    threads = []
    for number in range(1, 6):
        threads.append(threading.Thread(target=come(number)))
        threads[-1].start()
        while len(room._line) < number:  # each stands in the line before the next comes
            threading.Event().wait(0.001)
    room.leave(0)
    for thread in threads:
        thread.join()
    assert order == [1, 2, 3, 4, 5]


@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(-1, 500)), min_size=1, max_size=30), st.integers(1, 5))
def test_what_is_kept_never_exceeds_the_whole(wishes: list[tuple[int, int]], places: int) -> None:
    room = Room(1000, places)
    for number, (prompt, answer) in enumerate(wishes):
        room.enter(number, prompt, answer, GONE)
        inside = room._inside.values()
        assert len(inside) <= places
        assert sum(place.kept for place in inside) <= 1000
