"""Feeds over a real nginx: fetched once, then only when they changed; followed when they move, left alone when they ask for it."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.feeds import atom, entry, page, rss
from fakes.talking import talking
from hameau.kit import BadInput, Cancelled, Corrupt, HameauError, Refused, Unavailable
from hameau.library import Content, Item, Kept, Memory, PartlyUnavailable, Source, SourceContext
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FeedSource, NotAFeed
from hameau.library.sources.feed_fetching import PATIENCE
from hameau.perimeter import Patience, Perimeter
from servers.nginx import Nginx, nginx
from servers.rough import Fault, RoughLine

pytestmark = pytest.mark.needs_server(nginx="nginx_light")
NAME = "feeds"
HALF_AN_HOUR, DAY = 1800, 86_400


@pytest.fixture(scope="module")
def server() -> Iterator[Nginx]:
    with nginx(users={"ada": "secret"}) as running:
        yield running


@pytest.fixture(scope="module")
def extractor() -> Iterator[SandboxedExtractor]:
    made = SandboxedExtractor()
    yield made
    made.close()


class Keyring:
    """One secret, for whichever source."""

    def of(self, source: Source) -> str:
        return "secret"


class World:
    """An adapter with a clock of its own, and what it remembers of one feed between its synchronisations."""

    def __init__(self, home: Path, extractor: SandboxedExtractor, server: Nginx, patience: Patience = PATIENCE) -> None:
        self.now = 1_772_000_000.0  # 2026-02-25
        self.border = Perimeter(home)
        self.border.allow("127.0.0.1", server.port, why="feeds of a test", who="Ada", name=NAME, local=True)
        self.adapter = FeedSource(self.border.client, extractor, Keyring(), clock=lambda: self.now, patience=patience)
        self.kept: dict[str, str] = {}
        self.failed = 0
        self.last: SourceContext | None = None

    def context(self, uri: str, *, whole: bool = False, **settings: object) -> SourceContext:
        canonical = self.adapter.check(uri, settings)
        said = {"connection": NAME, **settings}
        at = "2026-01-01T00:00:00.000Z"
        source = Source("src", "home", "feed", canonical, "", "ready", at, settings=said, failed=self.failed)
        return SourceContext(source, 1 << 26, memory=Memory(self.kept), stop=threading.Event(), whole=whole)

    def sync(self, uri: str, *, whole: bool = False, **settings: object) -> list[Item]:
        """One synchronisation as the library does it: memory is kept when it ends well, or partly."""
        self.last = context = self.context(uri, whole=whole, **settings)
        told: list[Item | Kept] = []
        try:
            told.extend(self.adapter.items(context))
        except PartlyUnavailable:
            self._remember(context)
            raise
        self._remember(context)
        assert told[:1] == [Kept("")]  # what has left the feed stays
        return [one for one in told if isinstance(one, Item)]

    def content(self, item: Item) -> Content:
        assert self.last is not None
        with self.adapter.content(self.last, item.uri) as content:
            return content

    def _remember(self, context: SourceContext) -> None:
        self.kept.update({key: value for key, value in context.memory.noted.items() if value})
        for key in [key for key, value in context.memory.noted.items() if value is None]:
            self.kept.pop(key, None)


@pytest.fixture
def world(tmp_path: Path, extractor: SandboxedExtractor, server: Nginx) -> World:
    server.forget()
    return World(tmp_path / "home", extractor, server)


def test_a_feed_is_fetched_once_and_then_asked_only_whether_it_changed(world: World, server: Nginx) -> None:
    where = server.write("a/feed.rss", rss(entry("Le four est chaud", "1"), entry("La fête", "2")))
    items = world.sync(where)
    assert [item.title for item in items] == ["La fête", "Le four est chaud"]
    assert world.sync(where) == []
    assert world.sync(where) == []
    assert [status for status, *_ in server.asked()] == [200, 304, 304]
    server.write("a/feed.rss", rss(entry("Le four est froid", "1"), entry("La fête", "2")), age=60)
    before = {item.uri: item.fingerprint for item in items}
    changed = [item.title for item in world.sync(where) if before[item.uri] != item.fingerprint]
    assert changed == ["Le four est froid"]


def test_an_article_is_handed_out_with_all_that_the_feed_says(world: World, server: Nginx) -> None:
    sound = '<enclosure url="son.mp3" length="34200000" type="audio/mpeg"/><itunes:duration>42:10</itunes:duration>'
    where = server.write("b/feed.rss", rss(entry("Le four", "1", author="Jeanne Dupré", more=sound)))
    (item,) = world.sync(where)
    content = world.content(item)
    assert (content.title, content.authors) == ("Le four", "Jeanne Dupré, Le Moulin")
    assert content.dated_at == item.modified_at == "2026-02-01T09:00:00.000Z"
    assert content.link == "https://moulin.example/1"
    assert content.media_type == "application/atom+xml"
    assert content.data.decode() == (
        f"Samedi, le four du village est allumé.\n\n{server.url}/b/son.mp3 (audio/mpeg, 34.2 MB, 0:42:10)\n"
    )


def test_a_person_who_asks_gets_an_answer_now(world: World, server: Nginx) -> None:
    where = server.write("fresh/asked.atom", atom(entry("Un", "1")))
    assert len(world.sync(where)) == 1
    assert world.sync(where, whole=True) == []  # it is asked, though it is fresh still
    world.failed = 1
    assert len(world.sync(where, whole=True)) == 1  # and all of it is read again when something could not be
    assert [status for status, *_ in server.asked()] == [200, 304, 200]


def test_another_way_of_reading_reads_everything_again(world: World, server: Nginx) -> None:
    where = server.write("o/feed.rss", rss(entry("Un", "1")))
    (before,) = world.sync(where)
    (after,) = world.sync(where, full_text=True)
    assert (before.uri, before.fingerprint != after.fingerprint) == (after.uri, True)
    assert world.sync(where, full_text=True) == []


def test_a_server_without_tags_sends_it_again_and_nothing_is_read_twice(world: World, server: Nginx) -> None:
    feed = rss(entry("Un", "1"))
    where = server.write("packed/feed.gz", gzip.compress(feed.encode()))
    assert len(world.sync(where)) == 1
    world.kept.pop("modified", None)
    assert world.sync(where) == []
    assert [status for status, *_ in server.asked()] == [200, 200]


def test_what_stays_fresh_is_not_asked_for(world: World, server: Nginx) -> None:
    where = server.write("fresh/feed.rss", rss(entry("Un", "1")))
    world.sync(where)
    world.now += HALF_AN_HOUR
    assert world.sync(where) == []
    assert len(server.asked()) == 1
    world.now += 2 * HALF_AN_HOUR * 2
    world.sync(where)
    assert [status for status, *_ in server.asked()] == [200, 304]
    world.now -= 100 * DAY  # a clock that was set back does not silence a feed for ever
    world.sync(where)
    assert len(server.asked()) == 3


def test_a_feed_that_wants_a_daily_look_gets_it(world: World, server: Nginx) -> None:
    where = server.write("d/feed.rss", rss(entry("Un", "1"), more="<ttl>1440</ttl>"))
    world.sync(where)
    world.now += DAY / 2
    world.sync(where)
    assert len(server.asked()) == 1
    world.now += DAY
    world.sync(where)
    assert len(server.asked()) == 2


def test_a_busy_server_is_left_alone_as_long_as_it_says(world: World, server: Nginx) -> None:
    where = f"{server.url}/busy/feed.rss"
    with pytest.raises(PartlyUnavailable) as told:
        world.sync(where)
    assert told.value.below == ("",)
    assert told.value.fields["minutes"] == 30
    assert world.sync(where) == []
    assert len(server.asked()) == 1
    world.now += HALF_AN_HOUR + 1
    with pytest.raises(PartlyUnavailable):
        world.sync(where)


def test_a_feed_that_moved_for_good_is_asked_where_it_is(world: World, server: Nginx) -> None:
    server.write("e/feed.rss", rss(entry("Un", "1")))
    (item,) = world.sync(f"{server.url}/moved/e/feed.rss")
    assert item.uri.startswith(f"{server.url}/moved/e/feed.rss#entry/")  # what was read keeps its place
    world.sync(f"{server.url}/moved/e/feed.rss")
    assert [(status, path) for status, path, *_ in server.asked()] == [
        (301, "/moved/e/feed.rss"),
        (200, "/e/feed.rss"),
        (304, "/e/feed.rss"),
    ]
    (server.root / "e/feed.rss").rename(server.root / "e/other.rss")
    server.forget()
    with pytest.raises(Refused):  # nothing is there any more: the old address is asked again
        world.sync(f"{server.url}/moved/e/feed.rss")
    assert [path for _, path, *_ in server.asked()] == ["/e/feed.rss", "/moved/e/feed.rss", "/e/feed.rss"]


def test_a_passing_redirect_is_followed_and_forgotten(world: World, server: Nginx) -> None:
    server.write("f/feed.rss", rss(entry("Un", "1")))
    assert len(world.sync(f"{server.url}/passing/f/feed.rss")) == 1
    assert "moved" not in world.kept
    with pytest.raises(Unavailable):
        world.sync(f"{server.url}/round/")


@pytest.mark.parametrize(
    "goal", ["http://127.0.0.1:1/x", "https://elsewhere.example/feed", "file:///etc/passwd", "http://[::1"]
)
def test_a_redirect_leads_nowhere_that_was_not_allowed(
    tmp_path: Path, extractor: SandboxedExtractor, goal: str
) -> None:
    with nginx(more=f'location /trap/ {{ return 302 "{goal}"; }}') as server:
        world = World(tmp_path / "home", extractor, server)
        with pytest.raises(Refused) as told:
            world.sync(f"{server.url}/trap/feed")
    assert "moved" in told.value.message


@pytest.mark.parametrize(("place", "kind"), [("gone/x", Refused), ("none/x", Refused), ("closed/x.rss", Refused)])
def test_what_is_not_there_is_no_reason_to_forget(world: World, server: Nginx, place: str, kind: type) -> None:
    server.write("closed/x.rss", rss(entry("Un", "1")))
    with pytest.raises(kind):
        world.sync(f"{server.url}/{place}")


def test_a_feed_behind_a_password(world: World, server: Nginx) -> None:
    where = server.write("closed/feed.rss", rss(entry("Un", "1")))
    assert len(world.sync(where, user="ada", secret="kept")) == 1
    with pytest.raises(BadInput):
        world.adapter.check(where.replace("http://", "http://ada:secret@"), {})


def test_a_page_says_where_its_feed_is(world: World, server: Nginx) -> None:
    where = server.write("g/index.html", page('<link rel="alternate" type="application/rss+xml" href="feed.rss">'))
    with pytest.raises(NotAFeed) as told:
        world.adapter.try_out(world.context(where))
    assert [link.address for link in told.value.feeds] == [f"{server.url}/g/feed.rss"]
    bare = server.write("g/bare.html", page(""))
    with pytest.raises(NotAFeed) as told:
        world.adapter.try_out(world.context(bare))
    assert told.value.feeds == ()
    server.write("g/feed.rss", rss(entry("Un", "1")))
    assert world.adapter.try_out(world.context(f"{server.url}/g/feed.rss")) == "Le Moulin"
    with pytest.raises(Corrupt):
        world.sync(where)  # the page of a network that wants a log-in: what was read stays


def test_the_alphabet_is_told_by_the_bytes(world: World, server: Nginx) -> None:
    feed = rss(entry("L’été à la forêt", "1"))
    for place, data in (
        ("latin/utf8.rss", feed.encode()),  # the server lies
        ("h/latin.rss", feed.replace("UTF-8", "ISO-8859-1").replace("’", "'").encode("latin-1")),
        ("h/undeclared.rss", feed.replace("’", "'").encode("latin-1")),
        ("h/utf16.rss", feed.replace("UTF-8", "UTF-16").encode("utf-16")),
    ):
        world.kept.clear()
        (item,) = world.sync(server.write(place, data))
        assert item.title.replace("'", "’") == "L’été à la forêt", place


def test_the_whole_article_where_it_can_be_had(world: World, server: Nginx) -> None:
    said = "La roue numéro {} du moulin a été refaite en chêne par quinze bénévoles, puis remontée au printemps."
    text = "".join(f"<p>{said.format(number)}</p>" for number in range(6))
    there = server.write("i/article.html", page("", f"<article><h1>Le moulin</h1>{text}</article>"))
    where = server.write(
        "i/feed.rss",
        rss(
            entry("Le moulin", "1", link=there),
            entry("Ailleurs", "2", link="https://elsewhere.example/2"),
            entry("Parti", "3", link=f"{server.url}/i/none.html"),
        ),
    )
    found = {item.title: world.content(item) for item in world.sync(where, full_text=True)}
    assert found["Le moulin"].data.decode().count("La roue numéro") == 6
    assert found["Le moulin"].warning == ""
    for title in ("Ailleurs", "Parti"):
        assert found[title].data.decode().startswith("Samedi, le four")
        assert found[title].warning


def test_what_is_dated_in_the_future_is_dated_now(world: World, server: Nginx) -> None:
    where = server.write(
        "j/feed.rss", rss(entry("Un", "1", date="Fri, 01 Jan 2027 10:00:00 +0100"), entry("Deux", "2", date=""))
    )
    assert {item.modified_at for item in world.sync(where)} == {"2026-02-25T06:13:20.000Z"}


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no feed": lambda: b"bonjour",
    "json": lambda: b'{"version": 3}',
    "deep json": lambda: b"{" + b'"a":[' * 100_000,
    "bytes": lambda: bytes(range(256)) * 100,
    "packed bomb": lambda: gzip.compress(b"<rss>" + b" " * (200 << 20)),
    "too long": lambda: b"<rss>" + b" " * (17 << 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_feed_is_said_and_nothing_is_noted(world: World, server: Nginx, name: str) -> None:
    where = server.write(f"k/{name.replace(' ', '-')}.rss", HOSTILE[name]())
    with pytest.raises((Corrupt, Unavailable, HameauError)):
        world.sync(where)
    assert world.kept == {}


def test_entities_do_not_grow(world: World, server: Nginx) -> None:
    names = "abcdefghijk"
    grown = "".join(f'<!ENTITY {one} "{f"&{two};" * 10}">' for one, two in zip(names[1:], names, strict=False))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY x SYSTEM "file:///etc/passwd">{grown}]>'
    where = server.write("l/feed.rss", bomb + rss(entry("Un &k; &x;", "1")).partition("?>")[2])
    (item,) = world.sync(where)
    assert len(item.title) < 100
    assert "root:" not in item.title


def test_a_line_that_breaks_loses_nothing(world: World, server: Nginx) -> None:
    server.write("m/feed.rss", rss(*(entry(f"Titre {number}", str(number)) for number in range(200))))
    with RoughLine(server.port, faults=[Fault("reset", 0), Fault("cut", 3000), Fault("reset", 9000)]) as line:
        world.border.allow("127.0.0.1", line.port, why="a rough line", who="Ada", name=NAME, local=True)
        where = f"http://127.0.0.1:{line.port}/m/feed.rss"
        for _ in range(3):
            with pytest.raises(Unavailable):
                world.sync(where)
            assert world.kept == {}
        assert len(world.sync(where)) == 200


def test_a_feed_of_a_gigabyte_is_cut_off(world: World, server: Nginx) -> None:
    where = server.write("q/feed.rss", rss(entry("Un", "1")))
    os.truncate(server.root / "q/feed.rss", 1 << 30)
    with pytest.raises(Unavailable):
        world.sync(where)
    (_, _, sent, _) = server.asked()[-1]
    assert sent < 64 << 20


def test_a_server_that_drips_is_given_up(tmp_path: Path, extractor: SandboxedExtractor, server: Nginx) -> None:
    where = server.write("slow/feed.rss", rss(*(entry(f"Titre {number}", str(number)) for number in range(20))))
    hasty = World(tmp_path / "home", extractor, server, Patience(first=0.4, between=0.3))
    with pytest.raises(Unavailable):
        hasty.sync(where)
    assert hasty.kept == {}


def test_a_wait_is_left_when_the_work_is_to_end(world: World, server: Nginx) -> None:
    where = server.write("slow/stopped.rss", rss(*(entry(f"Titre {number}", str(number)) for number in range(20))))
    context = world.context(where)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(Cancelled):
        list(world.adapter.items(replace(context, stop=stop)))


def test_a_password_does_not_follow_a_redirect_to_another_place(
    tmp_path: Path, extractor: SandboxedExtractor, server: Nginx
) -> None:
    server.forget()
    server.write("p/feed.rss", rss(entry("Un", "1")))
    with nginx(
        more=f'location /away/ {{ return 302 "{server.url.replace("127.0.0.1", "localhost")}/p/feed.rss"; }}'
    ) as first:
        world = World(tmp_path / "home", extractor, first)
        world.border.allow("localhost", server.port, why="x", who="Ada", name=NAME, local=True, also=("127.0.0.1",))
        with pytest.raises(Refused):  # another port: no Connection leads to both
            world.sync(f"{first.url}/away/", user="ada", secret="kept")
    world = World(tmp_path / "home", extractor, server)
    world.border.allow("127.0.0.1", server.port, why="x", who="Ada", name=NAME, local=True, also=("localhost",))
    server.write("closed/q.rss", rss(entry("Un", "1")))
    assert len(world.sync(f"{server.url}/crossing/p/feed.rss", user="ada", secret="kept")) == 1
    assert [(status, bool(said.strip("-"))) for status, *_, said in server.asked()] == [(302, True), (200, False)]


def test_without_a_connection_nothing_leaves(world: World, server: Nginx) -> None:
    where = server.write("n/feed.rss", rss(entry("Un", "1")))
    with pytest.raises(Refused):
        list(world.adapter.items(replace_connection(world.context(where), "another")))
    assert server.asked() == []


def replace_connection(context: SourceContext, name: str) -> SourceContext:
    settings = {**context.source.settings, "connection": name}
    return replace(context, source=replace(context.source, settings=settings))


def test_a_site_whose_articles_do_not_come_is_not_asked_for_two_thousand(
    tmp_path: Path, extractor: SandboxedExtractor
) -> None:
    """Each could take minutes: sixteen such feeds would hold all the places of sources elsewhere for days."""
    entries = "".join(f"<item><guid>{n}</guid><title>Un {n}</title><link>/a/{n}</link></item>" for n in range(12))
    feed = f'<rss version="2.0"><channel><title>Lent</title>{entries}</channel></rss>'.encode()

    def answer(asked: bytes) -> Iterator[bytes | None]:
        if asked.startswith(b"GET /feed"):
            yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(feed)}\r\n\r\n".encode() + feed
        else:
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
            yield None

    with talking(answer) as talk:
        perimeter = Perimeter(tmp_path / "home")
        perimeter.allow("127.0.0.1", talk.port, why="a test", who="Ada", name=NAME, local=True)
        adapter = FeedSource(perimeter.client, extractor)
        said = {"connection": NAME, "full_text": True}
        source = Source("src", "home", "feed", f"{talk.url}/feed", "", "ready", "", settings=said)
        context = SourceContext(source, 1 << 26, memory=Memory(), stop=threading.Event())
        items = [one for one in adapter.items(context) if isinstance(one, Item)]
        assert len(items) == 12
        for item in items:
            with adapter.content(context, item.uri) as content:
                assert content.warning
        assert len([asked for asked in talk.heard if asked.startswith(b"GET /a/")]) == 3
