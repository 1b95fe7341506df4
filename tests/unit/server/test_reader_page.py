"""The pages of encyclopedias: nothing of an archive reaches the browser but text, links and pictures."""

from __future__ import annotations

import re

import pytest

from fakes.archives import ArchivesInMemory
from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.library import Article, Block, Named, Run, Source, Thing

PAGE = "/reader/zim/Moulin"


@pytest.fixture
def zim(house: HouseInMemory) -> ArchivesInMemory:
    house.library.kept_sources["zim"] = Source(
        "zim", "home", "zim", "/archives/hameau.zim", "Encyclopédie", "ready", ""
    )
    return house.archives


def test_an_article_is_shown_with_its_links_and_pictures(client: Client, zim: ArchivesInMemory) -> None:
    page = client.get(PAGE).text
    assert '<h1 dir="auto" lang="fr">Moulin</h1>' in page
    assert 'href="/reader/zim/Rivi%C3%A8re"' in page
    assert re.search(r'href="https://exemple.org/" class="outside" rel="noreferrer noopener external"', page)
    assert '<img src="/reader/zim/moulin.png?picture" alt="Le moulin"' in page
    assert '<th scope="col">Pont</th>' in page and "<td>31 m</td>" in page
    assert "From an archive on this machine" in page and "2026-05-01" in page


def test_what_an_archive_holds_is_text(client: Client, zim: ArchivesInMemory) -> None:
    evil = "<script>alert(1)</script>"
    blocks = (
        Block("paragraph", 0, (Run(evil, 0, 'x" onload="y'),)),
        Block("heading", 30, (Run(evil),), 1),
        Block("row", 60, cells=((Run(evil),),)),
    )
    zim.articles["Evil"] = Article("Evil", evil, "", blocks)
    page = client.get("/reader/zim/Evil").text
    assert evil not in page and "&lt;script&gt;" in page
    assert 'onload="y' not in page


def test_a_quote_is_marked(client: Client, zim: ArchivesInMemory) -> None:
    text = zim.articles["Moulin"].text
    start = text.index("1742")
    page = client.get(f"{PAGE}?start={start}&end={start + 4}").text
    assert '<mark id="quote" tabindex="-1">1742</mark>' in page
    assert "Go to the quote" in page
    assert "<mark" not in client.get(f"{PAGE}?start=9&end=3").text


def test_a_picture_has_a_fixed_type_and_may_do_nothing(client: Client, zim: ArchivesInMemory) -> None:
    zim.things["a.svg"] = Thing("image/svg+xml", b"<svg onload='alert(1)'/>")
    reply = client.get("/reader/zim/a.svg?picture")
    assert reply.headers["content-type"] == "image/svg+xml"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert client.get("/reader/zim/Moulin?picture").status_code == 404


def test_a_page_that_moved_is_read_where_it_is(client: Client, zim: ArchivesInMemory) -> None:
    zim.articles["Le moulin"] = zim.articles["Moulin"]
    moved = client.get("/reader/zim/Le%20moulin")
    assert (moved.status_code, moved.headers["location"]) == (303, "/reader/zim/Moulin")


def test_an_archive_opens_at_its_first_page_and_by_titles(client: Client, zim: ArchivesInMemory) -> None:
    assert client.get("/reader/zim").headers["location"] == "/reader/zim/Moulin"
    assert client.get("/reader/zim?chance").headers["location"] == "/reader/zim/Moulin"
    zim.named = [Named("Rivière", "Rivière")]
    assert '<a href="/reader/zim/Rivi%C3%A8re" dir="auto">Rivière</a>' in client.get("/reader/zim?q=riv").text
    zim.named = []
    assert "No title holds these words." in client.get("/reader/zim?q=xyz").text


def test_what_is_not_there_is_a_page_that_says_so(client: Client, zim: ArchivesInMemory) -> None:
    assert client.get("/reader/zim/Nothing").status_code == 404
    assert client.get("/reader/nobody/Moulin").status_code == 404
    assert client.get("/reader/nobody").status_code == 404


def test_a_long_article_is_read_in_parts(client: Client, zim: ArchivesInMemory) -> None:
    blocks = tuple(Block("paragraph", 1000 * n, (Run(f"paragraph {n} " + "x" * 980),)) for n in range(150))
    zim.articles["Long"] = Article("Long", "Long", "", blocks)
    page = client.get("/reader/zim/Long").text
    assert "Part 1 of 3" in page and "paragraph 0 " in page and "paragraph 149 " not in page
    assert "paragraph 149 " in client.get("/reader/zim/Long?at=3").text
    assert "paragraph</mark> 100 " in client.get("/reader/zim/Long?start=100000&end=100009").text
