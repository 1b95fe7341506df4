"""Models on their way: paused, gone on with, stopped, tried again. No clock: the model in memory waits until it is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from fakes.house import HouseInMemory
from hameau.kit import Conflict, NotEnough, NotFound, Refused
from hameau.server.arrivals import Arrivals
from hameau.server.model_shapes import Arrival


class Held:
    """An addition that waits until it is let go or cancelled."""

    def __init__(self, house: HouseInMemory) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        house.models.hold = self

    def __call__(self, cancel: Any) -> None:
        self.reached.set()
        while not self.go.is_set() and not cancel.is_set():
            cancel.wait(0.01)

    def wait(self) -> None:
        assert self.reached.wait(30)
        self.reached.clear()


def state(arrivals: Arrivals, wanted: str) -> Arrival:
    """The only arrival, once it is ``wanted``."""
    for _ in range(3000):
        if (found := arrivals.list("en")[0]).state == wanted:
            return found
        threading.Event().wait(0.01)
    raise AssertionError(f"{found} is not {wanted}")


def test_it_rests_and_goes_on_and_arrives(house: HouseInMemory) -> None:
    held, arrivals = Held(house), Arrivals()
    one = arrivals.start(house.models, "grand-modele", consent=True)
    held.wait()
    arrivals.pause(one)
    rested = state(arrivals, "paused")
    assert 0 < rested.done < rested.total
    assert house.models.discarded == []
    arrivals.resume(house.models, one)
    held.wait()
    held.go.set()
    state(arrivals, "done")
    assert "grand-modele" in house.models.here
    arrivals.resume(house.models, one)
    arrivals.stop(house.models, one)
    assert state(arrivals, "done").id == one


def test_what_came_of_a_stopped_one_is_thrown_away_when_nobody_writes_to_it(house: HouseInMemory) -> None:
    held, arrivals = Held(house), Arrivals()
    one = arrivals.start(house.models, "grand-modele", consent=True)
    held.wait()
    arrivals.stop(house.models, one)
    state(arrivals, "stopped")
    for _ in range(3000):
        if house.models.discarded:
            break
        threading.Event().wait(0.01)
    assert house.models.discarded == ["grand-modele"]


def test_a_resting_one_is_stopped_at_once(house: HouseInMemory) -> None:
    held, arrivals = Held(house), Arrivals()
    one = arrivals.start(house.models, "grand-modele", consent=True)
    held.wait()
    arrivals.pause(one)
    state(arrivals, "paused")
    arrivals.stop(house.models, one)
    assert arrivals.list("en")[0].state == "stopped"
    assert house.models.discarded == ["grand-modele"]


def test_one_that_failed_can_be_tried_again(house: HouseInMemory) -> None:
    arrivals = Arrivals()

    def full(_: Any) -> None:
        raise NotEnough("The disk is full.", hint="Make room.")

    house.models.hold = full
    one = arrivals.start(house.models, "grand-modele", consent=True)
    assert state(arrivals, "failed").message == "The disk is full."
    house.models.hold = lambda cancel: None
    arrivals.resume(house.models, one)
    assert state(arrivals, "done").message == ""


def test_a_model_comes_once_and_only_with_a_yes(house: HouseInMemory) -> None:
    held, arrivals = Held(house), Arrivals()
    with pytest.raises(Refused):
        arrivals.start(house.models, "grand-modele")
    one = arrivals.start(house.models, "grand-modele", consent=True)
    held.wait()
    with pytest.raises(Conflict):
        arrivals.start(house.models, "grand-modele", consent=True)
    arrivals.pause(one)
    state(arrivals, "paused")
    again = arrivals.start(house.models, "grand-modele", consent=True)
    held.wait()
    assert [found.id for found in arrivals.list("en")] == [again]
    held.go.set()
    state(arrivals, "done")
    with pytest.raises(NotFound):
        arrivals.pause(one)
