"""Signing in to a Nextcloud on its own page, and what an address is found to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.dav import NearParser, OneSecret, Syncing, border, source
from fakes.talking import talking
from hameau.kit import BadInput, NotFound, Refused, Unavailable
from hameau.library.sources import Granted, Guess, Login, WebdavSource, begin_login, guess_dav, poll_login
from hameau.library.sources.dav_places import place_of
from hameau.library.sources.nextcloud import address_of, page_of
from servers.dav import MAIL, PASSWORD, USER, Serving, radicale, wsgidav


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("cloud")
    (folder / "Lettre.txt").write_text("Bonjour", "utf-8")
    with wsgidav(folder, folder.parent / "asked.log", nextcloud=True) as server:
        yield server


def test_a_person_signs_in_on_the_servers_own_page(tmp_path: Path, cloud: Serving) -> None:
    client = border(tmp_path / "home", cloud.port).client
    login = begin_login(client, "dav", f"http://127.0.0.1:{cloud.port}")
    assert poll_login(client, "dav", login) is None
    assert httpx.get(login.address).status_code == 200  # the person said yes
    granted = poll_login(client, "dav", login)
    assert granted is not None
    assert (granted.user, granted.id, granted.password) == (MAIL, USER, PASSWORD)
    assert PASSWORD not in repr(granted)
    assert login.poll_token not in repr(login)
    assert poll_login(client, "dav", login) is None  # a second time there is nothing
    adapter = WebdavSource(client, OneSecret(granted.password), NearParser(), tmp_path)
    syncing = Syncing(adapter, source("webdav", granted.files, user=granted.user))
    assert adapter.try_out(syncing.context()) == "Le nuage"
    [item], _ = syncing.sync()
    assert item.title == "Lettre"
    assert granted.principal == f"http://127.0.0.1:{cloud.port}/remote.php/dav/"
    with adapter.content(syncing.context(), item.uri) as content:
        assert content.link.startswith(f"http://127.0.0.1:{cloud.port}/index.php/f/")


def test_a_name_to_sign_in_with_is_not_always_that_of_the_files(tmp_path: Path, cloud: Serving) -> None:
    client = border(tmp_path / "home", cloud.port).client
    adapter = WebdavSource(client, OneSecret(PASSWORD), NearParser(), tmp_path)
    settings = {"nextcloud": True, "user": MAIL}
    syncing = Syncing(adapter, source("webdav", adapter.check(f"http://127.0.0.1:{cloud.port}", settings), **settings))
    with pytest.raises(NotFound) as caught:
        adapter.try_out(syncing.context())
    assert caught.value.fields["address"] == cloud.url
    assert caught.value.hint == "Your files are at {address}."


def test_what_an_address_is(tmp_path: Path, cloud: Serving) -> None:
    client = border(tmp_path / "home", cloud.port).client
    base = f"http://127.0.0.1:{cloud.port}/"
    assert guess_dav(client, "dav", base) == Guess("webdav", base, "Nextcloud")
    assert guess_dav(client, "dav", base + "apps/files/?dir=/x") == Guess("webdav", base, "Nextcloud")
    (tmp_path / "plain").mkdir()
    with wsgidav(tmp_path / "plain", tmp_path / "log", locked=False) as plain:
        assert guess_dav(border(tmp_path / "home", plain.port).client, "dav", plain.url + "x") == Guess(
            "webdav", plain.url + "x/"
        )
    does = b"HTTP/1.1 200 OK\r\nDAV: 1, 2, %s\r\nContent-Length: 0\r\n\r\n"
    for says, kind in ((b"calendar-access, addressbook", "caldav"), (b"addressbook", "carddav")):
        with talking(lambda _, says=says: [does % says]) as talk:
            client = border(tmp_path / "home", talk.port).client
            assert guess_dav(client, "dav", talk.url + "/ada/x") == Guess(kind, talk.url + "/ada/x")
    with radicale(tmp_path / "radicale") as shelf:
        found = guess_dav(border(tmp_path / "home", shelf.port).client, "dav", shelf.url + "ada/agenda/")
        assert found == Guess("caldav", shelf.url + "ada/agenda/")
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nPage"
    with talking(lambda _: [page]) as talk:
        assert guess_dav(border(tmp_path / "home", talk.port).client, "dav", talk.url + "/") is None


@pytest.mark.parametrize("what", ["login", "endpoint"])
def test_nobody_is_led_to_another_server_to_sign_in(tmp_path: Path, what: str) -> None:
    def answer(_: bytes) -> list[bytes]:
        here, evil = f"http://127.0.0.1:{talk.port}", "http://evil.example"
        login = (evil if what == "login" else here) + "/flow"
        poll = {"token": "t", "endpoint": (evil if what == "endpoint" else here) + "/poll"}
        body = json.dumps({"login": login, "poll": poll}).encode()
        return [f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body]

    with talking(answer) as talk:
        client = border(tmp_path / "home", talk.port).client
        with pytest.raises(Unavailable, match="another server"):
            begin_login(client, "dav", talk.url)
    with pytest.raises(Refused):
        poll_login(client, "dav", Login("x", "t", "http://evil.example/poll"))


@pytest.mark.parametrize("said", [b"{}", b"[]", b"<html>", b'{"login": 1}', b"\xff\xfe", b"{" * 5000])
def test_what_is_no_nextcloud_is_said_to_be_none(tmp_path: Path, said: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\n\r\n".encode()
    with talking(lambda _: [head, said]) as talk, pytest.raises(Unavailable, match="no Nextcloud"):
        begin_login(border(tmp_path / "home", talk.port).client, "dav", talk.url)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://cloud.example.org", "https://cloud.example.org/remote.php/dav/files/ada%40x/"),
        ("https://example.org/nc/index.php/apps/files/", "https://example.org/nc/remote.php/dav/files/ada%40x/"),
        (
            "https://example.org/apps/files/files/12?dir=/Mes%20notes/2026&openfile=true",
            "https://example.org/remote.php/dav/files/ada%40x/Mes%20notes/2026/",
        ),
        ("https://example.org/remote.php/webdav/x", "https://example.org/remote.php/webdav/x"),
    ],
)
def test_the_servers_address_leads_to_the_files_of_the_user(typed: str, address: str) -> None:
    assert address_of(typed, "ada@x").replace("@", "%40") == address


def test_pages_in_the_browser() -> None:
    place = place_of("https://example.org/nc/remote.php/dav/files/ada/", folder=True)
    assert page_of(place, "00000042") == "https://example.org/nc/index.php/f/42"
    assert page_of(place, "42/../x") == ""
    assert page_of(place_of("https://example.org/dav/"), "42") == ""


def test_a_source_of_a_nextcloud_needs_a_user(tmp_path: Path) -> None:
    adapter = WebdavSource(None, OneSecret(), NearParser(), tmp_path)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="Whose files"):
        adapter.check("https://example.org", {"nextcloud": True})
    checked = adapter.check("https://example.org", {"nextcloud": True, "user": "ada"})
    assert checked == "https://example.org/remote.php/dav/files/ada/"
    assert Granted("https://example.org/", "ada", "x").files == checked
    reach = adapter.reach(checked, {"user": "ada"})
    assert (reach.host, reach.port, reach.secret, reach.local) == ("example.org", 443, True, False)
