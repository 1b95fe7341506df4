"""Engines come, are shared, and go: by memory, by time, by wish. The machine is a fake that the tests hold in their hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fakes.engines import Machine, model, question
from hameau.kit import Busy, Corrupt, HameauError, NotEnough, Unavailable
from hameau.models import Chunk, EngineOptions, Gate, InstalledModel
from hameau.models.handle import Handle
from hameau.models.pool import Pool, Wish
from hameau.perimeter import asking

A, B, C = model("a", 400), model("b", 400), model("c", 400)


class Desk:
    """A pool over a machine, and the threads of those who ask."""

    def __init__(self, size: int = 1000, *, parallel: int = 1, budget: int = 0) -> None:
        self.machine = Machine(size)
        self.pool = Pool(self.machine.load, self.machine.needs, self.machine.free, budget=budget)
        self.gate = Gate()
        self.parallel = parallel
        self.threads: list[threading.Thread] = []

    def handle(self, model: InstalledModel, *, context: int = 0, keep_alive: float = -1) -> Handle:
        options = EngineOptions(1, 0, self.parallel)
        return Handle(self.pool, self.gate, model, options, Wish(context or model.card.context, keep_alive))

    def say(self, model: InstalledModel, text: str = "oui", **how: object) -> str:
        return "".join(chunk.text for chunk in self.handle(model, **how).stream(question(text)))  # type: ignore[arg-type]

    def later(self, work: Callable[[], object]) -> list[object]:
        """Does ``work`` in a thread; what it gave or raised stands in the list when the thread has ended."""
        found: list[object] = []

        def run() -> None:
            try:
                found.append(work())
            except HameauError as error:
                found.append(error)

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()
        return found

    def join(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def names(self) -> list[str]:
        return [one.model.card.id for one in self.pool.loaded()]


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.machine.may_load.set()
    made.machine.speaking.set()
    made.join()
    made.pool.close()


def until(true: Callable[[], object]) -> None:
    """Waits for what another thread does, within a bound."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_model_is_loaded_once_however_many_ask(desk: Desk) -> None:
    desk.machine.may_load.clear()
    said = [desk.later(lambda: desk.say(A)) for _ in range(8)]
    desk.machine.loading.acquire()
    desk.machine.may_load.set()
    desk.join()
    assert [one[0] for one in said] == ["oui"] * 8
    assert desk.machine.loads == ["a"]


def test_two_models_load_at_once(desk: Desk) -> None:
    desk.machine.may_load.clear()
    desk.later(lambda: desk.say(A))
    desk.later(lambda: desk.say(B))
    for _ in range(2):
        desk.machine.loading.acquire()  # both are loading: neither waits for the other
    assert desk.names() == []
    desk.machine.may_load.set()
    desk.join()
    assert set(desk.names()) == {"a", "b"}


def test_names_of_the_same_weights_share_an_engine(desk: Desk) -> None:
    desk.say(A)
    desk.say(model("poet", 400, weights="a"))
    assert desk.machine.loads == ["a"]
    assert desk.names() == ["poet"]
    assert set(desk.pool.names()) == {"a", "poet"}


def test_the_one_used_longest_ago_goes_first(desk: Desk) -> None:
    for one in (A, B, A, C):
        desk.say(one)
    assert set(desk.names()) == {"a", "c"}
    assert desk.machine.loads == ["a", "b", "c"]


def test_what_can_never_fit_puts_nothing_away(desk: Desk) -> None:
    desk.say(A)
    with pytest.raises(NotEnough, match="giant"):
        desk.say(model("giant", 1001))
    assert desk.names() == ["a"]


def test_two_that_fit_alone_but_not_together_both_answer(desk: Desk) -> None:
    big, other = model("big", 900), model("other", 900)
    said = [desk.later(lambda one=one: desk.say(one)) for one in (big, other) * 5]  # type: ignore[misc]
    desk.join()
    assert [one[0] for one in said] == ["oui"] * 10


def test_the_budget_bounds_what_is_held() -> None:
    desk = Desk(10_000, budget=1000)
    for one in (A, B, C):
        desk.say(one)
    assert set(desk.names()) == {"b", "c"}
    memory = desk.pool.memory(20_000)
    assert (memory.total, memory.used, memory.budget, memory.free) == (20_000, 800, 1000, 200)
    with pytest.raises(NotEnough):
        desk.say(model("giant", 1001))
    desk.pool.close()


def test_one_that_writes_is_never_put_away(desk: Desk) -> None:
    desk.machine.speaking.clear()
    first, second = desk.later(lambda: desk.say(A, "un deux")), desk.later(lambda: desk.say(B))
    until(lambda: len(desk.machine.there) == 2 and all(engine.running for engine in desk.machine.engines))
    third = desk.later(lambda: desk.say(C))
    fourth = desk.later(lambda: desk.say(A, "trois"))  # whoever waits for room comes before who comes later
    desk.handle(C).load()  # does not wait for others to finish
    assert desk.machine.there == {"a", "b"}
    desk.machine.speaking.set()
    desk.join()
    assert (first[0], second[0], third[0], fourth[0]) == ("undeux", "oui", "oui", "trois")
    assert "c" in desk.machine.loads


def test_who_waits_for_room_may_leave(desk: Desk) -> None:
    desk.machine.speaking.clear()
    desk.later(lambda: desk.say(A))
    desk.later(lambda: desk.say(B))
    until(lambda: len(desk.machine.there) == 2 and all(engine.running for engine in desk.machine.engines))
    gone = threading.Event()
    chunks = desk.later(lambda: list(desk.handle(C).stream(question("oui"), gone)))
    gone.set()
    until(lambda: chunks)
    assert chunks[0] and [chunk.finish for chunk in chunks[0]] == ["cancelled"]  # type: ignore[attr-defined]
    assert "c" not in desk.machine.loads


def test_who_waits_for_a_load_may_leave_and_it_goes_on(desk: Desk) -> None:
    desk.machine.may_load.clear()
    gone = threading.Event()
    chunks = desk.later(lambda: list(desk.handle(A).stream(question("oui"), gone)))
    desk.machine.loading.acquire()
    gone.set()
    desk.join()
    assert [chunk.finish for chunk in chunks[0]] == ["cancelled"]  # type: ignore[attr-defined]
    desk.machine.may_load.set()
    assert desk.say(A) == "oui"
    assert desk.machine.loads == ["a"]


def test_what_is_wrong_is_told_to_all_who_wait_and_it_may_be_tried_again(desk: Desk) -> None:
    desk.machine.broken["a"] = Corrupt("broken {what}", what="bits")
    desk.machine.may_load.clear()
    said = [desk.later(lambda: desk.say(A)) for _ in range(3)]
    desk.machine.loading.acquire()
    desk.machine.may_load.set()
    desk.join()
    assert [str(one[0]) for one in said] == ["broken bits"] * 3
    desk.machine.broken.clear()
    assert desk.say(A) == "oui"


def test_what_nobody_foresaw_leaves_nobody_waiting(desk: Desk) -> None:
    desk.machine.broken["a"] = RuntimeError("oh")
    with pytest.raises(Unavailable, match="oh"):
        desk.say(A)


def test_only_so_many_answers_at_once() -> None:
    desk = Desk(parallel=3)
    said = [desk.later(lambda: desk.say(A, "un deux trois")) for _ in range(20)]
    desk.join()
    assert [one[0] for one in said] == ["undeuxtrois"] * 20
    assert desk.machine.engines[0].most <= 3
    desk.pool.close()


def test_askers_take_turns_and_know_their_place(desk: Desk) -> None:
    order: list[str] = []
    desk.machine.speaking.clear()

    def ask(name: str, handle: Handle) -> None:
        with asking(name):
            order.extend(chunk.text for chunk in handle.stream(question(name)))

    handles = [desk.handle(A) for _ in range(5)]
    for count, (name, handle) in enumerate(zip(["editor"] * 4 + ["page"], handles, strict=True), 1):
        desk.later(lambda name=name, handle=handle: ask(name, handle))  # type: ignore[misc]
        until(lambda count=count: sum(one.running + one.waiting for one in desk.pool.loaded()) == count)  # type: ignore[misc]
    assert [handle.position for handle in handles] == [0, 1, 2, 3, 0]
    desk.machine.speaking.set()
    desk.join()
    assert [word for word in order if word] == ["editor", "page", "editor", "editor", "editor"]


def test_a_full_line_is_said(desk: Desk) -> None:
    desk.machine.speaking.clear()
    gone = threading.Event()
    said = [desk.later(lambda: list(desk.handle(A).stream(question("oui"), gone))) for _ in range(257)]
    until(lambda: desk.pool.loaded() and desk.pool.loaded()[0].waiting == 256)
    with pytest.raises(Busy, match="256"):
        desk.say(A)
    gone.set()
    desk.join()
    assert all(chunks[-1][-1].finish == "cancelled" for chunks in said)  # type: ignore[index]
    assert (desk.pool.loaded()[0].running, desk.pool.loaded()[0].waiting) == (0, 0)


def test_a_closed_stream_gives_everything_back(desk: Desk) -> None:
    stream = desk.handle(A).stream(question("un deux trois"))
    assert next(stream).text == "un"
    assert (desk.gate.busy, desk.pool.loaded()[0].running) == (True, 1)
    stream.close()  # type: ignore[attr-defined]
    assert (desk.gate.busy, desk.pool.loaded()[0].running) == (False, 0)
    assert desk.machine.engines[0].running == 0


def test_nothing_happens_before_the_first_chunk(desk: Desk) -> None:
    desk.handle(A).stream(question("oui"))
    assert desk.machine.loads == []


def test_a_larger_context_loads_anew_when_nobody_uses_it(desk: Desk) -> None:
    desk.machine.speaking.clear()
    small = desk.later(lambda: desk.say(A, "un"))
    until(lambda: desk.machine.engines and desk.machine.engines[0].running)
    large = desk.later(lambda: desk.say(A, "deux", context=4196))
    after = desk.later(lambda: desk.say(A, "trois"))
    desk.machine.speaking.set()
    desk.join()
    assert (small[0], large[0], after[0]) == ("un", "deux", "trois")
    assert [engine.options.context for engine in desk.machine.engines] == [4096, 4196]
    assert desk.say(A) == "oui"  # less is asked for than there is: nothing is loaded for that
    assert len(desk.machine.loads) == 2
    assert desk.pool.loaded()[0].context == 4196


def test_a_context_that_can_not_fit_changes_nothing(desk: Desk) -> None:
    desk.say(A)
    with pytest.raises(NotEnough):
        desk.say(A, context=4096 + 601)
    assert desk.machine.loads == ["a"]
    assert desk.say(A) == "oui"


def test_many_sizes_at_once_all_answer(desk: Desk) -> None:
    said = [desk.later(lambda n=n: desk.say(A, f"n{n}", context=4096 + 10 * (n % 4))) for n in range(16)]  # type: ignore[misc]
    desk.join()
    assert [one[0] for one in said] == [f"n{n}" for n in range(16)]
    assert desk.pool.loaded()[0].context == 4126


def test_no_time_to_live_means_gone_at_once(desk: Desk) -> None:
    assert desk.say(A, keep_alive=0) == "oui"
    until(lambda: not desk.names())
    assert desk.machine.there == set()
    handle = desk.handle(A, keep_alive=0)
    handle.load()
    assert desk.names() == ["a"]  # asked for ahead: there for what is coming
    assert list(handle.stream(question("oui")))
    until(lambda: not desk.names())


def test_its_time_runs_from_its_last_use(desk: Desk) -> None:
    desk.say(A, keep_alive=0.05)
    desk.say(B)
    [b] = [one for one in desk.pool.loaded() if one.model is B]
    assert b.expires_at is None
    until(lambda: desk.names() == ["b"])
    desk.say(A, keep_alive=3600)
    [a] = [one for one in desk.pool.loaded() if one.model is A]
    assert a.expires_at
    assert a.expires_at > a.loaded_at


def test_the_last_wish_counts(desk: Desk) -> None:
    desk.say(A, keep_alive=3600)
    desk.say(A, keep_alive=0)
    until(lambda: not desk.names())


def test_unloading_waits_for_who_writes(desk: Desk) -> None:
    stream = desk.handle(A).stream(question("un deux"))
    next(stream)
    desk.pool.unload(A.weights)
    assert desk.names() == ["a"]
    assert [chunk.text for chunk in stream] == ["deux", ""]
    until(lambda: not desk.names())
    desk.pool.unload(A.weights)  # nothing to do
    assert desk.say(A) == "oui"


def test_a_handle_outlives_its_engine(desk: Desk) -> None:
    handle = desk.handle(A)
    assert len(list(handle.stream(question("oui")))) == 2
    assert handle.memory_bytes == 400
    desk.pool.unload(A.weights, now=True)
    assert handle.memory_bytes == 0
    assert len(list(handle.stream(question("oui")))) == 2
    assert desk.machine.loads == ["a", "a"]


def test_put_away_at_once_ends_what_it_does_with_a_word(desk: Desk) -> None:
    desk.machine.speaking.clear()
    said = [desk.later(lambda: desk.say(A)) for _ in range(3)]
    until(lambda: desk.pool.loaded() and desk.pool.loaded()[0].waiting == 2)
    desk.pool.unload(A.weights, now=True)
    desk.join()
    assert all(isinstance(one[0], Unavailable) for one in said)
    assert desk.names() == []


@pytest.mark.parametrize("when", ["loading", "writing", "blocked"])
def test_closing_in_the_middle_ends_everyone(desk: Desk, when: str) -> None:
    desk.machine.speaking.clear()
    if when == "loading":
        desk.machine.may_load.clear()
    said = [desk.later(lambda one=one: desk.say(one)) for one in (A, B)]  # type: ignore[misc]
    if when == "loading":
        desk.machine.loading.acquire()
    else:
        until(lambda: len(desk.machine.engines) == 2 and all(engine.running for engine in desk.machine.engines))
    if when == "blocked":
        said.append(desk.later(lambda: desk.say(C)))
    closing = desk.later(desk.pool.close)
    desk.machine.may_load.set()
    desk.join()
    assert closing == [None]
    assert all(isinstance(one[0], HameauError) for one in said)
    assert desk.machine.there == set()
    with pytest.raises(Unavailable):
        desk.say(A)


def test_chunks_pass_through_as_they_are(desk: Desk) -> None:
    chunks = list(desk.handle(A).stream(question("un deux")))
    assert [chunk.text for chunk in chunks] == ["un", "deux", ""]
    assert chunks[-1] == Chunk(finish="stop", usage=chunks[-1].usage)
