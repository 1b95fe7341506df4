"""The journal as a page: newest first under its days, filters and parts without scripts, strangers' words stay words."""

from __future__ import annotations

import re
from datetime import datetime

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.perimeter import Kind
from hameau.server.pages.journal import GROUPS, PAGE


def entries(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="entry[^"]*" id="n(\d+)"', page)]


def test_the_newest_first_and_page_by_page(client: Client, house: HouseInMemory) -> None:
    for number in range(2 * PAGE):
        house.perimeter.record(Kind.SOURCE_ADDED, source=f"Dossier {number}")
    seen, address = [], "/journal"
    while address:
        page = client.get(address).text
        seen += entries(page)
        older = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = older.group(1).replace("&amp;", "&") if older else ""
    assert seen == list(range(2 * PAGE + 1, 0, -1))
    assert 'href="/journal"' in page


def test_filters(client: Client, house: HouseInMemory) -> None:
    house.perimeter.record(Kind.SOURCE_ADDED, source="Association")
    house.perimeter.record(Kind.REFUSED, act="connect", program="soffice", host="update.example", port=443)
    assert entries(client.get("/journal?group=decisions").text) == [1]
    assert entries(client.get("/journal?group=documents").text) == [2]
    assert entries(client.get("/journal?group=refused").text) == [3]
    assert entries(client.get("/journal?text=SOFFICE").text) == [3]
    today = f"{datetime.now():%Y-%m-%d}"  # noqa: DTZ005 - the reader's own day
    assert entries(client.get(f"/journal?day={today}&group=refused").text) == [3]
    assert entries(client.get("/journal?day=2001-01-01").text) == []
    assert "No entry is like this." in client.get("/journal?day=2001-01-01").text
    for nonsense in ("group=x", "day=tomorrow", "day=99999-01-01", "before=-1", "before=x", "day=2001-02-30"):
        assert entries(client.get(f"/journal?{nonsense}").text) == [3, 2, 1], nonsense


def test_every_kind_can_be_chosen() -> None:
    chosen = [kind for _, kinds in GROUPS.values() for kind in kinds]
    assert sorted(chosen) == sorted(Kind)


def test_strangers_words_stay_words(client: Client, house: HouseInMemory) -> None:
    house.perimeter.record(
        Kind.REFUSED, act="connect", program="<script>x</script>\u202e", host="{evil.__class__}", port=1, why="{host.x}"
    )
    page = client.get("/journal").text
    assert "<script>x" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;x" in page


def test_an_empty_journal(client: Client, house: HouseInMemory) -> None:
    for file in house.perimeter.journal.folder.iterdir():
        file.unlink()
    page = client.get("/journal?check=1")
    assert page.status_code == 200
    assert "Nothing has happened yet." in page.text


def test_the_check_says_how_many_and_finds_a_mark(client: Client, house: HouseInMemory) -> None:
    house.perimeter.record(Kind.SOURCE_ADDED, source="Association")
    page = client.get("/journal?check=1").text
    assert "2 entries, none of them touched." in page
    head = house.perimeter.journal.summary().head
    assert head in page
    assert "none of them touched" in client.get(f"/journal?check=1&head={head}").text
    assert "The journal was touched" in client.get(f"/journal?check=1&head={'0' * 64}").text
    assert client.get("/journal?check=1&head=zz").status_code == 400
