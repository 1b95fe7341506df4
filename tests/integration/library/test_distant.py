"""Sources on other machines, as the indexer follows them: in batches, remembered, left alone, put off politely."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.extraction import PlainExtractor
from fakes.sources import DistantSource
from hameau.kit import N_, Corrupt, HameauError, Refused, Unavailable
from hameau.library import (
    Content,
    Document,
    Indexer,
    Item,
    Later,
    Library,
    PartlyUnavailable,
    Source,
    SourceContext,
    disagreements,
    fetching,
)
from hameau.library.jobs import OF_A_SOURCE
from hameau.storage import Database

FILES = {f"{box}/{number:02}": f"Le message {box}{number}.".encode() for box in "ab" for number in range(15)}
AWAY = Unavailable(N_("This does not work right now."))


class World:
    """A library, a source elsewhere, and indexers."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.home.mkdir()
        self.database = Database(self.home / "hameau.db")
        self.library = Library(self.database)
        self.distant = DistantSource(root / "x", dict(FILES))
        self.extractor = PlainExtractor()
        self.indexers: list[Indexer] = []
        self.source = self.library.add_source("distant", "boîte")

    def indexer(self) -> Indexer:
        adapters = {"distant": self.distant}
        made = Indexer(self.library, adapters=adapters, extractor=self.extractor, home=self.home)
        self.indexers.append(made)
        return made

    def sync(self, *, retry: bool = False) -> None:
        indexer = self.indexer()
        self.extractor.read.clear()
        self.distant.asked.clear()
        indexer.sync(self.source.id, retry=retry)
        indexer.stop()

    def now(self) -> Source:
        return self.library.source(self.source.id)

    def states(self) -> dict[str, str]:
        return {one.uri: one.state for one in self.library.documents(limit=1000)}

    def remembered(self) -> str:
        return self.library.memory(self.source.id).get("listed")

    def document(self, uri: str) -> Document:
        return next(one for one in self.library.documents(limit=1000) if one.uri == uri)

    def close(self) -> None:
        for indexer in self.indexers:
            indexer.stop()
        assert disagreements(self.database) == {}
        self.database.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_contents_are_asked_for_in_batches_in_the_order_of_the_listing(world: World) -> None:
    world.sync()
    assert world.distant.asked == [sorted(FILES)[at : at + 10] for at in (0, 10, 20)]
    assert set(world.states().values()) == {"indexed"} and len(world.states()) == 30
    assert world.now().state == "ready"
    world.sync()
    assert world.distant.asked == []


def test_what_is_very_big_is_asked_for_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BIG_BYTES", 100)
    monkeypatch.setattr(fetching, "BATCH_BYTES", 50)
    monkeypatch.setattr(fetching, "AHEAD_BYTES", 30)
    world.distant.files = {"a": b"a" * 40, "b": b"b" * 40, "c": b"c" * 200, "d": b"d", "e": b"e"}
    world.sync()
    assert world.distant.asked == [["a"], ["b"], ["d", "e"]]
    assert set(world.states().values()) == {"indexed"} and len(world.states()) == 5


def test_what_is_wrong_with_one_thing_is_its_own_matter(world: World) -> None:
    world.distant.broken = {"a/03": Corrupt(N_("The file is damaged."))}
    world.distant.gone = {"a/04"}
    world.sync()
    assert world.states()["a/03"] == "failed" and "a/04" not in world.states()
    assert len(world.states()) == 29 and world.now().state == "ready"
    world.distant.broken.clear()
    world.sync()
    assert world.states()["a/03"] == "failed"  # a routine look leaves it alone
    world.sync(retry=True)
    assert world.states()["a/03"] == "indexed"


def test_what_was_listed_and_then_not_there_is_listed_again(world: World) -> None:
    """A mailbox that can't be opened for a moment: its mails must not be taken for gone while it is remembered as read."""
    world.distant.gone = {"a/04"}
    world.sync()
    assert world.remembered() == "" and "a/04" not in world.states()
    world.distant.gone.clear()
    world.sync()
    assert world.states()["a/04"] == "indexed" and world.remembered() == "1"
    world.distant.files["a/20"] = b"Un autre."
    world.distant.gone = {"a/20"}
    for _ in range(4):  # really gone, and listed by mistake: not asked for in vain for ever
        world.sync()
    assert world.remembered() == "2"


def test_what_was_begun_and_is_listed_no_more_does_not_wait_for_ever(world: World) -> None:
    """Killed in the middle, and meanwhile the articles left their feed: nothing would ever read them, and the feed would be
    asked for all of itself each time."""
    world.sync()
    library, at = world.library, "2026-01-01T00:00:00.000Z"
    library.begin_document(world.source.id, Item("a/new", "new", 1, at, "x"))
    library.begin_document(world.source.id, Item("a/01", "edited", 1, at, "y"))
    world.distant.files = {"c/01": b"Plus tard."}
    world.distant.kept = ["a/", "b/"]
    world.sync()
    assert "a/new" not in world.states()
    assert world.states()["a/01"] == "indexed"
    assert library.text(world.document("a/01").id) == "Le message a1."
    assert not library.unfinished(world.source.id)


def test_a_line_that_breaks_keeps_what_came_and_forgets_what_was_noted(world: World) -> None:
    world.distant.breaks_after = 14
    world.sync()
    states = world.states()
    assert sum(state == "indexed" for state in states.values()) == 14
    assert sum(state == "pending" for state in states.values()) == 16
    assert world.now().state == "failed" and world.remembered() == ""
    world.distant.listed.clear()
    world.sync()
    assert world.distant.listed[0].whole
    assert set(world.states().values()) == {"indexed"} and world.remembered() == "1"
    assert [uri for some in world.distant.asked for uri in some] == sorted(FILES)[14:]  # nothing is fetched twice


def test_what_is_told_to_be_as_it_was_stays_though_it_is_not_listed(world: World) -> None:
    world.sync()
    del world.distant.files["b/03"], world.distant.files["a/03"]
    world.distant.kept = ["a/"]
    world.sync()
    assert "a/03" in world.states() and "b/03" not in world.states()
    world.distant.kept = [""]
    world.sync()
    assert len(world.states()) == 29
    world.distant.kept = []
    world.sync()
    assert "a/03" not in world.states()


def test_what_is_remembered_goes_with_the_synchronisation_that_noted_it(world: World) -> None:
    world.sync()
    world.sync()
    assert world.remembered() == "2"
    world.distant.trouble = AWAY
    world.sync()
    assert world.remembered() == "2" and world.now().state == "failed" and len(world.states()) == 30
    partly = PartlyUnavailable(N_("Some folders could not be read."))
    partly.below = ("b/",)
    world.distant.trouble = None
    real = world.distant.items

    def items(context: SourceContext) -> Iterator[Item]:
        yield from (item for item in real(context) if isinstance(item, Item) and item.uri.startswith("a/"))
        raise partly

    world.distant.items = items  # type: ignore[method-assign]
    world.sync()
    assert world.remembered() == "3" and world.now().state == "ready" and len(world.states()) == 30


def test_a_person_who_asks_has_everything_compared(world: World) -> None:
    world.sync()
    world.sync(retry=True)
    assert [context.whole for context in world.distant.listed] == [False, True]


def test_parts_come_and_go_through_the_pipeline(world: World) -> None:
    world.distant.files = {"m": b"Voici.\0a.txt:Le verger.\0b.txt:Le moulin."}
    world.sync()
    before = [one.id for one in world.library.parts(world.document("m").id)]
    world.distant.files = {"m": b"Voici donc.\0a.txt:Le verger.\0c.txt:Le lavoir."}
    world.sync()
    after = {one.uri: one.id for one in world.library.parts(world.document("m").id)}
    assert list(after) == ["m#part=a.txt", "m#part=c.txt"] and after["m#part=a.txt"] == before[0]
    world.sync(retry=True)
    assert world.extractor.read == []


def test_a_paused_source_is_left_alone_and_taken_up_again(world: World) -> None:
    world.library.pause_source(world.source.id)
    indexer = world.indexer()
    indexer.run_until_idle()
    assert world.states() == {} and world.now().paused_at
    assert indexer.next_look(world.source.id) is None
    world.library.resume_source(world.source.id)
    indexer.run_until_idle()
    assert len(world.states()) == 30 and not world.now().paused_at


def test_what_is_being_read_stops_soon_when_it_is_paused(world: World) -> None:
    world.distant.wait.clear()
    indexer = world.indexer()
    indexer.start()
    until(lambda: world.distant.asked)
    world.library.pause_source(world.source.id)
    until(lambda: indexer.progress().phase == "idle")
    assert world.now().state == "new" and world.library.jobs.of(world.source.id, OF_A_SOURCE)
    world.distant.wait.set()
    world.library.resume_source(world.source.id)
    until(lambda: world.now().state == "ready")
    assert set(world.states().values()) == {"indexed"}


@pytest.mark.parametrize(
    ("trouble", "least", "most"),
    [
        (None, 900, 1000),
        (AWAY, 60, 70),
        (Refused(N_("The password is wrong.")), 86_400, 96_000),
    ],
)
def test_when_it_is_looked_at_again(world: World, trouble: HameauError | None, least: float, most: float) -> None:
    world.distant.trouble = trouble
    indexer = world.indexer()
    indexer.start()
    until(lambda: world.now().synced_at)
    until(lambda: (indexer.next_look(world.source.id) or 0) > least - 30)
    wait = indexer.next_look(world.source.id)
    assert wait is not None and wait < most
    assert len(world.distant.listed) == 1 and world.library.jobs.of(world.source.id, OF_A_SOURCE) == []
    if trouble is not None:
        assert world.now().state == "failed" and world.now().error == trouble.message


def test_one_that_asks_to_be_left_alone_is(world: World) -> None:
    later = Later(N_("This does not work right now."))
    later.seconds = 7200
    world.distant.trouble = later
    indexer = world.indexer()
    indexer.start()
    until(lambda: (indexer.next_look(world.source.id) or 0) > 7000)


def test_at_a_new_start_it_is_not_asked_before_it_is_due(world: World) -> None:
    world.sync()
    world.distant.listed.clear()
    indexer = world.indexer()
    indexer.start()
    until(lambda: (indexer.next_look(world.source.id) or 0) > 0)
    assert 600 < (indexer.next_look(world.source.id) or 0) <= 900
    assert world.distant.listed == []


def test_who_is_told_of_a_change_compares_at_once_and_listens_anew_when_the_line_broke(world: World) -> None:
    indexer = world.indexer()
    indexer.start()
    until(lambda: world.now().state == "ready" and world.distant.heard)
    world.distant.files["a/99"] = b"Un mot nouveau."
    world.distant.heard[0].ring()
    until(lambda: world.states().get("a/99") == "indexed")
    world.distant.heard[0].ring(lost=True)
    until(lambda: world.distant.heard[0].closed)
    world.library.request_sync(world.source.id)
    until(lambda: len(world.distant.heard) == 2)


def test_very_many_sources_are_looked_at_in_turn(world: World) -> None:
    world.distant.files = {"x": b"x"}
    sources = [world.library.add_source("distant", f"boîte {number}") for number in range(60)]
    world.indexer().run_until_idle()
    assert {one.state for one in world.library.sources()} == {"ready"}
    assert [one.documents for one in world.library.sources()] == [1] * (len(sources) + 1)
    assert threading.active_count() < 40


def test_files_that_are_handed_out_stand_until_they_are_read(world: World, tmp_path: Path) -> None:
    held: list[Path] = []

    def contents(context: SourceContext, uris: list[str]) -> Iterator[tuple[str, Content]]:
        try:
            for uri in uris:
                held.append(tmp_path / uri.replace("/", "-"))
                held[-1].write_bytes(world.distant.files[uri])
                yield uri, Content(uri, path=held[-1])
        finally:
            for path in held:
                path.unlink(missing_ok=True)

    world.distant.contents = contents  # type: ignore[method-assign, assignment]
    world.sync()
    assert set(world.states().values()) == {"indexed"} and len(world.states()) == 30
    assert len(held) == 30 and not any(path.exists() for path in held)


def test_who_waits_for_the_work_does_not_wait_for_what_is_left_alone(world: World) -> None:
    assert world.library.at_work()
    world.library.pause_source(world.source.id)
    assert not world.library.at_work() and world.library.sources_to_sync() == []
    world.library.resume_source(world.source.id)
    world.distant.breaks_after = 5
    world.sync()
    assert world.library.status().pending and not world.library.at_work()
