"""Files, events and contacts on real servers, all the way into the library: read, followed, moved, found, lost and kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.dav import CountingClient, OneSecret, border
from hameau.library import Indexer, Library, Source
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import CaldavSource, CarddavSource, WebdavSource
from hameau.storage import Database
from servers.dav import PASSWORD, USER, Serving, basic, radicale, wsgidav
from servers.rough import Fault, RoughLine


class World:
    """A home, and one source elsewhere."""

    def __init__(self, root: Path, extractor: SandboxedExtractor, kind: str, port: int, url: str) -> None:
        self.home = root / "home"
        self.home.mkdir()
        (root / "scratch").mkdir()
        self.database = Database(self.home / "hameau.db")
        self.library = Library(self.database)
        self.extractor = extractor
        self.secret = OneSecret(PASSWORD)
        self.border = border(root / "perimeter", port)
        self.client = CountingClient(self.border.client)
        client = self.client
        self.adapters = {
            "webdav": WebdavSource(client, self.secret, self.extractor, root / "scratch"),  # type: ignore[arg-type]
            "caldav": CaldavSource(client, self.secret, self.extractor),  # type: ignore[arg-type]
            "carddav": CarddavSource(client, self.secret, self.extractor),  # type: ignore[arg-type]
        }
        settings = {"connection": "dav", "user": USER}
        uri = self.adapters[kind].check(url, settings)
        self.source = self.library.add_source(kind, uri, title="Nuage", settings=settings)
        self.indexer = Indexer(
            self.library,
            adapters=self.adapters,  # type: ignore[arg-type]
            extractor=self.extractor,
            home=self.home,
        )

    def sync(self, *, retry: bool = False) -> Source:
        self.client.asked.clear()
        self.indexer.sync(self.source.id, retry=retry)
        return self.library.source(self.source.id)

    def fetched(self) -> list[str]:
        return sorted(ask.url.rpartition("/")[2] for ask in self.client.asked if ask.method == "GET")

    def documents(self) -> dict[str, int]:
        return {one.title: one.id for one in self.library.documents(source_id=self.source.id)}

    def found(self, word: str) -> list[str]:
        return sorted(one.title for one in self.library.search(word, limit=20).results)

    def close(self) -> None:
        self.indexer.stop()
        self.database.close()


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxedExtractor]:
    made = SandboxedExtractor(scratch=tmp_path_factory.mktemp("readers"))
    yield made
    made.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    for name, text in {
        "Comptes/budget.txt": "Le lavoir coûtera douze euros.",
        "Photos/été.txt": "La plage et le sable.",
        "Lettre.md": "Chère Ada, la fontaine coule.",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def cloud(tmp_path: Path, files: Path) -> Iterator[Serving]:
    with wsgidav(files, tmp_path / "asked.log", nextcloud=True) as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, cloud: Serving, extractor: SandboxedExtractor) -> Iterator[World]:
    made = World(tmp_path, extractor, "webdav", cloud.port, cloud.url)
    yield made
    made.close()


def test_files_of_a_nextcloud_are_read_followed_and_moved(world: World, files: Path) -> None:
    assert world.sync().error is None
    assert (world.found("lavoir"), world.found("plage"), world.found("fontaine")) == (["budget"], ["été"], ["Lettre"])
    before = world.documents()
    [letter] = [one for one in world.library.documents(source_id=world.source.id) if one.title == "Lettre"]
    assert "/index.php/f/" in letter.link

    world.sync()
    assert [ask.method for ask in world.client.asked] == ["PROPFIND"]

    (files / "Photos").rename(files / "Images")
    (files / "Comptes/budget.txt").write_text("Le moulin coûtera treize euros.", "utf-8")
    (files / "Lettre.md").unlink()
    world.sync()
    assert world.fetched() == ["budget.txt"]  # what only moved is not fetched again
    assert world.documents() == {title: before[title] for title in ("budget", "été")}
    assert (world.found("lavoir"), world.found("moulin"), world.found("plage")) == ([], ["budget"], ["été"])
    [moved] = [one for one in world.library.documents(source_id=world.source.id) if one.title == "été"]
    assert "/Images/" in moved.uri


def test_a_wrong_password_or_no_connection_is_told_and_loses_nothing(world: World, files: Path) -> None:
    world.sync()
    world.secret.secret = "taken back"
    (files / "Neuf.txt").write_text("neuf", "utf-8")
    told = world.sync()
    assert told.state == "failed"
    assert "does not accept the user name or the password" in (told.error or "")
    assert world.found("lavoir") == ["budget"]
    world.secret.secret = PASSWORD
    assert world.sync(retry=True).error is None
    assert world.found("neuf") == ["Neuf"]
    world.border.revoke("dav")
    assert "Nobody has allowed" in (world.sync(retry=True).error or "")
    assert world.found("neuf") == ["Neuf"]


def test_lines_that_break_lose_nothing_and_bring_nothing_twice(
    tmp_path: Path, cloud: Serving, files: Path, extractor: SandboxedExtractor
) -> None:
    for number in range(30):
        (files / f"note {number}.txt").write_text(f"Le clocher numéro {number}. " * 400, "utf-8")
    with RoughLine(cloud.port) as rough:
        world = World(tmp_path, extractor, "webdav", rough.port, cloud.url.replace(str(cloud.port), str(rough.port)))
        try:
            for faults in ([Fault("reset", 900)], [Fault("cut", 20_000)] * 3, [Fault("cut", 60_000)] * 2, []):
                rough.faults.extend(faults)
                world.sync()
                rough.faults.clear()
            assert world.library.source(world.source.id).error is None
            assert len(world.documents()) == 33
            assert {one.state for one in world.library.documents(source_id=world.source.id)} == {"indexed"}
        finally:
            world.close()


def test_a_source_can_be_left_while_it_is_read(world: World, files: Path) -> None:
    (files / "film.txt").write_text("Le long film. " * 2_000_000, "utf-8")
    stop = threading.Timer(0.2, world.library.pause_source, [world.source.id])
    stop.start()
    world.sync()
    stop.join()
    world.library.resume_source(world.source.id)
    world.sync(retry=True)
    assert {"budget", "été", "Lettre"} <= set(world.documents())


EVENT = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//FR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r
DTSTART:20261122T090000Z\r\nSUMMARY:{title}\r\nLOCATION:Salle des fêtes\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{title}\r\nN:{title};;;;\r\nTEL:0102030405\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("kind", "form", "ending", "sort"), [("caldav", EVENT, "ics", "event"), ("carddav", CARD, "vcf", "contact")]
)
def test_events_and_contacts_become_documents(
    tmp_path: Path, extractor: SandboxedExtractor, kind: str, form: str, ending: str, sort: str
) -> None:
    with radicale(tmp_path / "radicale") as server, httpx.Client(base_url=server.url, headers=basic()) as http:
        media = {"Content-Type": "text/calendar" if ending == "ics" else "text/vcard"}
        whole = form.format(uid="0", title="Assemblée générale")
        assert http.put(f"{USER}/livre/", content=whole.encode(), headers=media).status_code == 201
        one = form.format(uid="1", title="Repas du moulin").encode()
        assert http.put(f"{USER}/livre/1.{ending}", content=one, headers=media).status_code == 201
        world = World(tmp_path, extractor, kind, server.port, server.url)
        try:
            assert world.sync().error is None
            assert set(world.documents()) == {"Assemblée générale", "Repas du moulin"}
            assert world.found("moulin") == ["Repas du moulin"]
            assert {document.kind for document in world.library.documents(source_id=world.source.id)} == {sort}
            world.sync()
            assert [ask.method for ask in world.client.asked] == ["PROPFIND"]
            http.delete(f"{USER}/livre/1.{ending}")
            world.sync()
            assert set(world.documents()) == {"Assemblée générale"}
        finally:
            world.close()
