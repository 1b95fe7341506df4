"""What a synchronisation has to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.plan import moves, plan
from hameau.library.ports import Item
from hameau.library.types import KnownDocument


def item(uri: str, fingerprint: str = "f", size: int = 1) -> Item:
    return Item(uri, uri, size, "2026-01-01T00:00:00.000Z", fingerprint)


def known(uri: str, fingerprint: str = "f", state: str = "indexed", content_hash: str = "h") -> KnownDocument:
    return KnownDocument(hash(uri) & 0xFFFF, uri, state, fingerprint, content_hash)  # type: ignore[arg-type]


def test_new_changed_unfinished_and_gone() -> None:
    listed = [item("same"), item("changed", "g"), item("new"), item("pending"), item("failed")]
    before = {
        one.uri: one
        for one in (
            known("same"),
            known("changed"),
            known("gone"),
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
    todo = plan([item(uri) for uri in sorted(present)], {uri: known(uri) for uri in before}, complete=True, retry=False)
    assert {one.uri for one in todo.look} == present - before
    assert {one.uri for one in todo.gone} == before - present
    assert todo.unchanged == len(present & before)


def test_what_could_not_be_looked_into_is_not_gone() -> None:
    before = {one.uri: one for one in (known("/a/b/c"), known("/a/bc"))}
    assert [one.uri for one in plan([], before, complete=True, retry=False, unseen=("/a/b/",)).gone] == ["/a/bc"]
