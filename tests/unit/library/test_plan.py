"""What a synchronisation has to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.plan import Beginnings, Plan, moves, plan
from hameau.library.ports import Item
from hameau.library.types import KnownDocument


def item(uri: str, fingerprint: str = "f", size: int = 1) -> Item:
    return Item(uri, uri, size, "2026-01-01T00:00:00.000Z", fingerprint)


def known(uri: str, fingerprint: str = "f", state: str = "indexed", content_hash: str = "h") -> KnownDocument:
    return KnownDocument(hash(uri), uri, state, fingerprint, content_hash)  # type: ignore[arg-type]


def test_new_changed_unfinished_and_gone() -> None:
    listed = [item("same"), item("changed", "g"), item("new", "n"), item("pending"), item("failed")]
    before = {
        one.uri: one
        for one in (
            known("same"),
            known("changed"),
            known("gone", "x"),
            known("pending", state="pending"),
            known("failed", state="failed"),
        )
    }
    todo = plan(listed, before, complete=True, retry=False)
    assert {one.uri for one in todo.look} == {"changed", "new", "pending"}
    assert [one.uri for one in todo.gone] == ["gone"]
    assert todo.unchanged == 2
    assert {one.uri for one in plan(listed, before, complete=True, retry=True).look} == {
        "changed",
        "new",
        "pending",
        "failed",
    }


def test_an_incomplete_listing_loses_nothing() -> None:
    assert plan([], {"a": known("a")}, complete=False, retry=False).gone == ()


def test_text_before_offices_before_pictures_and_small_before_big() -> None:
    listed = [item("a.png"), item("b.docx"), item("c.md", size=9), item("d.txt", size=2)]
    assert [one.uri for one in plan(listed, {}, complete=True, retry=False).look] == [
        "d.txt",
        "c.md",
        "b.docx",
        "a.png",
    ]


def test_only_what_was_read_can_move() -> None:
    gone = [known("a", content_hash="x"), known("b", content_hash=""), known("c", state="failed", content_hash="y")]
    assert list(moves(gone)) == ["x"]


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_every_file_is_looked_at_kept_or_gone(present: set[str], before: set[str]) -> None:
    todo = plan(
        [item(uri, uri) for uri in sorted(present)],
        {uri: known(uri, uri) for uri in before},
        complete=True,
        retry=False,
    )
    assert {one.uri for one in todo.look} == present - before
    assert {one.uri for one in todo.gone} == before - present
    assert todo.unchanged == len(present & before)


def test_what_could_not_be_looked_into_is_not_gone() -> None:
    before = {one.uri: one for one in (known("/a/b/c"), known("/a/bc"))}
    assert [one.uri for one in plan([], before, complete=True, retry=False, unseen=("/a/b/",)).gone] == ["/a/bc"]


def in_library(*documents: KnownDocument) -> dict[str, KnownDocument]:
    return {one.uri: one for one in documents}


def moved(todo: Plan) -> list[tuple[str, str, str | None]]:
    return sorted(
        (move.document.uri, move.item.uri, move.replaced.uri if move.replaced else None) for move in todo.moved
    )


def test_a_fingerprint_at_another_place_is_a_move_and_nothing_is_looked_at() -> None:
    before = in_library(known("a/x", "1"), known("a/y", "2"), known("z", "3"))
    todo = plan([item("b/x", "1"), item("b/y", "2"), item("z", "3")], before, complete=True, retry=False)
    assert moved(todo) == [("a/x", "b/x", None), ("a/y", "b/y", None)]
    assert (todo.look, todo.gone) == ((), ())


def test_places_that_are_changed_round_are_moves() -> None:
    """As logs do when they are turned over: each takes the next one's place, and the last is gone."""
    before = in_library(known("log", "1"), known("log.1", "2"), known("log.2", "3"))
    todo = plan([item("log", "9"), item("log.1", "1"), item("log.2", "2")], before, complete=True, retry=False)
    assert moved(todo) == [("log", "log.1", None), ("log.1", "log.2", "log.2")]
    assert [one.uri for one in todo.look] == ["log"] and todo.gone == ()
    swapped = plan(
        [item("a", "2"), item("b", "1")], in_library(known("a", "1"), known("b", "2")), complete=True, retry=False
    )
    assert moved(swapped) == [("a", "b", None), ("b", "a", None)] and swapped.look == ()


def test_what_may_still_be_at_its_old_place_did_not_move() -> None:
    before = in_library(known("away/x", "1"))
    for complete, unseen in ((False, ()), (True, ("away/",))):
        todo = plan([item("b/x", "1")], before, complete=complete, retry=False, unseen=unseen)
        assert todo.moved == () and [one.uri for one in todo.look] == ["b/x"]


def test_what_moved_before_it_was_read_is_read_where_it_is() -> None:
    before = in_library(known("a", "1", state="pending"), known("c", "2", state="failed"))
    todo = plan([item("b", "1"), item("d", "2")], before, complete=True, retry=False)
    assert moved(todo) == [("a", "b", None), ("c", "d", None)]
    assert {one.uri for one in todo.look} == {"b", "d"}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123456")),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123456")),
)
def test_afterwards_every_place_holds_the_document_of_its_fingerprint(
    then: dict[str, str], now: dict[str, str]
) -> None:
    before = in_library(*(known(uri, fingerprint) for uri, fingerprint in then.items()))
    todo = plan([item(uri, fingerprint) for uri, fingerprint in now.items()], before, complete=True, retry=False)
    after = dict(then)
    for move in todo.moved:
        after.pop(move.document.uri, None)
    for one in (*(move.replaced for move in todo.moved if move.replaced), *todo.gone):
        after.pop(one.uri, None)
    for move in todo.moved:
        assert move.item.uri not in after  # no two at one place
        after[move.item.uri] = move.document.fingerprint
    for one in todo.look:
        after[one.uri] = one.fingerprint
    assert after == now
    if sorted(now.values()) == sorted(set(then.values())) == sorted(then.values()):
        assert todo.look == () and todo.gone == ()  # the same things, wherever they are


@given(st.lists(st.text("ab/", max_size=5), max_size=20), st.text("ab/", max_size=8))
def test_very_many_beginnings_are_looked_up_as_one_by_one(beginnings: list[str], uri: str) -> None:
    assert Beginnings(beginnings).hold(uri) == uri.startswith(tuple(beginnings))


def test_what_lies_elsewhere_stays_in_the_order_of_its_listing() -> None:
    listed = [item("z.png"), item("a.txt"), item("m.pdf")]
    assert [one.uri for one in plan(listed, {}, complete=True, retry=False, as_listed=True).look] == [
        "z.png",
        "a.txt",
        "m.pdf",
    ]
    assert [one.uri for one in plan(listed, {}, complete=True, retry=False).look] == ["a.txt", "m.pdf", "z.png"]
