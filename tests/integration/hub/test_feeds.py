"""Lists of feeds through the whole house: from another reader's file to the news in the order of time, and back out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.feeds import entry, rss
from hameau.hub import Hub, read_settings
from hameau.kit import BadInput, Corrupt
from hameau.library import Planet
from servers.nginx import Nginx, nginx

pytestmark = pytest.mark.needs_server(nginx="nginx_light")


@pytest.fixture(scope="module")
def server() -> Iterator[Nginx]:
    with nginx() as running:
        running.write(
            "moulin.rss",
            rss(
                entry("Le four est chaud", "1", date="Sun, 01 Feb 2026 10:00:00 +0100"),
                entry("La roue tourne", "2", date="Tue, 03 Feb 2026 10:00:00 +0100"),
                title="Le Moulin",
            ),
        )
        sound = '<enclosure url="/son.mp3" length="5000" type="audio/mpeg"/>'
        running.write(
            "radio.rss",
            rss(entry("Émission du lundi", "3", date="Mon, 02 Feb 2026 10:00:00 +0100", more=sound), title="Radio"),
        )
        yield running


def opml(server: Nginx) -> bytes:
    where = f"localhost:{server.port}"
    return f"""<opml version="2.0"><head><title>Mes flux</title></head><body>
        <outline text="Village"><outline text="Le Moulin" xmlUrl="http://moulin.{where}/moulin.rss"/></outline>
        <outline text="Radio &amp; co" xmlUrl="http://radio.{where}/radio.rss"/>
        <outline text="perdu" xmlUrl="http://perdu.{where}/perdu.rss"/>
        <outline text="mauvais" xmlUrl="https://été…/x y"/></body></opml>""".encode()


@pytest.fixture(scope="module")
def followed(server: Nginx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A house that follows the list; its tests but the last of them only look."""
    made = Hub(read_settings({"home": str(tmp_path_factory.mktemp("house"))}))
    made.feeds.connect(made.feeds.propose(opml(server), near=True))
    made.indexer.run_until_idle(vectors=False)
    yield made
    made.close()


def titles(planet: Planet, **asked: Any) -> list[str]:
    return [one.document.title for one in planet.news(**asked).news]


def test_a_list_is_shown_before_anything_is_allowed(hub: Hub, server: Nginx) -> None:
    wanted = hub.feeds.propose(opml(server), near=True)
    assert wanted.title == "Mes flux"
    assert wanted.hosts == tuple(f"{name}.localhost:{server.port}" for name in ("moulin", "perdu", "radio"))
    assert [one.title for one in wanted.proposals] == ["Le Moulin", "Radio & co", "perdu"]
    assert hub.perimeter.policy().connections == ()
    assert hub.library.sources() == []
    with pytest.raises(Corrupt):
        hub.feeds.propose(b"<html></html>")


def test_a_strangers_list_does_not_bring_what_is_near(hub: Hub, server: Nginx) -> None:
    """A list of a thousand feeds may hold « http://192.168.1.1/reboot »: nobody reads a thousand names before the yes."""
    wanted = hub.feeds.propose(opml(server) + b"<!-- -->")
    assert (wanted.hosts, wanted.proposals) == ((), ())
    listed = b"""<opml version="2.0"><body><outline text="box" xmlUrl="http://192.168.1.1/reboot"/>
        <outline text="odd" xmlUrl="https://a.example:8443/f"/><outline text="nas" xmlUrl="https://nas/f"/></body></opml>"""
    wanted = hub.feeds.propose(listed)
    assert wanted.hosts == ("a.example:8443",)
    assert [one.title for one, _ in wanted.refused] == ["box", "nas"]


def test_news_of_all_feeds_stand_in_the_order_of_time(followed: Hub) -> None:
    assert titles(followed.planet) == ["La roue tourne", "Émission du lundi", "Le four est chaud"]
    news = followed.planet.news().news
    assert news[0].document.kind == "news"
    assert news[0].feed == "Le Moulin"
    assert news[0].document.link == "https://moulin.example/2"
    assert news[1].excerpt == "Samedi, le four du village est allumé."
    (sound,) = news[1].files
    assert (sound.media_type, sound.size) == ("audio/mpeg", 5000)
    feeds = {one.title: one for one in followed.planet.feeds()}
    assert {name: (one.articles, one.failing, one.folder) for name, one in feeds.items()} == {
        "Le Moulin": (2, False, "Village"),
        "Radio & co": (1, False, ""),
        "perdu": (0, True, ""),
    }
    assert feeds["Le Moulin"].newest == "2026-02-03T09:00:00.000Z"


def test_the_planet_is_read_page_by_page(followed: Hub) -> None:
    planet = followed.planet
    first = planet.news(limit=2)
    second = planet.news(limit=2, before=first.more)
    assert [one.document.title for one in (*first.news, *second.news)] == titles(planet)
    assert second.more == ""
    moulin = next(one.source_id for one in planet.feeds() if one.title == "Le Moulin")
    assert titles(planet, source_id=moulin) == ["La roue tourne", "Le four est chaud"]
    assert titles(planet, source_id=moulin, since="2026-02-02T00:00:00.000Z") == ["La roue tourne"]
    assert titles(planet, space="another") == []
    with pytest.raises(BadInput):
        planet.news(before="tomorrow")


def test_an_article_is_found_and_says_where_it_is_from(followed: Hub) -> None:
    found = followed.library.search("four allumé", limit=5).results
    assert {one.kind for one in found} == {"news"}
    document = followed.library.document(found[0].document_id)
    assert document.authors in ("Le Moulin", "Radio")
    assert document.dated_at.startswith("2026-02-0")


def test_the_list_goes_out_and_comes_in_again(followed: Hub) -> None:
    written = followed.feeds.export()
    again = followed.feeds.propose(written, near=True)
    assert (again.proposals, again.refused) == ((), ())
    assert {one.uri for one in again.known} == {one.uri for one in followed.library.sources()}
    assert b'<outline text="Village">' in written
    assert b"Radio &amp; co" in written


def test_a_list_is_taken_over_on_the_command_line(hameau: Callable[..., Any], server: Nginx, tmp_path: Path) -> None:
    listed = tmp_path / "flux.opml"
    listed.write_bytes(opml(server))
    refused = hameau("feeds", "import", str(listed), "--local")
    assert refused.code != 0
    assert "moulin.localhost" in refused.err
    done = hameau("feeds", "import", str(listed), "--local", "--yes", "--no-wait", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["added"], told["known"], told["refused"]) == (3, 0, 1)
    rows = json.loads(hameau("feeds", "--json").out)
    assert sorted(one["title"] for one in rows) == ["Le Moulin", "Radio & co", "perdu"]


def test_what_leaves_the_feed_stays_and_what_is_edited_is_read_again(followed: Hub, server: Nginx) -> None:
    changed = rss(entry("La roue est arrêtée", "2", date="Tue, 03 Feb 2026 10:00:00 +0100"), title="Le Moulin")
    before = (server.root / "moulin.rss").read_text()
    server.write("moulin.rss", changed, age=60)
    try:
        for source in followed.library.sources():
            followed.library.request_sync(source.id)
        followed.indexer.run_until_idle(vectors=False)
    finally:
        server.write("moulin.rss", before)
    assert titles(followed.planet) == ["La roue est arrêtée", "Émission du lundi", "Le four est chaud"]
