"""The source webdav against real servers: wsgidav as it is and as a Nextcloud would answer, and rclone."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from fakes.dav import CountingClient, NearParser, OneSecret, Syncing, border, bytes_of, source
from fakes.talking import talking
from hameau.kit import BadInput, Cancelled, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library import Content, Item, Later, PartlyUnavailable
from hameau.library.extraction import SandboxedExtractor
from hameau.library.plan import plan
from hameau.library.sources import WebdavSource, webdav_tree
from hameau.library.types import KnownDocument
from servers.dav import PASSWORD, USER, Serving, rclone, wsgidav
from servers.rough import Fault, RoughLine

RCLONE = pytest.mark.needs_server(rclone="rclone")


class Stage:
    """A server over a folder, and a source on it."""

    def __init__(self, tmp_path: Path, folder: Path, server: Serving, *, port: int = 0, **settings: object) -> None:
        self.folder, self.server = folder, server
        url = server.url.replace(str(server.port), str(port or server.port)) + quote(folder.name) + "/"
        self.border = border(tmp_path / f"home-{port}", port or server.port)
        self.client = CountingClient(self.border.client)
        self.scratch = tmp_path / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.adapter = WebdavSource(self.client, OneSecret(PASSWORD), NearParser(), self.scratch)  # type: ignore[arg-type]
        self.settings: dict[str, object] = {"user": USER, **settings}
        self.syncing = Syncing(self.adapter, source("webdav", self.adapter.check(url, {}), **self.settings))

    def names(self) -> set[str]:
        """What is known, below the source, as a person reads it."""
        return {unquote(uri.removeprefix(self.syncing.source.uri)) for uri in self.syncing.known}

    def uri(self, name: str) -> str:
        return self.syncing.source.uri + quote(name, "/-._~()!@,:$'*&=")

    def requests(self) -> int:
        count = len(self.client.asked)
        self.client.asked.clear()
        return count


def fill(folder: Path) -> None:
    for name, text in {
        "Lisez-moi.md": "Bonjour",
        "Comptes/2025/budget prévu.txt": "12 €",
        "Comptes/2026/budget réel.txt": "15 €",
        "Comptes/2026/a#b?c%20d&e;f.txt": "signes",
        "Photos/été/plage.txt": "sable",
        "Photos/hiver/neige.txt": "neige",
        "vide/profond/rien.txt": "",
        ".caché/secret.txt": "non",
        "Notes/.brouillon.txt": "non",
        "#recycle/vieux.txt": "non",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


EVERYTHING = {
    "Lisez-moi.md",
    "Comptes/2025/budget prévu.txt",
    "Comptes/2026/budget réel.txt",
    "Comptes/2026/a#b?c%20d&e;f.txt",
    "Photos/été/plage.txt",
    "Photos/hiver/neige.txt",
    "vide/profond/rien.txt",
}


SHARED = ("Partage",)


class Servers:
    """Each is started once, over a folder in which each test has one of its own."""

    def __init__(self, folder: Path) -> None:
        self.stack, self.folder = ExitStack(), folder
        self.running: dict[str, tuple[Serving, Path]] = {}
        self.numbers = itertools.count()

    def of(self, kind: str) -> tuple[Serving, Path]:
        if kind not in self.running:
            base = self.folder / kind
            base.mkdir()
            log = self.folder / f"{kind}.log"
            if kind == "rclone":
                made = self.stack.enter_context(rclone(base, log))
            else:
                cloudy, walked = kind == "nextcloud", kind == "walked"
                made = self.stack.enter_context(
                    wsgidav(base, log, nextcloud=cloudy, refuse_infinity=walked, shared=SHARED)
                )
            self.running[kind] = made, base
        server, base = self.running[kind]
        folder = base / f"dossier {next(self.numbers)}"
        folder.mkdir()
        fill(folder)
        return server, folder


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    made = Servers(tmp_path_factory.mktemp("dav"))
    with made.stack:
        yield made


@pytest.fixture(params=["nextcloud", "wsgidav", "walked", pytest.param("rclone", marks=RCLONE)])
def stage(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Stage:
    server, folder = servers.of(request.param)
    return Stage(tmp_path, folder, server)


@pytest.fixture
def cloud(tmp_path: Path, servers: Servers) -> Stage:
    server, folder = servers.of("nextcloud")
    return Stage(tmp_path, folder, server)


def test_a_tree_is_listed_read_and_followed(stage: Stage) -> None:
    items, kept = stage.syncing.sync()
    assert (stage.names(), kept) == (EVERYTHING, [])
    assert {item.title for item in items} >= {"Lisez-moi", "budget prévu", "a#b?c%20d&e;f"}
    for name in EVERYTHING:
        assert stage.syncing.read(stage.uri(name)) == (stage.folder / name).read_bytes()
    before = dict(stage.syncing.known)
    stage.requests()
    stage.syncing.sync()
    assert stage.syncing.known == before

    (stage.folder / "Photos/été/plage.txt").write_text("du sable fin", "utf-8")
    (stage.folder / "Photos/hiver/neige.txt").unlink()
    (stage.folder / "Nouveau dossier").mkdir()
    (stage.folder / "Nouveau dossier/lettre.txt").write_text("chère Ada", "utf-8")
    stage.syncing.sync()
    assert stage.names() == EVERYTHING - {"Photos/hiver/neige.txt"} | {"Nouveau dossier/lettre.txt"}
    changed = {uri for uri, item in stage.syncing.known.items() if uri in before and before[uri] != item}
    assert changed == {stage.uri("Photos/été/plage.txt")}


def test_nothing_new_is_one_or_two_requests(stage: Stage) -> None:
    stage.syncing.sync()
    stage.syncing.sync()
    stage.requests()
    stage.syncing.sync()
    folders = 9  # of a server that neither knows numbers nor tells all at once, each is asked for
    assert stage.requests() <= (folders + 1 if stage.syncing.remembered.get("infinity") == "no" else 2)


def test_a_nextcloud_is_only_looked_into_where_something_changed(cloud: Stage) -> None:
    cloud.syncing.sync()
    assert cloud.requests() == 10  # a folder each, .caché and the bin not
    assert cloud.syncing.sync() == ([], [""])
    assert cloud.requests() == 1
    (cloud.folder / "Comptes/2026/budget réel.txt").write_text("16 euros", "utf-8")
    items, kept = cloud.syncing.sync()
    assert cloud.requests() == 4  # how the root is, the root, Comptes, Comptes/2026
    assert cloud.uri("Photos/") in kept
    assert cloud.uri("Comptes/2025/") in kept
    assert {item.uri for item in items} == {
        cloud.uri(name) for name in EVERYTHING if name.startswith("Comptes/2026/") or name == "Lisez-moi.md"
    }
    assert cloud.names() == EVERYTHING
    cloud.syncing.sync(whole=True)
    assert cloud.requests() == 10
    assert cloud.names() == EVERYTHING


def test_what_moved_on_a_nextcloud_is_the_same_document(cloud: Stage) -> None:
    cloud.syncing.sync()
    known = {
        uri: KnownDocument(number, uri, "indexed", item.fingerprint, f"hash {number}", item.size)
        for number, (uri, item) in enumerate(cloud.syncing.known.items(), 1)
    }
    (cloud.folder / "Photos").rename(cloud.folder / "Images")
    (cloud.folder / "Lisez-moi.md").rename(cloud.folder / "vide/Lisez-moi d'abord.md")
    items, kept = cloud.syncing.sync()
    todo = plan(items, known, complete=True, retry=False, unseen=tuple(kept))
    moved = {(move.document.uri, move.item.uri) for move in todo.moved}
    assert moved == {
        (cloud.uri("Photos/été/plage.txt"), cloud.uri("Images/été/plage.txt")),
        (cloud.uri("Photos/hiver/neige.txt"), cloud.uri("Images/hiver/neige.txt")),
        (cloud.uri("Lisez-moi.md"), cloud.uri("vide/Lisez-moi d'abord.md")),
    }
    assert (todo.look, todo.gone) == ((), ())
    assert not any("Photos" in key for key in cloud.syncing.remembered)


def test_what_is_shared_or_locked_away_is_read_by_choice_alone(cloud: Stage) -> None:
    for name in ("Partage/commun.txt", "Chiffré/illisible.txt"):
        (cloud.folder / name).parent.mkdir()
        (cloud.folder / name).write_text("x", "utf-8")
    cloud.syncing.sync()
    assert cloud.names() == EVERYTHING
    cloud.syncing.source = source("webdav", cloud.syncing.source.uri, shared=True, **cloud.settings)
    cloud.syncing.sync()
    assert cloud.names() == EVERYTHING | {"Partage/commun.txt"}
    inside = source("webdav", cloud.uri("Partage/"), **cloud.settings)
    chosen = Syncing(cloud.adapter, inside)
    chosen.sync()
    assert set(chosen.known) == {cloud.uri("Partage/commun.txt")}


def test_files_of_exclusions_and_patterns_are_heeded_and_may_change(stage: Stage) -> None:
    stage.syncing.sync()
    (stage.folder / ".hameauignore").write_text("été/\n*.md\n", "utf-8")
    stage.syncing.sync()
    gone = {"Photos/été/plage.txt", "Lisez-moi.md"}
    assert stage.names() == EVERYTHING - gone
    (stage.folder / "Comptes/.hameauignore").write_text("/2025/\n", "utf-8")
    stage.syncing.sync()
    assert stage.names() == EVERYTHING - gone - {"Comptes/2025/budget prévu.txt"}
    (stage.folder / ".hameauignore").unlink()
    stage.syncing.sync()
    assert stage.names() == EVERYTHING - {"Comptes/2025/budget prévu.txt"}
    stage.syncing.source = source("webdav", stage.syncing.source.uri, exclude=["Comptes/**"], **stage.settings)
    stage.syncing.sync()
    assert stage.names() == {name for name in EVERYTHING if not name.startswith("Comptes")}


def test_several_contents_at_once(stage: Stage) -> None:
    big = os.urandom(6_000_000)
    (stage.folder / "gros.bin").write_bytes(big)
    stage.syncing.sync()
    wanted = [stage.uri(name) for name in (*sorted(EVERYTHING), "gros.bin", "absent.txt")]
    found: dict[str, object] = {}
    for uri, outcome in stage.adapter.contents(stage.syncing.context(), wanted):
        found[uri] = bytes_of(outcome) if isinstance(outcome, Content) else outcome
        if isinstance(outcome, Content) and uri == stage.uri("gros.bin"):
            assert outcome.path is not None
            assert outcome.beneath == stage.scratch
    assert found.pop(stage.uri("gros.bin")) == big
    assert isinstance(found.pop(stage.uri("absent.txt")), NotFound)
    assert found == {stage.uri(name): (stage.folder / name).read_bytes() for name in EVERYTHING}
    assert not list(stage.scratch.iterdir())


def test_a_summary_is_written_back_and_never_over_something(stage: Stage) -> None:
    context = stage.syncing.context()
    first = stage.adapter.put(context, "Comptes/Résumé de l'année.md", b"un")
    second = stage.adapter.put(context, "Comptes/Résumé de l'année.md", b"deux")
    assert (stage.folder / "Comptes/Résumé de l'année.md").read_bytes() == b"un"
    assert (stage.folder / "Comptes/Résumé de l'année (2).md").read_bytes() == b"deux"
    assert (first, second) == (
        stage.uri("Comptes/Résumé de l'année.md"),
        stage.uri("Comptes/Résumé de l'année (2).md"),
    )
    assert sorted(one.name for one in (stage.folder / "Comptes").iterdir()) == [
        "2025",
        "2026",
        "Résumé de l'année (2).md",
        "Résumé de l'année.md",
    ]
    for name in ("", "../dehors.md", "Comptes/", "x" * 300):
        with pytest.raises((BadInput, HameauError)):
            stage.adapter.put(context, name, b"x")
    assert not (stage.folder.parent / "dehors.md").exists()


def test_what_is_no_more_what_is_closed_and_what_is_too_big(stage: Stage) -> None:
    stage.syncing.sync()
    assert stage.adapter.try_out(stage.syncing.context()) == stage.folder.name
    above = Syncing(stage.adapter, source("webdav", stage.server.url, **stage.settings))
    assert stage.adapter.try_out(above.context()) in ("Le nuage", "127.0.0.1")
    with pytest.raises(NotFound):
        stage.syncing.read(stage.uri("absent.txt"))
    with pytest.raises(NotFound):
        stage.syncing.read("https://elsewhere.example/x.txt")
    stage.syncing.max_file_bytes = 3
    with pytest.raises(NotEnough):
        stage.syncing.read(stage.uri("Photos/été/plage.txt"))
    for one in stage.folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    with pytest.raises(Unavailable, match="suddenly empty"):
        stage.syncing.sync()
    wrong = Syncing(
        WebdavSource(stage.border.client, OneSecret("wrong"), NearParser(), stage.scratch), stage.syncing.source
    )
    for act in (wrong.sync, lambda: wrong.adapter.present(wrong.context()), lambda: wrong.read(stage.uri("a.txt"))):
        with pytest.raises(Refused, match="user name or the password"):
            act()
    stage.border.revoke("dav")
    with pytest.raises(Refused, match="Nobody has allowed"):
        stage.syncing.sync()


def test_a_folder_that_is_gone_or_away_loses_nothing(stage: Stage) -> None:
    gone = Syncing(stage.adapter, source("webdav", stage.uri("Parti/"), **stage.settings))
    with pytest.raises(Unavailable, match="no more at its address"):
        gone.sync()
    with pytest.raises(Unavailable):
        gone.adapter.present(gone.context())
    with pytest.raises(NotFound, match="no folder"):
        stage.adapter.try_out(gone.context())


@pytest.mark.parametrize("kind", ["cut", "reset", "silent"])
def test_a_download_that_breaks_goes_on_where_it_was(tmp_path: Path, cloud: Stage, kind: str) -> None:
    big = os.urandom(6_000_000)
    (cloud.folder / "film.bin").write_bytes(big)
    stop = threading.Event()
    with RoughLine(cloud.server.port, faults=[Fault(kind, 3_500_000), Fault(kind, 1_000_000)]) as rough:
        stage = Stage(tmp_path, cloud.folder, cloud.server, port=rough.port)
        stage.syncing.stop = stop
        if kind == "silent":
            threading.Timer(1.0, stop.set).start()
            with pytest.raises(Cancelled):
                stage.syncing.read(stage.uri("film.bin"))
        else:
            assert stage.syncing.read(stage.uri("film.bin")) == big
            assert rough.spoiled == 2
            ranges = [ask.headers.get("Range") for ask in stage.client.asked]
            assert ranges[0] is None
            assert all(str(one).startswith("bytes=") for one in ranges[1:])
    assert not list(stage.scratch.iterdir())


def test_a_listing_that_breaks_tells_no_lies(tmp_path: Path, cloud: Stage) -> None:
    with RoughLine(cloud.server.port) as rough:
        stage = Stage(tmp_path, cloud.folder, cloud.server, port=rough.port)
        stage.syncing.sync()
        known = dict(stage.syncing.known)
        (cloud.folder / "Photos/hiver/neige.txt").unlink()
        (cloud.folder / "Comptes/2025/budget prévu.txt").unlink()
        remembered = dict(stage.syncing.remembered)
        rough.faults.extend([Fault("cut", 2_000)] * 6)
        with pytest.raises(Unavailable):
            stage.syncing.sync()
        assert (stage.syncing.known, stage.syncing.remembered) == (known, remembered)
        rough.faults.clear()
        stage.syncing.sync()
        assert len(stage.syncing.known) == len(known) - 2


def test_lines_are_kept(cloud: Stage, tmp_path: Path) -> None:
    with RoughLine(cloud.server.port) as rough:
        stage = Stage(tmp_path, cloud.folder, cloud.server, port=rough.port)
        stage.syncing.sync()
        assert stage.requests() == 10
        assert rough.connections <= 4


def test_the_sandbox_reads_what_a_server_says(tmp_path: Path, cloud: Stage) -> None:
    parser = SandboxedExtractor(scratch=tmp_path / "readers")
    try:
        adapter = WebdavSource(cloud.border.client, OneSecret(PASSWORD), parser, cloud.scratch)
        syncing = Syncing(adapter, cloud.syncing.source)
        syncing.sync()
        assert len(syncing.known) == len(EVERYTHING)
    finally:
        parser.close()


def entry(path: str, tag: str, *, folder: bool, number: str = "") -> str:
    kind = "<d:collection/>" if folder else ""
    return (
        f"<d:response><d:href>{path}</d:href><d:propstat><d:prop><d:resourcetype>{kind}</d:resourcetype>"
        f'<d:getetag>"{tag}"</d:getetag>{number}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>'
    )


def listing(entries: str) -> list[bytes]:
    body = f'<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">{entries}</d:multistatus>'.encode()
    return [f"HTTP/1.1 207 Multi-Status\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body]


@pytest.mark.parametrize("status", ["403 Forbidden", "503 Service Unavailable"])
def test_a_closed_folder_is_told_and_tried_again(tmp_path: Path, status: str) -> None:
    state = {"open": False}

    def answer(asked: bytes) -> list[bytes]:
        path = asked.split(b" ")[1].decode()
        if path == "/f/ferm%C3%A9/" and not state["open"]:
            return [f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()]
        number = f"<oc:fileid>{len(path)}</oc:fileid>"
        found = entry(path, "t", folder=True, number=number)
        if b"Depth: 1" in asked:
            found += entry(path + "x.txt", "x", folder=False, number=number)
            if path == "/f/":
                found += entry("/f/ferm%c3%a9/", "u", folder=True, number=number)
                for stray in ("http://evil.example/elsewhere/y.txt", "/f/../z.txt", "/f/%2e%2e/z.txt", "/f/a%2Fb.txt"):
                    found += entry(stray, "w", folder=False)
        return listing(found)

    with talking(answer) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        syncing = Syncing(adapter, source("webdav", talk.url + "/f/"))
        context = syncing.context()
        found = []
        with pytest.raises(PartlyUnavailable) as caught:
            found.extend(adapter.items(context))
        assert caught.value.below == (talk.url + "/f/ferm%C3%A9/",)
        assert len(found) == 1
        assert not [key for key, value in context.memory.noted.items() if key.startswith("f:") and value]
        state["open"] = True
        syncing.sync()
        assert set(syncing.known) == {talk.url + "/f/x.txt", talk.url + "/f/ferm%C3%A9/x.txt"}


@pytest.mark.parametrize("said", ["503 Service Unavailable", "403 Forbidden"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_server_can_say_nothing_of_is_not_gone(tmp_path: Path, said: str, *, whole: bool) -> None:
    """A storage that is down inside of a Nextcloud: the listing says so of one folder, with a status of its own or property by
    property."""
    status = f"<d:status>HTTP/1.1 {said}</d:status>"
    props = "<d:prop><d:getetag/><d:resourcetype/></d:prop>"
    inside = status if whole else f"<d:propstat>{props}{status}</d:propstat>"

    def answer(asked: bytes) -> list[bytes]:
        found = entry("/f/", "t", folder=True, number="<oc:fileid>1</oc:fileid>")
        if b"Depth: 1" in asked:
            found += entry("/f/x.txt", "x", folder=False, number="<oc:fileid>2</oc:fileid>")
            for gone in (
                "<d:href>/f/a/</d:href>" + inside,
                "<d:href>/f/b</d:href><d:status>HTTP/1.1 404 Gone</d:status>",
            ):
                found += f"<d:response>{gone}</d:response>"
        return listing(found)

    with talking(answer) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        context = Syncing(adapter, source("webdav", talk.url + "/f/")).context()
        found = []
        with pytest.raises(PartlyUnavailable) as caught:
            found.extend(adapter.items(context))
        assert caught.value.below == (talk.url + "/f/a/",)
        assert [one.uri for one in found if isinstance(one, Item)] == [talk.url + "/f/x.txt"]
        assert not any(context.memory.noted.values())


def test_addresses_that_are_none_are_passed_over(tmp_path: Path) -> None:
    def answer(asked: bytes) -> list[bytes]:
        if b"Depth: infinity" in asked:
            return [b"HTTP/1.1 301 Moved\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"]
        strays = "".join(
            entry(stray, "w", folder=True) for stray in ("http://[x/", "https://h:x/", "//[", "/f/\u0301/")
        )
        return listing(entry("/f/", "t", folder=True) + entry("/f/x.txt", "x", folder=False) + strays)

    with talking(answer) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        syncing = Syncing(adapter, source("webdav", talk.url + "/f/"))
        items, _ = syncing.sync()
        assert [item.uri for item in items] == [talk.url + "/f/x.txt"]


def test_more_names_than_anybody_has_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webdav_tree, "_CHARACTERS", 2_000)
    names = "".join(entry(f"/f/{number:050}.txt", "x", folder=False) for number in range(100))
    with talking(lambda _: listing(entry("/f/", "t", folder=True) + names)) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        with pytest.raises(Unavailable, match="without end"):
            Syncing(adapter, source("webdav", talk.url + "/f/")).sync()


def test_folders_without_end_have_one_here(tmp_path: Path) -> None:
    def answer(asked: bytes) -> list[bytes]:
        path = asked.split(b" ")[1].decode()
        if b"Depth: infinity" in asked:
            return [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"]
        return listing(entry(path, "t", folder=True) + entry(path + "a/", "t", folder=True) * 2)

    with talking(answer) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        syncing = Syncing(adapter, source("webdav", talk.url + "/f/"))
        assert syncing.sync() == ([], [])
        assert len(talk.heard) < 100


@pytest.mark.parametrize(
    ("head", "error", "words"),
    [
        ("503 Busy\r\nRetry-After: 120", Later, "busy"),
        ("503 Busy\r\nRetry-After: tomorrow", Unavailable, "busy"),
        ("301 Moved\r\nLocation: https://evil.example/f/", Unavailable, "has moved to https://evil"),
        ("301 Moved\r\nLocation: /f/", Unavailable, "round in circles"),
        ("418 Teapot", Unavailable, "status 418"),
        ("200 OK", Unavailable, "status 200"),
    ],
)
def test_what_a_server_may_answer_instead(tmp_path: Path, head: str, error: type[HameauError], words: str) -> None:
    with talking(lambda _: [f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode()]) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        syncing = Syncing(adapter, source("webdav", talk.url + "/f/"))
        with pytest.raises(error, match=words) as caught:
            syncing.sync()
    if isinstance(caught.value, Later):
        assert caught.value.seconds == 120


@pytest.mark.parametrize("number", ["", "<oc:fileid>1</oc:fileid>"])
def test_mutated_answers_bring_no_surprise(tmp_path: Path, number: str) -> None:
    dice = random.Random(11)
    good = entry("/f/", "t", folder=True, number=number) + entry("/f/a.txt", "u", folder=False, number=number)
    good += entry("/f/b/", "v", folder=True, number=number)

    def answer(_: bytes) -> list[bytes]:
        head, body = listing(good)
        said = bytearray(body)
        for _ in range(dice.randrange(4)):
            at = dice.randrange(len(said))
            said[at : at + dice.randrange(12)] = bytes(dice.randrange(32, 127) for _ in range(dice.randrange(8)))
        return [head.replace(str(len(body)).encode(), str(len(said)).encode()), bytes(said)]

    with talking(answer) as talk:
        adapter = WebdavSource(border(tmp_path, talk.port).client, OneSecret(), NearParser(), tmp_path)
        for _ in range(25):
            syncing = Syncing(adapter, source("webdav", talk.url + "/f/"))
            try:
                items, _kept = syncing.sync()
            except HameauError:
                continue
            assert all(item.uri.startswith(talk.url + "/f/") for item in items)
