"""The sources caldav and carddav against a real server, Radicale, and against published files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from fakes.dav import CountingClient, NearParser, OneSecret, Syncing, border, bytes_of, source
from fakes.talking import talking
from hameau.kit import BadInput, NotFound, Refused, Unavailable
from hameau.library import Content
from hameau.library.sources import CaldavSource, CarddavSource
from servers.dav import PASSWORD, USER, Serving, basic, radicale

MEETING = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//FR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r
DTSTART:20261122T090000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{title}\r\nN:{title};;;;\r\nEND:VCARD\r\n"


class Shelf:
    """What one user has on Radicale: a calendar of ten events, a list of tasks and an address book of three contacts."""

    def __init__(self, server: Serving, user: str) -> None:
        self.server, self.user = server, user
        self.http = httpx.Client(base_url=f"{server.url}{user}/", headers=basic(user), timeout=10)

    def fill(self) -> None:
        self.make("agenda", "Réunions", "VEVENT")
        self.make("taches", "À faire", "VTODO")
        self.make("amis", "Amis", "")
        for number in range(10):
            self.put("agenda", f"r {number}", f"Réunion {number}")
        for number in range(3):
            self.put("amis", f"a{number}", f"Ami {number}", CARD, "vcf")

    def make(self, name: str, title: str, part: str) -> None:
        kind = (
            f'<C:calendar/></d:resourcetype><C:supported-calendar-component-set><C:comp name="{part}"/>'
            "</C:supported-calendar-component-set>"
            if part
            else "<CR:addressbook/></d:resourcetype>"
        )
        body = (
            '<d:mkcol xmlns:d="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CR="urn:ietf:params:xml:ns:carddav">'
            f"<d:set><d:prop><d:resourcetype><d:collection/>{kind}<d:displayname>{title}</d:displayname></d:prop></d:set>"
            "</d:mkcol>"
        )
        assert self.http.request("MKCOL", f"{name}/", content=body.encode()).status_code == 201

    def put(self, where: str, uid: str, title: str, form: str = MEETING, ending: str = "ics") -> None:
        kind = {"Content-Type": "text/calendar" if ending == "ics" else "text/vcard"}
        text = form.format(uid=uid, title=title).encode()
        done = self.http.put(f"{where}/{uid}.{ending}", content=text, headers=kind)
        assert done.status_code in (201, 204)

    def delete(self, where: str, name: str) -> None:
        assert self.http.delete(f"{where}/{name}").status_code in (200, 204)


USERS = [f"ada{number}" for number in range(20)]


@dataclass
class Library:
    """Radicale, what its first user has, and the users that nothing is known of yet."""

    server: Serving
    folder: Path
    users: Iterator[str]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("radicale")
    with radicale(folder, USERS) as server:
        first = Shelf(server, USERS[0])
        first.fill()
        first.http.close()
        yield Library(server, folder / "collections" / "collection-root", iter(USERS[1:]))


@pytest.fixture
def shelf(library: Library) -> Iterator[Shelf]:
    """That of another user, with the same things."""
    made = Shelf(library.server, next(library.users))
    shutil.copytree(library.folder / USERS[0], library.folder / made.user)
    yield made
    made.http.close()


class Desk:
    """A source on it."""

    def __init__(self, tmp_path: Path, at: Shelf | int, url: str, kind: str = "caldav", **settings: object) -> None:
        port, user = (at, USER) if isinstance(at, int) else (at.server.port, at.user)
        self.client = CountingClient(border(tmp_path / f"home-{kind}", port).client)
        adapter = {"caldav": CaldavSource, "carddav": CarddavSource}[kind]
        self.adapter = adapter(self.client, OneSecret(PASSWORD), NearParser())  # type: ignore[arg-type]
        wanted = {"user": user, **settings}
        self.syncing = Syncing(self.adapter, source(kind, self.adapter.check(url, wanted), **wanted))

    def names(self) -> list[str]:
        return sorted(uri.rpartition("/")[2] for uri in self.syncing.known)

    def requests(self) -> list[str]:
        asked = [ask.method for ask in self.client.asked]
        self.client.asked.clear()
        return asked

    def texts(self) -> dict[str, str]:
        found = {}
        for uri, outcome in self.adapter.contents(self.syncing.context(), list(self.syncing.known)):
            assert isinstance(outcome, Content), outcome
            found[uri.rpartition("/")[2]] = bytes_of(outcome).decode()
        return found


TEN = [f"r%20{number}.ics" for number in range(10)]


@pytest.mark.parametrize("where", ["", "{}/", "{}/agenda/"])
def test_calendars_are_found_from_the_server_the_user_or_the_collection(
    tmp_path: Path, shelf: Shelf, where: str
) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url + where.format(shelf.user))
    assert desk.adapter.try_out(desk.syncing.context()) == ("Réunions" if where.endswith("agenda/") else "127.0.0.1")
    desk.syncing.sync()
    assert desk.names() == TEN
    assert "Réunion 3" in desk.texts()["r%203.ics"]


def test_what_changed_is_asked_for_and_nothing_else(tmp_path: Path, shelf: Shelf) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url)
    desk.syncing.sync()
    before = dict(desk.syncing.known)
    desk.requests()
    desk.syncing.sync()
    assert desk.requests() == ["PROPFIND"]
    assert desk.syncing.known == before
    shelf.put("agenda", "r 4", "Réunion reportée")
    shelf.put("agenda", "r 11", "Réunion de plus")
    shelf.delete("agenda", "r%207.ics")
    items, _ = desk.syncing.sync()
    assert desk.requests() == ["PROPFIND", "REPORT"]
    assert len(items) == 10
    assert desk.names() == sorted({*TEN, "r%2011.ics"} - {"r%207.ics"})
    changed = {uri.rpartition("/")[2] for uri, item in desk.syncing.known.items() if before.get(uri) != item}
    assert changed == {"r%204.ics", "r%2011.ics"}
    assert "reportée" in desk.texts()["r%204.ics"]
    assert desk.requests() == ["REPORT"]
    desk.syncing.remembered["t:" + f"/{shelf.user}/agenda/"] = "http://radicale.org/ns/sync/forgotten"
    shelf.delete("agenda", "r%201.ics")
    desk.syncing.sync()
    assert len(desk.syncing.known) == 9
    shelf.http.delete("agenda/")
    with pytest.raises(Unavailable, match="suddenly"):
        shelf.http.delete("taches/")
        desk.syncing.sync()


def test_the_whole_is_listed_when_a_person_asks(tmp_path: Path, shelf: Shelf) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url)
    desk.syncing.sync()
    before = dict(desk.syncing.known)
    items, kept = desk.syncing.sync(whole=True)
    assert (len(items), kept, desk.syncing.known) == (10, [], before)


def test_contacts_by_themselves(tmp_path: Path, shelf: Shelf) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url, "carddav")
    desk.syncing.sync()
    assert desk.names() == ["a0.vcf", "a1.vcf", "a2.vcf"]
    assert desk.adapter.try_out(desk.syncing.context()) == "Amis"
    assert "Ami 1" in desk.texts()["a1.vcf"]
    chosen = Desk(tmp_path, shelf, shelf.server.url, "carddav", collections=["Famille"])
    assert chosen.syncing.sync() == ([], [])


def test_what_is_gone_and_who_is_not_known(tmp_path: Path, shelf: Shelf) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url)
    desk.syncing.sync()
    uri = next(iter(desk.syncing.known))
    shelf.delete("agenda", uri.rpartition("/")[2])
    [(_, outcome)] = desk.adapter.contents(desk.syncing.context(), [uri])
    assert isinstance(outcome, NotFound)
    with pytest.raises(NotFound):
        desk.syncing.read(uri)
    desk.adapter.present(desk.syncing.context())
    stranger = CaldavSource(desk.client, OneSecret("wrong"), NearParser())  # type: ignore[arg-type]
    with pytest.raises(Refused, match="user name or the password"):
        list(stranger.items(desk.syncing.context(whole=True)))
    nowhere = Desk(tmp_path, shelf, shelf.server.url + f"{shelf.user}/nulle-part/")
    with pytest.raises((Unavailable, NotFound)):
        nowhere.syncing.sync()


def test_a_published_file_is_fetched_when_it_changed(tmp_path: Path) -> None:
    state = {"text": MEETING.format(uid="1", title="Vide-grenier"), "tag": '"1"'}
    seen: list[int] = []

    def answer(asked: bytes) -> list[bytes]:
        assert asked.startswith(b"GET /cal/fetes.ics?token=a%20b HTTP/1.1")
        if f"If-None-Match: {state['tag']}".encode() in asked and state["tag"]:
            seen.append(304)
            return [b"HTTP/1.1 304 Not Modified\r\n\r\n"]
        seen.append(200)
        body = state["text"].encode()
        tag = f"ETag: {state['tag']}\r\n" if state["tag"] else ""
        return [f"HTTP/1.1 200 OK\r\n{tag}Content-Length: {len(body)}\r\n\r\n".encode(), body]

    with talking(answer) as talk:
        url = f"{talk.url}/cal/fetes.ics?token=a%20b"
        desk = Desk(tmp_path, talk.port, url, user="")
        items, _ = desk.syncing.sync()
        assert [(item.uri, item.title) for item in items] == [(url, "fetes")]
        assert "Vide-grenier" in desk.syncing.read(url).decode()
        assert seen == [200]  # what was fetched to be compared is what is read
        assert desk.syncing.sync() == ([], [""])
        state |= {"tag": ""}
        assert desk.syncing.sync() == ([], [""])
        state |= {"text": state["text"].replace("Vide", "Grand vide")}
        items, _ = desk.syncing.sync()
        assert seen == [200, 304, 200, 200]
        [(_, outcome)] = desk.adapter.contents(desk.syncing.context(), [url])
        assert isinstance(outcome, Content)
        assert b"Grand vide" in outcome.data
        assert (outcome.name, outcome.media_type) == ("fetes.ics", "text/calendar")
        state |= {"text": "<html>Sign in</html>"}
        with pytest.raises(BadInput, match="does not hand out a calendar"):
            desk.syncing.sync()


def test_a_tag_that_no_header_may_hold_is_not_sent_back(tmp_path: Path) -> None:
    """It would stand in the way of every synchronisation from then on."""
    body = MEETING.format(uid="1", title="Vide-grenier").encode()
    head = f'HTTP/1.1 200 OK\r\nETag: "é"\r\nLast-Modified: hier, à midi\r\nContent-Length: {len(body)}\r\n\r\n'
    with talking(lambda _: [head.encode("latin-1"), body]) as talk:
        desk = Desk(tmp_path, talk.port, f"{talk.url}/fetes.ics", user="")
        desk.syncing.sync()
        assert desk.syncing.sync() == ([], [""])


def test_what_a_calendar_server_can_say_nothing_of_is_not_gone(tmp_path: Path) -> None:
    ok = "<d:status>HTTP/1.1 200 OK</d:status>"
    state = {"trouble": "", "token": "1", "tag": "1"}

    def collection(name: str) -> str:
        if name == state["trouble"]:
            return f"<d:response><d:href>/c/{name}/</d:href><d:status>HTTP/1.1 503 Busy</d:status></d:response>"
        kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
        mark = f"<x:getctag>{state['tag']}</x:getctag><d:sync-token>{state['token']}</d:sync-token>"
        return f"<d:response><d:href>/c/{name}/</d:href><d:propstat><d:prop>{kind}{mark}</d:prop>{ok}</d:propstat></d:response>"

    def thing(name: str) -> str:
        if name == state["trouble"]:
            return f"<d:response><d:href>/c/a/{name}</d:href><d:status>HTTP/1.1 500 Oh</d:status></d:response>"
        about = f'<d:getetag>"{state["tag"]}"</d:getetag>'
        return f"<d:response><d:href>/c/a/{name}</d:href><d:propstat><d:prop>{about}</d:prop>{ok}</d:propstat></d:response>"

    def answer(asked: bytes) -> list[bytes]:
        if asked.startswith(b"REPORT /c/a/"):
            told = thing("1.ics") + thing("2.ics") + f"<d:sync-token>{state['token']}</d:sync-token>"
        elif asked.startswith(b"REPORT"):
            told = f"<d:sync-token>{state['token']}</d:sync-token>"
        else:
            told = (
                "<d:response><d:href>/c/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>"
            )
            told += f"</d:prop>{ok}</d:propstat></d:response>" + collection("a") + collection("b")
        spaces = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:x="http://calendarserver.org/ns/"'
        body = f"<d:multistatus {spaces}>{told}</d:multistatus>".encode()
        return [f"HTTP/1.1 207 Multi-Status\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body]

    with talking(answer) as talk:
        desk = Desk(tmp_path, talk.port, talk.url + "/c/")
        desk.syncing.sync()
        assert desk.names() == ["1.ics", "2.ics"]
        state |= {"trouble": "a"}
        assert f"{talk.url}/c/a/" in desk.syncing.sync()[1]
        assert desk.names() == ["1.ics", "2.ics"]
        state |= {"trouble": "2.ics", "tag": "2", "token": "2"}
        desk.syncing.sync()
        assert desk.names() == ["1.ics", "2.ics"]
        assert desk.syncing.remembered.get("t:/c/a/") != "2"  # what was unclear is asked again
        state |= {"trouble": ""}
        items, _ = desk.syncing.sync()
        assert sorted(item.fingerprint[:3] for item in items) == ['"2"', '"2"']


def test_an_address_has_one_form_and_says_where_it_leads() -> None:
    calendars = CaldavSource(None, OneSecret(), NearParser())  # type: ignore[arg-type]
    assert calendars.check("webcal://Example.org/a.ics", {}) == "webcal://example.org/a.ics"
    assert calendars.check("https://example.org:443/dav/é", {}) == "https://example.org/dav/%C3%A9/"
    reach = calendars.reach("webcal://example.org/a.ics", {})
    assert (reach.host, reach.port, reach.local, reach.secret) == ("example.org", 443, False, False)
    assert calendars.reach("http://nas.local:5232/ada/", {"user": "ada"}).local
    for wrong in ("", "agenda", "ftp://example.org/", "https://ada:secret@example.org/", "https://"):
        with pytest.raises(BadInput):
            calendars.check(wrong, {})
    with pytest.raises(BadInput):
        calendars.check("https://example.org/", {"collections": [1]})


def test_collections_of_others_are_left_out_and_other_hosts_are_not_followed(tmp_path: Path) -> None:
    def response(path: str, owner: str, title: str, more: str = "") -> str:
        return (
            f"<d:response><d:href>{path}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/>"
            f"</d:resourcetype><d:displayname>{title}</d:displayname><d:owner><d:href>{owner}</d:href></d:owner>{more}"
            "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )

    home = {"href": "/cal/ada/"}

    def answer(asked: bytes) -> list[bytes]:
        path = asked.split(b" ")[1].decode()
        if path == "/":
            about = (
                "<d:response><d:href>/</d:href><d:propstat><d:prop><d:current-user-principal><d:href>/who/ada/</d:href>"
                f"</d:current-user-principal><c:calendar-home-set><d:href>{home['href']}</d:href></c:calendar-home-set>"
                "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
            )
        else:
            about = response("/cal/ada/mine/", "/who/ada", "Mine", "<x:getctag>1</x:getctag>")
            about += response("/cal/ada/bob/", "/who/bob/", "Bob", "<x:getctag>1</x:getctag>")
            about += response("/cal/ada/contact_birthdays/", "/who/ada/", "Birthdays")
        spaces = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:x="http://calendarserver.org/ns/"'
        body = f"<d:multistatus {spaces}>{about}</d:multistatus>".encode()
        return [f"HTTP/1.1 207 Multi-Status\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body]

    with talking(answer) as talk:
        desk = Desk(tmp_path, talk.port, talk.url + "/")
        assert desk.adapter.try_out(desk.syncing.context()) == "Mine"
        desk.syncing.source = source("caldav", talk.url + "/", user=USER, shared=True)
        assert desk.adapter.try_out(desk.syncing.context()) == "127.0.0.1"
        home["href"] = "https://p34-caldav.example.com/123/"
        with pytest.raises(Unavailable, match=r"lies on p34-caldav\.example\.com"):
            desk.adapter.try_out(desk.syncing.context(whole=True))


def test_what_is_remembered_is_short_text(tmp_path: Path, shelf: Shelf) -> None:
    desk = Desk(tmp_path, shelf, shelf.server.url)
    desk.syncing.sync()
    assert len(json.dumps(desk.syncing.remembered)) < 400 * len(desk.syncing.known)
