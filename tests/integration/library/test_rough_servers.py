"""Real servers behind a line that breaks anywhere: nothing is lost, nothing comes twice, and the source says what is wrong.

Each source is synchronised again and again while its connections are cut, reset or answered by nobody, at places that a seed
chooses; between two rounds things come, change and go on the server. Once the line is whole, the library holds what the server
holds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from hameau.hub import Hub, read_settings
from hameau.library import Source
from servers.dav import PASSWORD as DAV_PASSWORD
from servers.dav import USER as DAV_USER
from servers.dav import wsgidav
from servers.dovecot import PASSWORD, USER, Dovecot, dovecot, own
from servers.nginx import nginx
from servers.rough import Fault, RoughLine

ROUNDS = 2
"""How often things change on the server."""
FAULTS = 6
"""Connections that break in each round."""
_MOST_TRIES = 60


@dataclass
class Place:
    """A server, the rough line before it, what a person types to connect it, and how things change there."""

    line: RoughLine
    what: str
    kind: str
    user: str
    secret: str
    put: Callable[[str, str], None]
    take: Callable[[str], None]
    longest: int
    """Bytes of an answer within which a line may break."""
    keeps: bool = False
    """Whether what is no more on the server stays in the library: the entries of a feed do."""


def _mail(name: str, words: str) -> str:
    return (
        f"From: Jean <jean@exemple.test>\r\nTo: {USER}@exemple.test\r\nSubject: {name}\r\nMessage-ID: <{name}.{abs(hash(words))}@exemple.test>\r\n"
        f"Date: Mon, 2 Mar 2026 10:12:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    )


def _imap(hold: ExitStack, folder: Path) -> Place:
    server: Dovecot = hold.enter_context(dovecot(tls=False))
    box = server.box()
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        for old in (box / "cur").glob(f"{name}-*"):
            old.unlink()

    def put(name: str, words: str) -> None:
        take(name)  # a mail never changes: it is another one
        (box / "cur" / f"{name}-{abs(hash(words))}:2,S").write_bytes(_mail(name, words).encode())
        own(server)

    line = hold.enter_context(RoughLine(server.port))
    return Place(line, f"imap://{USER}@127.0.0.1:{line.port}/", "imap", USER, PASSWORD, put, take, 20_000)


def _webdav(hold: ExitStack, folder: Path, nextcloud: bool) -> Place:
    tree = folder / "tree"
    tree.mkdir()
    server = hold.enter_context(wsgidav(tree, folder / "log", nextcloud=nextcloud))

    def place_of(name: str) -> Path:
        return tree / f"dossier {sum(name.encode()) % 3}" / f"{name}.md"

    def put(name: str, words: str) -> None:
        place_of(name).parent.mkdir(exist_ok=True)
        place_of(name).write_text(f"# {name}\n\n{words}\n", "utf-8")

    def take(name: str) -> None:
        place_of(name).unlink()

    line = hold.enter_context(RoughLine(server.port))
    what = server.url.replace(str(server.port), str(line.port))
    return Place(line, what, "webdav", DAV_USER, DAV_PASSWORD, put, take, 12_000)


def _feed(hold: ExitStack, folder: Path) -> Place:
    server = hold.enter_context(nginx())
    entries: dict[str, str] = {}
    age = iter(range(10_000, 0, -1))

    def publish() -> None:
        items = "".join(
            f"<item><guid>{name}</guid><title>{name}</title><description>{words}</description></item>"
            for name, words in entries.items()
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Le fil</title>{items}</channel></rss>'
        server.write("fil.xml", feed, age=next(age))

    def put(name: str, words: str) -> None:
        entries[name] = words
        publish()

    def take(name: str) -> None:
        del entries[name]
        publish()

    line = hold.enter_context(RoughLine(server.port))
    return Place(line, f"http://127.0.0.1:{line.port}/fil.xml", "feed", "", "", put, take, 3_000, keeps=True)


PLACES: dict[str, Callable[[ExitStack, Path], Place]] = {
    "imap": _imap,
    "webdav": lambda hold, folder: _webdav(hold, folder, nextcloud=False),
    "nextcloud": lambda hold, folder: _webdav(hold, folder, nextcloud=True),
    "feed": _feed,
}


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as hold:
        yield PLACES[request.param](hold, tmp_path)


@pytest.mark.needs_server(dovecot="dovecot_imapd", nginx="nginx_light")
def test_a_line_that_breaks_anywhere_loses_nothing_and_doubles_nothing(place: Place, home: Path) -> None:
    there = {f"lettre{number}": f"Le moulin numéro {number} tourne le mardi." for number in range(30)}
    for name, words in there.items():
        place.put(name, words)
    chance = random.Random(4711)
    hub = Hub(read_settings())
    try:
        proposal = hub.connecting.propose(place.what, kind=place.kind, user=place.user)
        source = hub.connecting.connect(proposal, secret=place.secret)
        expected = dict(there)
        for _ in range(ROUNDS):
            _until_whole(hub, source, place, chance)
            assert _held(hub, source) == expected
            _change(place, there, expected, chance)
        _until_whole(hub, source, place, chance)
        assert _held(hub, source) == expected
        hub.connecting.remove(source.id)
        assert hub.library.documents(source.id, space=None) == []
        assert proposal.connection is not None
        assert hub.perimeter.policy().connection(proposal.connection.name) is None
    finally:
        hub.close()


def _until_whole(hub: Hub, source: Source, place: Place, chance: random.Random) -> None:
    """Synchronises until no connection breaks any more. As long as one does, the source says so in words."""
    place.line.faults.extend(
        Fault(chance.choice(("cut", "reset")), int(place.longest ** chance.random()) - 1) for _ in range(FAULTS)
    )
    for _ in range(_MOST_TRIES):
        spoiled, left = place.line.spoiled, len(place.line.faults)
        hub.indexer.sync(source.id)
        now = hub.library.source(source.id)
        documents = hub.library.documents(source.id, space=None, limit=1000)
        assert len({one.uri for one in documents}) == len(documents)
        if now.state == "ready" and place.line.spoiled == spoiled and left == 0:
            assert not [one for one in documents if one.state != "indexed"]
            return
        if now.state == "failed":
            assert now.error
            assert now.hint
    raise AssertionError(f"not whole after {_MOST_TRIES} tries: {hub.library.source(source.id)}")


def _held(hub: Hub, source: Source) -> dict[str, str]:
    """The last paragraph of each document by its title; a title that stands twice is a mistake."""
    documents = hub.library.documents(source.id, space=None, limit=1000)
    held = {one.title: hub.library.text(one.id).strip().rpartition("\n")[2] for one in documents}
    assert len(held) == len(documents)
    return held


def _change(place: Place, there: dict[str, str], expected: dict[str, str], chance: random.Random) -> None:
    """A few things come, a few change, a few go."""
    some = chance.sample(sorted(there), 5)
    for name in some[:3]:
        there[name] = expected[name] = f"Le moulin de {name} a été repeint {chance.random()}."
        place.put(name, there[name])
    for name in some[3:]:
        place.take(name)
        del there[name]
        if not place.keeps:
            del expected[name]
    new = f"lettre{chance.randrange(1000, 9999)}"
    there[new] = expected[new] = "Une nouvelle du hameau."
    place.put(new, there[new])
