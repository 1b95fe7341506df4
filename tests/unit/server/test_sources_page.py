"""The page of sources, its forms, and the endpoints beside it: nothing is reached before its place was shown and allowed."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.library import Aside, Link, Links
from hameau.server import create_app

BOX = {"what": "jeanne@moulin.example"}
YES = {
    "what": "imaps://jeanne%40moulin.example@imap.moulin.example/",
    "kind": "imap",
    "user": "jeanne@moulin.example",
    "place": "imap.moulin.example:993",
}


def test_a_place_of_this_machine_needs_no_second_look(client: Client, house: HouseInMemory) -> None:
    done = client.post("/sources/add", data={"what": "/srv/notes", "kind": "folder"})
    assert done.headers["location"] == "/sources?said=added"
    assert [one.title for one in house.library.sources()] == ["Association", "notes"]


def test_a_wrong_place_stays_in_the_form(client: Client) -> None:
    wrong = client.post("/sources/add", data={"what": "notes", "kind": "folder", "add": "folder"})
    assert wrong.status_code == 400
    assert 'value="notes"' in wrong.text
    assert client.post("/sources/add", data={"what": "  "}).status_code == 400


def test_what_would_leave_is_shown_before_anything_is_allowed(client: Client, house: HouseInMemory) -> None:
    shown = client.post("/sources/add", data=BOX).text
    assert "May Hameau reach imap.moulin.example?" in shown
    assert "By port 993 and nowhere else" in shown
    assert "To imap.moulin.example: your name and your password there" in shown
    assert 'value="jeanne@moulin.example"' in shown
    assert house.elsewhere.mailbox.tried == []
    assert [one.name for one in house.perimeter.policy().connections] == ["mail"]


def test_the_yes_allows_tries_and_keeps(client: Client, house: HouseInMemory) -> None:
    done = client.post("/sources/connect", data={**YES, "secret": "bon"})
    assert done.status_code == 303
    source = house.library.sources()[-1]
    assert (source.kind, source.title) == ("imap", "Titre de imap.moulin.example")
    assert source.settings["user"] == "jeanne@moulin.example"
    allowed = house.perimeter.policy().connection("source.imap.imap.moulin.example")
    assert allowed is not None
    assert (allowed.host, allowed.port, allowed.who) == ("imap.moulin.example", 993, "page")
    assert house.elsewhere.kept.kept == {source.id: "bon"}
    page = client.get("/sources").text
    assert "May reach imap.moulin.example, port 993." in page
    assert "bon" not in re.sub(r"\bbon[a-z]+", "", page)


def test_a_wrong_password_leaves_nothing_behind(client: Client, house: HouseInMemory) -> None:
    wrong = client.post("/sources/connect", data={**YES, "secret": "mauvais", "title": "Ma boîte"})
    assert wrong.status_code == 403
    assert "imap.moulin.example does not take this password." in wrong.text
    assert 'value="Ma boîte"' in wrong.text
    assert "mauvais" not in wrong.text
    assert [one.name for one in house.perimeter.policy().connections] == ["mail"]
    assert house.elsewhere.kept.kept == {}
    assert len(house.library.sources()) == 1


def test_another_place_than_the_one_shown_is_shown_again(client: Client, house: HouseInMemory) -> None:
    other = {**YES, "what": "imaps://jeanne@elsewhere.example/", "secret": "bon"}
    again = client.post("/sources/connect", data=other)
    assert again.status_code == 400
    assert "May Hameau reach elsewhere.example?" in again.text
    assert house.elsewhere.mailbox.tried == []


def test_only_on_this_machine(client: Client, house: HouseInMemory) -> None:
    app = create_app(house)
    far = Client(app)
    far._client._transport = httpx.ASGITransport(app, client=("192.168.1.30", 40_000))  # type: ignore[arg-type]
    key = house.keys.make("autre machine", ("admin",)).secret
    for path, data in (("/sources/connect", {**YES, "secret": "bon"}), ("/sources/add", BOX), ("/sources/login", YES)):
        answer = far.post(path, data=data, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 403
    assert house.elsewhere.mailbox.tried == []


def test_a_login_on_the_servers_own_page(client: Client, house: HouseInMemory) -> None:
    shown = client.post("/sources/add", data={"what": "https://cloud.moulin.example", "kind": "webdav"}).text
    assert "log in at cloud.moulin.example in my browser" in shown
    asked = {"what": "https://cloud.moulin.example", "place": "cloud.moulin.example:443", "wish_webdav": "yes"}
    begun = client.post("/sources/login", data=asked)
    assert 'href="https://cloud.moulin.example/index.php/login/v2/flow/abc"' in begun.text
    assert 'rel="noopener noreferrer"' in begun.text
    assert "has not heard your yes yet" in client.post("/sources/login/login_1").text
    house.elsewhere.logins.yes = True
    assert client.post("/sources/login/login_1").headers["location"].startswith("/sources?said=connected")
    assert house.library.sources()[-1].kind == "webdav"
    assert client.post("/sources/login/login_1").status_code == 404
    other = client.post("/sources/login", data={**asked, "place": "elsewhere.example:443"})
    assert other.status_code == 400


def test_pause_resume_and_remove_with_the_connection(client: Client, house: HouseInMemory) -> None:
    client.post("/sources/connect", data={**YES, "secret": "bon"})
    source = house.library.sources()[-1].id
    assert client.post(f"/sources/{source}/pause").status_code == 303
    assert "Paused" in client.get("/sources").text
    assert client.post(f"/sources/{source}/resume", data={"back": "source"}).headers["location"].startswith("/library")
    asked = client.get(f"/sources/{source}/remove").text
    assert "its password, and may no longer reach it" in asked
    assert client.post(f"/sources/{source}/remove").status_code == 303
    assert house.perimeter.policy().connection("source.imap.imap.moulin.example") is None
    assert house.elsewhere.kept.kept == {}
    assert client.get(f"/sources/{source}/remove").status_code == 404


def test_two_sources_of_one_host_share_their_connection(client: Client, house: HouseInMemory) -> None:
    for path in ("/a.xml", "/b.xml"):
        feed = {"what": f"https://journal.example{path}", "kind": "feed", "place": "journal.example:443"}
        if path == "/b.xml":
            feed["full_text"] = "yes"
        assert client.post("/sources/connect", data=feed).status_code == 303
    name = "source.feed.journal.example"
    held = house.perimeter.policy().connection(name)
    assert held is not None
    assert held.also == ("pictures.example",)
    first, second = (one.id for one in house.library.sources() if one.kind == "feed")
    client.post(f"/sources/{second}/remove")
    held = house.perimeter.policy().connection(name)
    assert held is not None
    assert held.also == ()
    client.post(f"/sources/{first}/remove")
    assert house.perimeter.policy().connection(name) is None


def test_a_connection_that_was_taken_back_can_be_allowed_again(client: Client, house: HouseInMemory) -> None:
    client.post("/sources/connect", data={**YES, "secret": "bon"})
    source = house.library.sources()[-1].id
    house.perimeter.revoke("source.imap.imap.moulin.example")
    assert "Not allowed" in client.get("/sources").text
    shown = client.get(f"/sources/{source}/allow").text
    assert "Leave it empty to keep the one that is there." in shown
    again = client.post("/sources/connect", data={**YES, "known": source})
    assert again.headers["location"].startswith("/sources?said=again")
    assert house.perimeter.policy().connection("source.imap.imap.moulin.example") is not None
    assert len(house.library.sources()) == 2


def test_an_address_that_is_another_one_really_is_proposed(client: Client, house: HouseInMemory) -> None:
    house.elsewhere.feed.better["https://journal.example/"] = "https://journal.example/feed.xml"
    asked = {"what": "https://journal.example/", "kind": "feed", "place": "journal.example:443"}
    page = client.post("/sources/connect", data=asked)
    assert page.status_code == 400
    assert "Use https://journal.example/feed.xml instead" in page.text


def test_browsers_that_are_here_are_offered(client: Client, house: HouseInMemory) -> None:
    page = client.get("/sources?add=browser").text
    assert "Firefox, default" in page
    shown = client.post("/sources/add", data={"what": "/home/jeanne/.mozilla/firefox/abc.default", "kind": "browser"})
    assert "How many days of the history" in shown.text
    chosen = {"what": "/home/jeanne/.mozilla/firefox/abc.default", "kind": "browser", "history": "90"}
    assert client.post("/sources/connect", data=chosen).status_code == 303
    assert house.library.sources()[-1].settings["history"] == 90
    assert client.post("/sources/connect", data={**chosen, "history": "9x"}).status_code == 400


def test_a_thousand_feeds_stay_readable(client: Client, house: HouseInMemory) -> None:
    for number in range(1000):
        settings = {"connection": "source.feed.journal.example"}
        house.library.add_source(
            "feed", f"https://journal.example/{number}.xml", title=f"Journal {number}", settings=settings
        )
    house.perimeter.allow("journal.example", 443, why="read feeds", who="page", name="source.feed.journal.example")
    page = client.get("/sources").text
    assert "1,000 feeds" in page
    assert len(page) < 40_000
    group = client.get("/sources?group=feeds&at=10").text
    assert "Journal 999" in group
    assert 'rel="next"' not in group
    assert "1 found" in client.get("/sources?group=feeds&q=journal 777").text
    assert len(client.get("/").text) < 60_000


def test_the_api_says_what_would_be_reached_and_wants_it_repeated(client: Client, house: HouseInMemory) -> None:
    told = client.post("/api/v1/sources/propose", json={"what": "jeanne@moulin.example"}).json()
    assert told["kind"] == "imap"
    assert told["reach"]["host"] == "imap.moulin.example"
    assert told["reach"]["secret"] is True
    body = {"what": told["uri"], "kind": "imap", "user": told["user"], "secret": "bon"}
    refused = client.post("/api/v1/sources/connect", json=body)
    assert refused.status_code == 403
    assert "imap.moulin.example:993" in refused.json()["error"]["hint"]
    made = client.post("/api/v1/sources/connect", json={**body, "allow": "imap.moulin.example:993"})
    assert made.status_code == 201
    assert "bon" not in made.text
    source = made.json()["id"]
    body = {"what": "https://d.example/f.xml", "kind": "feed", "settings": {"full_text": True}}
    refused = client.post("/api/v1/sources/connect", json={**body, "allow": "d.example:443"})
    assert "pictures.example" in refused.json()["error"]["hint"]
    assert (
        client.post("/api/v1/sources/connect", json={**body, "allow": "d.example:443, pictures.example"}).status_code
        == 201
    )
    assert client.post(f"/api/v1/sources/{source}/pause").json()["paused_at"]
    states = {one["id"]: one for one in client.get("/api/v1/sources/states").json()["states"]}
    assert states[source]["state"] == "paused"
    assert states[source]["host"] == "imap.moulin.example"
    assert client.post(f"/api/v1/sources/{source}/resume").json()["paused_at"] == ""
    assert client.delete(f"/api/v1/sources/{source}").status_code == 204


@pytest.mark.parametrize("name", ["connection", "secret", "local"])
def test_a_program_chooses_no_connection_and_no_place_of_secrets(client: Client, name: str) -> None:
    asked = {"what": "jeanne@moulin.example", "settings": {name: "file:/etc/passwd"}}
    assert client.post("/api/v1/sources/propose", json=asked).status_code == 400


def test_a_list_of_feeds_is_shown_with_its_hosts_before_the_yes(client: Client, house: HouseInMemory) -> None:
    listed = b"https://a.example/feed.xml\nhttps://b.example/feed.xml\nhttps://a.example/other.xml"
    shown = client.post("/sources/feeds", files={"files": ("mes-flux.opml", listed)})
    assert shown.status_code == 200
    assert "Follow 3 feeds?" in shown.text
    assert "To these 2 machines" in shown.text
    seal = re.search(r'name="seal" value="([0-9a-f]+)"', shown.text)
    opml = re.search(r'name="opml" value="([^"]+)"', shown.text)
    assert seal
    assert opml
    written = unescape(opml[1])
    assert client.post("/sources/feeds/connect", data={"opml": written, "seal": "0" * 32}).status_code == 400
    assert [one.kind for one in house.library.sources()] == ["folder"]
    done = client.post("/sources/feeds/connect", data={"opml": written, "seal": seal[1]})
    assert done.headers["location"] == "/sources?said=feeds&n=3"
    assert house.perimeter.policy().connection("source.feed.b.example") is not None
    assert "3 feeds are followed from now on." in client.get("/sources?said=feeds&n=3").text
    assert client.get("/sources/feeds.opml").headers["content-type"].startswith("text/x-opml")
    assert client.post("/sources/feeds", files={"files": ("x.opml", b"rien")}).status_code == 422
    told = client.post("/api/v1/feeds/propose", json={"opml": "https://c.example/f.xml"}).json()
    assert told["hosts"] == ["c.example"]
    assert client.post("/api/v1/feeds", json={"opml": "https://c.example/f.xml"}).status_code == 403
    made = client.post("/api/v1/feeds", json={"opml": "https://c.example/f.xml", "allow": ["c.example"]})
    assert [one["uri"] for one in made.json()["feeds"]] == ["https://c.example/f.xml"]


def test_news_stand_by_day_in_the_order_of_time(client: Client, house: HouseInMemory) -> None:
    source = house.library.add_source("feed", "https://journal.example/feed.xml", title="Journal")
    for day in (3, 9, 5):
        dated = f"2026-05-{day:02}T10:00:00.000Z"
        link = "javascript:alert(1)" if day == 5 else f"https://journal.example/{day}"
        house.library.put(source.id, f"Le {day} mai", f"Texte du {day}.", kind="news", dated_at=dated, link=link)
    page = client.get("/planet").text
    assert [page.index(f"Le {day} mai") for day in (9, 5, 3)] == sorted(
        page.index(f"Le {day} mai") for day in (9, 5, 3)
    )
    assert page.count('class="news-day"') == 3
    assert 'href="https://journal.example/9"' in page
    assert "javascript:" not in page
    assert client.get(f"/planet?source={source.id}").status_code == 200
    assert client.get("/planet?source=nowhere").status_code == 404
    told = client.get("/api/v1/planet?limit=2").json()
    assert [one["title"] for one in told["news"]] == ["Le 9 mai", "Le 5 mai"]
    assert client.get(f"/api/v1/planet?before={told['more']}").json()["news"][0]["title"] == "Le 3 mai"


def test_a_search_engine_of_the_web_is_chosen_and_taken_back(client: Client, house: HouseInMemory) -> None:
    house.web.chosen = ""
    assert "Ask the web too" not in client.get("/").text
    shown = client.post("/sources/web", data={"what": "https://searx.moulin.example"})
    assert "May Hameau ask searx.moulin.example?" in shown.text
    assert house.web.url() == ""
    yes = {"what": "https://searx.moulin.example", "consent": "yes", "place": "searx.moulin.example:443"}
    assert client.post("/sources/web", data={**yes, "place": "other.example:443"}).status_code == 400
    assert client.post("/sources/web", data=yes).headers["location"] == "/sources?said=web"
    assert "searx.moulin.example" in client.get("/sources").text
    assert "Ask the web too, through searx.moulin.example" in client.get("/").text
    assert client.post("/sources/web/remove").status_code == 303
    assert house.web.url() == ""


def test_what_leaves_for_the_web_is_read_before_it_leaves(client: Client, house: HouseInMemory) -> None:
    look = client.post("/ask", data={"question": "Où est le four ?", "web": "yes"})
    assert look.status_code == 200
    assert house.web.asked == []
    proposed = re.search(r'name="web_query" value="([^"]+)"', look.text)
    assert proposed
    assert "Read what would leave this machine, then ask again." in look.text
    sent = client.post("/ask", data={"question": "Où est le four ?", "web": "yes", "web_query": "four à pain histoire"})
    assert house.web.asked == ["four à pain histoire"]
    page = client.get(sent.headers["location"].partition("#")[0]).text
    assert "Asked of the web through searx.example: « four à pain histoire »" in page
    assert "These search engines did not answer: grosse-bete – CAPTCHA" in page
    client.post("/ask", data={"question": "Où est le four ?", "web_query": "four"})
    assert house.web.asked == ["four à pain histoire"]


def test_a_summary_is_kept_elsewhere_only_when_asked(client: Client, house: HouseInMemory) -> None:
    source = house.library.add_source("webdav", "https://cloud.example/dav/", title="Le nuage")
    sent = client.post("/ask", data={"question": "cotisation annuelle", "task": "summary"})
    path = sent.headers["location"].partition("#")[0]
    page = client.get(path).text
    assert "Keep it in « Le nuage »" in page
    turn = re.search(r'name="turn" value="([^"]+)"', page)
    assert turn
    assert house.elsewhere.written == {}
    kept = client.post(f"{path}/keep", data={"turn": turn[1], "source": source.id})
    assert kept.headers["location"].endswith("?said=kept")
    (name, text), *_ = house.elsewhere.written.items()
    assert name.endswith("cotisation annuelle.md")
    assert text.startswith("# cotisation annuelle")
    assert client.post(f"{path}/keep", data={"turn": "none", "source": source.id}).status_code == 404
    assert client.post(f"{path}/keep", data={"turn": turn[1], "source": "source_1"}).status_code == 403


def test_a_document_shows_what_stands_around_it(client: Client, house: HouseInMemory) -> None:
    library = house.library
    text = "Bonjour Jeanne.\n\nLe 3 mai, Paul a écrit :\n> Salut"
    mail = library.put("source_1", "Courriel", text, kind="mail", thread="<un>", link="https://mail.example/1")
    other = library.put("source_1", "Réponse", "Oui.", kind="mail", thread="<un>")
    part = library.put("source_1", "devis.pdf", "840 euros", parent_id=mail)
    start = text.index("Le 3 mai")
    library.aside[mail] = [Aside(start, text[start:])]
    links = (Link("notes/Moulin", library.document(1)), Link("javascript:alert(1)"), Link("https://moulin.example/"))
    library.pointing[mail] = Links(links, (library.document(2),))
    page = client.get(f"/documents/{mail}").text
    assert f'href="/documents/{part}"' in page
    assert f'href="/documents/{other}"' in page
    assert page.index('<details class="aside"') < page.index("Paul a écrit")
    assert 'href="https://mail.example/1"' in page
    assert 'href="https://moulin.example/"' in page
    assert "javascript:" not in page
    assert f'href="/documents/{mail}"' in client.get(f"/documents/{part}").text


def test_the_plain_way_of_adding_opens_no_way_out(client: Client, house: HouseInMemory) -> None:
    for settings in ({}, {"connection": "mail", "secret": "file:/etc/passwd"}):
        asked = {"uri": "https://journal.example/feed.xml", "kind": "feed", "settings": settings}
        assert client.post("/api/v1/sources", json=asked).status_code in (400, 403)
    assert [one.kind for one in house.library.sources()] == ["folder"]
    assert client.post("/api/v1/sources", json={"uri": "/srv/archive.zim", "kind": "zim"}).status_code == 201
