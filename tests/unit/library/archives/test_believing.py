"""A process that was taken over can lie about its texts, and nothing more."""

from __future__ import annotations

from hameau.library.archives import believing
from hameau.library.archives.types import ArchiveFacts, Article, Block, Hit, Hits, Run, Thing


def test_an_article_is_put_together_from_its_blocks() -> None:
    lying = Article(
        "Page", "T\u202eitre\n", "another text", (Block("paragraph", 900, (Run("a\x00b", 999, "javascript:x", True),)),)
    )
    told = believing.article(lying)
    assert "\u202e" not in told.title and "\n" not in told.title
    assert told.text == "ab" or "\x00" not in told.text
    assert told.blocks[0].start == 0
    assert told.blocks[0].runs[0].to == "" and told.blocks[0].runs[0].style < 32


def test_an_endless_article_is_cut() -> None:
    huge = Article("Page", "t", "", tuple(Block("paragraph", 0, (Run("x" * 1_000_000),)) for _ in range(10)))
    told = believing.article(huge)
    assert told.cut and len(told.text) <= believing.CHARACTERS + 100


def test_hits_are_bounded() -> None:
    told = believing.hits(
        Hits(
            (Hit("p", "t" * 10_000, "x" * 100_000, -5, ("h",) * 100, 7.0), Hit("", "", "a", 0), Hit("q", "", " ", 0)),
            (("a", 1e9),),
        )
    )
    assert len(told.hits) == 1
    assert (told.hits[0].start, told.hits[0].fit) == (0, 1.0)
    assert len(told.hits[0].text) <= 4_000 and len(told.hits[0].title) <= 500
    assert told.weights == (("a", 50.0),)


def test_only_pictures_that_begin_as_such_are_handed_out() -> None:
    assert believing.thing(Thing("image/png", b"\x89PNG\r\n\x1a\n...")) is not None
    assert believing.thing(Thing("image/png", b"<html>")) is None
    assert believing.thing(Thing("text/html", b"<html>")) is None


def test_facts_are_one_line_each() -> None:
    told = believing.facts(ArchiveFacts(title="a\nb\u202e", language="fr<script>", entries=-4))
    assert (told.title, told.language, told.entries) == ("a b", "", 0)
