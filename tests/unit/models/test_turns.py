"""The line before a model: nobody is forgotten, nobody fills it alone."""

from __future__ import annotations

import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import Busy, Cancelled, Unavailable
from hameau.models.turns import Ticket, Turns


def called(tickets: list[Ticket]) -> list[int]:
    return [number for number, ticket in enumerate(tickets) if ticket.held]


def test_places_are_taken_in_order() -> None:
    turns = Turns(2)
    tickets = [turns.ticket("a") for _ in range(4)]
    assert called(tickets) == [0, 1]
    assert (turns.running, turns.waiting) == (2, 2)
    turns.leave(tickets[0])
    assert called(tickets) == [1, 2]


def test_a_newcomer_does_not_wait_for_the_whole_line_of_another() -> None:
    turns = Turns(1)
    many = [turns.ticket("editor") for _ in range(100)]
    one = turns.ticket("page")
    assert turns.position(one) == 0
    turns.leave(many[0])
    assert one.held
    turns.leave(one)
    assert many[1].held


def test_who_holds_least_is_next() -> None:
    turns = Turns(2)
    many = [turns.ticket("editor") for _ in range(4)]
    two = [turns.ticket("page") for _ in range(3)]
    turns.leave(many[0])
    assert two[0].held
    turns.leave(many[1])
    assert many[2].held  # the page holds one place now, the editor none
    turns.leave(two[0])
    assert two[1].held


def test_the_position_is_that_of_the_fair_order() -> None:
    turns = Turns(1)
    running = turns.ticket("a")
    line = [turns.ticket("a"), turns.ticket("a"), turns.ticket("b"), turns.ticket("c")]
    order = []
    before = {id(ticket): turns.position(ticket) for ticket in line}
    held = running
    for _ in line:
        turns.leave(held)
        held = next(ticket for ticket in line if ticket.held)
        order.append(before[id(held)])
        assert turns.position(held) == 0
    assert order == sorted(order)


def test_one_asker_can_not_fill_the_line() -> None:
    turns = Turns(1, longest=3)
    tickets = [turns.ticket("a") for _ in range(4)]
    with pytest.raises(Busy):
        turns.ticket("a")
    assert turns.waiting == 3
    other = turns.ticket("b")
    turns.leave(tickets[0])
    assert other.held
    turns.leave(tickets[1])
    assert turns.ticket("a")


def test_the_line_is_bounded_for_all() -> None:
    turns = Turns(1, crowd=5)
    for number in range(6):
        turns.ticket(f"asker {number}")
    with pytest.raises(Busy, match="5"):
        turns.ticket("one more")
    assert turns.waiting == 5


def test_who_hangs_up_leaves_the_line_at_once() -> None:
    turns, gone = Turns(1), threading.Event()
    running = turns.ticket("a")
    left = threading.Event()

    def wait() -> None:
        with pytest.raises(Cancelled), turns.taken("b", gone):
            raise AssertionError
        left.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not turns.waiting:
        pass
    gone.set()
    thread.join()
    assert left.is_set()
    assert (turns.running, turns.waiting) == (1, 0)
    turns.leave(running)
    turns.leave(running)
    assert turns.running == 0


def test_a_closed_line_sends_everyone_away() -> None:
    turns = Turns(1)
    held = turns.ticket("a")
    waiting = turns.ticket("b")
    turns.close()
    with pytest.raises(Unavailable):
        turns.wait(waiting)
    with pytest.raises(Unavailable), turns.taken("c"):
        raise AssertionError
    turns.leave(held)
    assert turns.running == 0


def test_a_failure_gives_the_place_back() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.taken("a"):
        raise ZeroDivisionError
    assert turns.running == 0


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "end", "hang up"]), st.integers(0, 9)), max_size=80
    ),
)
def test_whatever_happens_the_places_are_used_and_order_is_kept(places: int, steps: list[tuple[str, str, int]]) -> None:
    turns = Turns(places)
    lines: dict[str, deque[Ticket]] = {name: deque() for name in "abc"}
    holders: list[Ticket] = []
    for asker, what, which in steps:
        if what == "come":
            lines[asker].append(turns.ticket(asker))
        elif what == "end" and holders:
            turns.leave(holders.pop(which % len(holders)))
        elif what == "hang up" and lines[asker]:
            ticket = lines[asker][which % len(lines[asker])]
            lines[asker].remove(ticket)
            turns.leave(ticket)
        for line in lines.values():
            while line and line[0].held:
                holders.append(line.popleft())
            assert not any(ticket.held for ticket in line)  # its own requests keep their order
        waiting = sum(map(len, lines.values()))
        assert turns.waiting == waiting
        assert turns.running == len(holders) <= places
        assert len(holders) == places or not waiting  # no place stays empty while somebody waits
